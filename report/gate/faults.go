package gate

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// faults are the deliveries of a transport that were lost or repeated, in all
// complete attempts.
type faults struct{ lost, repeated, expected int64 }

func (c *chosen) faults() (f faults) {
	for i := range c.attempts {
		a := &c.attempts[i]
		f.lost += a.Lost
		f.repeated += a.Duplicated
		f.expected += a.Expected
	}
	return f
}

// text says them of a run; it is empty where there are none.
func (f faults) text(run string) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{f.lost, "lost"}, {f.repeated, "repeated"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s %s", number.Count.Format(float64(p.n)), number.Plural(float64(f.expected), "delivery"), p.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return number.Join(parts) + " in the " + run
}

// faultsOf is a headline of what either side lost or repeated; it is empty where
// neither did.
func faultsOf(p pair) string {
	var parts []string
	for _, text := range []string{p.was.faults().text("base"), p.is.faults().text("new run")} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return trials.At(p.transport, p.point) + ": " + strings.Join(parts, "; ")
}
