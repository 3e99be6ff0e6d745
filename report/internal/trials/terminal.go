package trials

import (
	"fmt"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Title names the run.
func (r *Point) Title() string {
	s := number.Or(r.Head.Scenario, "unnamed scenario") + ": " + number.Plural(float64(r.Head.Clients), "client")
	if a := r.Head.Asked; a.PublishRate > 0 {
		s += ", " + number.Plural(a.PublishRate, "message") + "/s"
		if a.Rooms > 1 {
			s += " in each of " + number.Thousands(fmt.Sprint(a.Rooms)) + " rooms"
		}
	} else {
		s += ", nothing said"
	}
	return s
}
