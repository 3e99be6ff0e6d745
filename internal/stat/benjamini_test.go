package stat

import (
	"slices"
	"testing"

	"gotest.tools/v3/assert"
)

func TestBenjaminiHochberg(t *testing.T) {
	yes := func(n, of int) []bool {
		told := make([]bool, of)
		for i := range n {
			told[i] = true
		}
		return told
	}
	for _, tt := range []struct {
		name string
		p    []float64
		want []bool
	}{
		// The example of the paper's section 3.2: of fifteen treatments
		// compared, four are told; Bonferroni tells three.
		{"the paper's", []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}, yes(4, 15)},
		// The largest p within its bound takes along smaller ones that are not.
		{"taken along", []float64{0.02, 0.021, 0.022, 0.03}, yes(4, 4)},
		{"order is kept", []float64{0.9, 0.001, 0.8}, []bool{false, true, false}},
		{"one alone", []float64{0.05}, []bool{true}},
		{"one of two", []float64{0.03, 0.6}, []bool{false, false}},
		{"none", nil, []bool{}},
	} {
		got := BenjaminiHochberg(tt.p, 0.05)
		assert.Check(t, slices.Equal(got, tt.want), "%s: %v, want %v", tt.name, got, tt.want)
	}
}
