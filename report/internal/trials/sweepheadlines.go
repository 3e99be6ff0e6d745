package trials

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Where names the transports of which something is true, and the points at which
// it is, or how many; those of the same points together.
func (s *Set) Where(is func(*Side) bool) string {
	const named = 2
	var places []string
	names := map[string][]string{}
	for _, name := range s.Transports() {
		var at []string
		measured := 0
		for _, p := range s.Points {
			part := p.Side(name)
			if part == nil {
				continue
			}
			if measured++; is(part) {
				at = append(at, s.LabelOf(p, part))
			}
		}
		place := ""
		switch n := len(at); {
		case n == 0:
			continue
		case n == measured:
		case n > named:
			place = fmt.Sprintf(" (%d of %d points)", n, measured)
		default:
			place = " (" + strings.Join(at, "; ") + ")"
		}
		if names[place] == nil {
			places = append(places, place)
		}
		names[place] = append(names[place], name)
	}
	var list []string
	for _, place := range places {
		list = append(list, number.Join(names[place])+place)
	}
	return strings.Join(list, "; ")
}
