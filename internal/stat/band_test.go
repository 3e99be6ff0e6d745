package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestBand(t *testing.T) {
	for _, tt := range []struct {
		name      string
		values    []float64
		low, high float64
	}{
		{"one", []float64{3}, math.NaN(), math.NaN()},
		{"a few", []float64{3, 1, 2}, 1, 3},
		// Of six values all lie within with 1 − 2/2⁶ = 97 %; of nine the second to the eighth with 1 − 2·10/2⁹ = 96 %.
		{"six", []float64{6, 5, 4, 3, 2, 1}, 1, 6},
		{"nine", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 8},
	} {
		low, high := Band(tt.values)
		assert.Check(t, near([]float64{low, high}, []float64{tt.low, tt.high}), "%s: %v to %v, want %v to %v", tt.name, low, high, tt.low, tt.high)
	}
}

func TestMedianIn(t *testing.T) {
	for n, want := range map[int][2]int{2: {1, 2}, 3: {3, 4}, 5: {15, 16}} {
		cases, of := MedianIn(n)
		assert.Check(t, [2]int{cases, of} == want, "%d values: %d of %d, want %v", n, cases, of, want)
	}
}

func TestMeanMarginByHand(t *testing.T) {
	// The squares of −1, 0 and 1 add up to 2: √(2/2/3), times Student's 4.3027 of two degrees of freedom.
	if got, want := MeanMargin([]float64{3, 1, 2}), 4.302653*math.Sqrt(1./3); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v, want %v", got, want)
	}
	got := MeanMargin([]float64{1, 2})
	assert.Check(t, math.IsNaN(got), "%v of two values", got)
	assert.Check(t, is.Equal(MeanMargin(make([]float64, 40)), float64(0)), "of equal values")
}

// The true mean lies within the margin as often as is said, however few the
// values, and nearly as often where neighbours go together.
func TestMeanMarginIsTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct {
		n     int
		keeps float64 // of one value in the next
		least float64
	}{{4, 0, 0.94}, {10, 0, 0.94}, {30, 0, 0.93}, {120, 0, 0.93}, {120, 0.6, 0.86}} {
		const tries = 2000
		within := 0
		for range tries {
			values := make([]float64, tt.n)
			last := 0.0
			for i := range values {
				last = tt.keeps*last + r.NormFloat64()
				values[i] = last
			}
			if math.Abs(Sum(values)/float64(tt.n)) < MeanMargin(values) {
				within++
			}
		}
		if share := float64(within) / tries; share < tt.least || share > 0.97 {
			t.Errorf("%d values, keeping %v: the truth is within in %.3f, want at least %v", tt.n, tt.keeps, share, tt.least)
		}
	}
}
