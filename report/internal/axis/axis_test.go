package axis

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/report/internal/number"
)

// A logarithmic axis of few powers of ten is labelled between them.
func TestLogarithmicTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1, 100, "1 2 5 10 20 50 100"},
		{2, 1000, "10 100 1,000"},
		{20, 5000, "100 1,000"},
		{5, 1e6, "10 100 1,000 10,000 100,000 1,000,000"},
	} {
		var labels []string
		for _, tick := range Logarithmic(c.low, c.high, number.Count).Ticks {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		assert.Check(t, is.Equal(strings.Join(labels, " "), c.want), "%v to %v", c.low, c.high)
	}
}
