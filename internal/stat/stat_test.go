package stat

import (
	"math"
	"slices"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		in   []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
		{nil, math.NaN()},
	} {
		before := slices.Clone(tt.in)
		if got := Median(tt.in); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Median(%v) = %v, want %v", tt.in, got, tt.want)
		}
		assert.Check(t, slices.Equal(before, tt.in), "Median reordered its argument %v to %v", before, tt.in)
	}
}

func TestRange(t *testing.T) {
	low, high := Range([]float64{2, -1, 7})
	assert.Check(t, low == -1 && high == 7, "Range = %v, %v, want -1, 7", low, high)
	low, high = Range(nil)
	assert.Check(t, math.IsNaN(low) && math.IsNaN(high), "Range(nil) = %v, %v, want NaN, NaN", low, high)
}

func TestSeparate(t *testing.T) {
	for _, tt := range []struct {
		a, b []float64
		want bool
	}{
		{[]float64{1, 2}, []float64{3, 4}, true},
		{[]float64{3, 4}, []float64{1, 2}, true},
		{[]float64{1, 3}, []float64{2, 4}, false},
		{[]float64{1, 2}, []float64{2, 3}, false}, // touching
		{[]float64{1, 9}, []float64{4, 5}, false}, // one within the other
		{[]float64{1}, []float64{2}, true},
		{nil, []float64{1}, false},
		{[]float64{1}, nil, false},
	} {
		assert.Check(t, is.Equal(Separate(tt.a, tt.b), tt.want), "Separate(%v, %v) =", tt.a, tt.b)
	}
}

func TestSeparateByChance(t *testing.T) {
	for _, tt := range []struct {
		n, m int
		want float64
	}{{1, 1, 1}, {2, 2, 1.0 / 3}, {3, 3, 0.1}, {4, 4, 1.0 / 35}, {0, 3, 1}} {
		got := SeparateByChance(tt.n, tt.m)
		assert.Check(t, math.Abs(got-tt.want) <= 1e-12, "SeparateByChance(%d, %d) = %v, want %v", tt.n, tt.m, got, tt.want)
	}
}

func TestChange(t *testing.T) {
	for _, tt := range []struct{ a, b, want float64 }{
		{10, 11, 0.1}, {10, 9, -0.1}, {0, 0, 0}, {0, 1, math.Inf(1)}, {0, -1, math.Inf(-1)}, {-10, -9, 0.1},
		{0, math.NaN(), math.NaN()}, {math.NaN(), 0, math.NaN()},
	} {
		if got := Change(tt.a, tt.b); got != tt.want && !(math.Abs(got-tt.want) <= 1e-12) && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Change(%v, %v) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
