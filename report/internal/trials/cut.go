package trials

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// Cut is the points of a sweep along one axis, in its order, where every other
// key that is swept has one value.
type Cut struct {
	*Set
	Along  *Axis
	Held   string // the others' values; empty where there are none
	Points []*Point
}

// Cuts parts the sweep along an axis.
func (s *Set) Cuts(along *Axis) []Cut {
	var list []Cut
	for _, p := range s.Points {
		held := s.held(&p.Head, along)
		i := slices.IndexFunc(list, func(l Cut) bool { return l.Held == held })
		if i < 0 {
			i = len(list)
			list = append(list, Cut{Set: s, Along: along, Held: held})
		}
		list[i].Points = append(list[i].Points, p)
	}
	return list
}

// held names the values of all swept keys but one.
func (s *Set) held(t *result.Trial, but *Axis) string {
	var parts []string
	for _, key := range s.Swept {
		if x := AxisOf(key); x != but {
			parts = append(parts, x.Label(x.Of(t)))
		}
	}
	return strings.Join(parts, ", ")
}

// Shown are the cuts that charts have room for.
func (s *Set) Shown() (list []Cut, left int) {
	all := s.Cuts(s.Axis())
	list = Few(all)
	return list, len(all) - len(list)
}

// Few are the first, the last, and those between at even steps.
func Few(all []Cut) []Cut {
	if len(all) <= mostPanels {
		return all
	}
	var list []Cut
	for i := range mostPanels {
		list = append(list, all[i*(len(all)-1)/(mostPanels-1)])
	}
	return list
}

// mostPanels is how many values of the other keys get a panel of their own.
const mostPanels = 3

// Position is where a value of the axis stands on the line along which costs
// are linear: polls in a second, and messages in a second.
func (l *Cut) Position(v float64) float64 {
	if l.Along.Key == "poll.interval" {
		return 1 / v
	}
	return v
}

// Extent is from where to where the cut goes.
func (l *Cut) Extent() (low, high float64) {
	var list []float64
	for _, p := range l.Points {
		list = append(list, l.Along.Of(&p.Head))
	}
	return stat.Range(list)
}
