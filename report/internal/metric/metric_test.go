package metric

import (
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

func TestCellOverTrials(t *testing.T) {
	trials := make([]result.Trial, 3)
	for i, n := range []int64{300, 100, 200} {
		trials[i] = result.Trial{Clients: 10, WindowS: 60, Counts: result.Counts{Lost: n, Requests: result.Requests{Total: n}}}
	}
	c := Requests.Cell(trials)
	if c.Value != 20 || c.Low != 10 || c.High != 30 {
		t.Errorf("requests over the trials are %v (%v–%v), want the median 20 (10–30)", c.Value, c.Low, c.High)
	}
	if c := Lost.Cell(trials); c.Value != 600 {
		t.Errorf("lost over the trials is %v, want the sum 600: a median hides one trial's loss", c.Value)
	}
}
