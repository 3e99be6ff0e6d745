package axis

import (
	"strings"
	"testing"

	"github.com/pollpush/pollpush/report/internal/number"
)

// The end of a logarithmic axis is labelled where there is room.
func TestLogarithmicTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1, 100, "1 2 5 10 20 50 100"},
		{2, 1000, "2 10 100 1,000"},
		{20, 5000, "20 100 1,000"},
		{5, 1e6, "10 100 1,000 10,000 100,000 1,000,000"},
	} {
		var labels []string
		for _, tick := range Logarithmic(c.low, c.high, number.Count).Ticks {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
}
