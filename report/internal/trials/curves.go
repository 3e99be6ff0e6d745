package trials

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/internal/transport"
)

// Cut is the points of a sweep along one axis, in its order, where every other
// key that is swept has one value.
type Cut struct {
	*Set
	Along  *axis
	Held   string // the others' values; empty where there are none
	Points []*Point
}

// Slices cuts the sweep along an axis.
func (s *Set) Slices(along *axis) []Cut {
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
func (s *Set) held(t *result.Trial, but *axis) string {
	var parts []string
	for _, key := range s.Swept {
		if x := AxisOf(key); x != but {
			parts = append(parts, x.Label(x.Of(t)))
		}
	}
	return strings.Join(parts, ", ")
}

// Transports are those of all points, in the theme's order.
func (s *Set) Transports() []string {
	var names []string
	for _, p := range s.Points {
		for i := range p.Sides {
			names = append(names, p.Sides[i].Transport)
		}
	}
	slices.SortFunc(names, transport.Compare)
	return slices.Compact(names)
}

// SideAt is a transport's part at a point. A transport that does not poll at an
// interval is measured at one interval only, and is the same at the others. It
// is nil where the transport was not measured.
func (s *Set) SideAt(p *Point, transport string) (part *Side, elsewhere bool) {
	if part = p.Side(transport); part != nil {
		return part, false
	}
	interval := AxisOf("poll.interval")
	held := s.held(&p.Head, interval)
	for _, other := range s.Points {
		if part = other.Side(transport); part != nil && !part.Paced() && s.held(&other.Head, interval) == held {
			return part, true
		}
	}
	return nil, false
}

func (r *Point) Side(transport string) *Side {
	for i := range r.Sides {
		if r.Sides[i].Transport == transport {
			return &r.Sides[i]
		}
	}
	return nil
}

// Extent is from where to where the slice goes.
func (l *Cut) Extent() (low, high float64) {
	var list []float64
	for _, p := range l.Points {
		list = append(list, l.Along.Of(&p.Head))
	}
	return stat.Range(list)
}
