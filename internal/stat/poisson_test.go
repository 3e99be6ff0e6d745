package stat

import (
	"math"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// The small ones are those of the tables: of mean 1, 0.981 up to 3 and 0.996 up
// to 4. The large ones are 3.09 standard deviations above the mean.
func TestPoissonBound(t *testing.T) {
	for _, tt := range []struct {
		mean, p float64
		want    int
	}{
		{0, 0.999, 0}, {-1, 0.999, 0}, {math.NaN(), 0.999, 0}, {0.0005, 0.999, 0}, {0.002, 0.999, 1}, {0.3, 0.999, 3},
		{1, 0.98, 3}, {1, 0.99, 4}, {1, 0.999, 5}, {10, 0.5, 10}, {10, 0.999, 21}, {499, 0.999, 569}, {501, 0.999, 571}, {10_000, 0.999, 10_310}, {math.Inf(1), 0.999, math.MaxInt32},
	} {
		assert.Check(t, is.Equal(PoissonBound(tt.mean, tt.p), tt.want), "mean %v, %v", tt.mean, tt.p)
	}
}
