package stat

import (
	"math"
	"testing"

	"gotest.tools/v3/assert"
)

func TestCrossings(t *testing.T) {
	for _, tt := range []struct {
		name string
		x, y []float64
		want []float64
	}{
		{"falling", []float64{1, 2, 4}, []float64{3, 1, -1}, []float64{3}},
		{"rising", []float64{0, 10}, []float64{-1, 4}, []float64{2}},
		{"twice", []float64{0, 1, 2}, []float64{1, -1, 1}, []float64{0.5, 1.5}},
		{"through a point", []float64{0, 1, 2}, []float64{1, 0, -1}, []float64{1}},
		{"stays at zero", []float64{0, 1, 2, 3}, []float64{1, 0, 0, -1}, []float64{1}},
		{"touches", []float64{0, 1, 2}, []float64{1, 0, 1}, nil},
		{"begins at zero", []float64{0, 1}, []float64{0, 1}, nil},
		{"never", []float64{0, 1}, []float64{2, 1}, nil},
		{"nothing", nil, nil, nil},
	} {
		got := Crossings(tt.x, tt.y)
		assert.Check(t, near(got, tt.want), "%s: %v, want %v", tt.name, got, tt.want)
	}
}

func TestBetween(t *testing.T) {
	x, y := []float64{1, 2, 4}, []float64{10, 20, 0}
	for v, want := range map[float64]float64{1: 10, 1.5: 15, 2: 20, 3: 10, 4: 0, 0.9: math.NaN(), 4.1: math.NaN()} {
		got := Between(x, y, v)
		assert.Check(t, near([]float64{got}, []float64{want}), "at %v: %v, want %v", v, got, want)
	}
}

func TestRoot(t *testing.T) {
	for _, tt := range []struct {
		name      string
		f         func(float64) float64
		low, high float64
		want      float64
	}{
		{"a square", func(v float64) float64 { return v*v - 2 }, 1, 2, math.Sqrt2},
		{"falling, over decades", func(v float64) float64 { return 7/v - 1 }, 0.01, 1000, 7},
		{"none", func(v float64) float64 { return v }, 1, 2, math.NaN()},
		{"not known", func(float64) float64 { return math.NaN() }, 1, 2, math.NaN()},
		{"all zero", func(float64) float64 { return 0 }, 1, 2, math.NaN()},
	} {
		got := Root(tt.f, tt.low, tt.high)
		assert.Check(t, near([]float64{got}, []float64{tt.want}), "%s: %v, want %v", tt.name, got, tt.want)
	}
}
