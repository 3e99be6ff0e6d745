package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"gotest.tools/v3/assert"
)

func TestFitCosts(t *testing.T) {
	none := math.NaN()
	for _, tt := range []struct {
		name   string
		rows   [][]float64
		y      []float64
		values []float64
		errors []float64
	}{
		{"exact", [][]float64{{1000, 10}, {0, 10}, {3000, 10}}, []float64{1020, 20, 3020}, []float64{1, 2}, []float64{0, 0}},
		// By hand: XᵀX = 3, Xᵀy = 6, the differences are −1, 0 and 1, s² = 2/2, the error √(1/3).
		{"a mean", [][]float64{{1}, {1}, {1}}, []float64{1, 2, 3}, []float64{2}, []float64{math.Sqrt(1. / 3)}},
		// Ordinary least squares would have −1 and 4. Without the first column the second is 7/2, the differences
		// are −1, 1/2 and −1/2, s² is 3/2; the inverse of XᵀX = [[2 1] [1 2]] has 2/3 on its diagonal.
		{"below zero", [][]float64{{1, 0}, {0, 1}, {1, 1}}, []float64{-1, 4, 3}, []float64{0, 3.5}, []float64{1, 1}},
		// XᵀX = 5, the squares of y are 5, s² is 5/1.
		{"all below zero", [][]float64{{1}, {2}}, []float64{-1, -2}, []float64{0}, []float64{1}},
		{"a column of zeros", [][]float64{{0, 1}, {0, 2}, {0, 3}}, []float64{2, 4, 6}, []float64{none, 2}, []float64{none, 0}},
		{"one is a multiple of the other", [][]float64{{1, 10}, {2, 20}, {3, 30}}, []float64{1, 2, 3}, []float64{none, none}, []float64{none, none}},
		{"one is the others' sum", [][]float64{{1, 1, 2}, {2, 1, 3}, {1, 5, 6}, {7, 1, 8}}, []float64{1, 2, 3, 4}, []float64{none, none, none}, []float64{none, none, none}},
		{"no more rows than columns", [][]float64{{1, 2}, {2, 1}}, []float64{1, 2}, []float64{none, none}, []float64{none, none}},
		{"nothing", nil, nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := FitCosts(tt.rows, tt.y)
			assert.Check(t, f.Rows == len(tt.rows) && near(f.Values, tt.values), "values %v of %d rows, want %v", f.Values, f.Rows, tt.values)
			assert.Check(t, near(f.Errors, tt.errors), "errors %v, want %v", f.Errors, tt.errors)
		})
	}
}

func near(got, want []float64) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if math.IsNaN(got[i]) != math.IsNaN(want[i]) || math.Abs(got[i]-want[i]) > 1e-6 {
			return false
		}
	}
	return true
}

// Of many fits with known noise, the true values lie within two standard errors
// in about 95 of 100: the errors are neither too proud nor too humble.
func TestFitCostsErrorsAreTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	truth := []float64{12e-6, 0.8e-6, 90e-6}
	const fits = 400
	within := make([]int, len(truth))
	for range fits {
		var rows [][]float64
		var y []float64
		for range 60 {
			row := []float64{1000 * r.Float64(), 1000, 5 * r.Float64()}
			cpu := 200e-6 * r.NormFloat64()
			for k := range row {
				cpu += truth[k] * row[k]
			}
			rows, y = append(rows, row), append(y, cpu)
		}
		f := FitCosts(rows, y)
		for k := range truth {
			if math.Abs(f.Values[k]-truth[k]) < 2*f.Errors[k] {
				within[k]++
			}
		}
	}
	for k, n := range within {
		if share := float64(n) / fits; share < 0.9 || share > 0.99 {
			t.Errorf("column %d: %.3f of the fits are within two standard errors of the truth, want about 0.95", k, share)
		}
	}
}
