package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/internal/transport"
)

// slice is the points of a sweep along one axis, in its order, where every other
// key that is swept has one value.
type slice struct {
	*sweep
	along  *axis
	held   string // the others' values; empty where there are none
	points []point
}

// sample is one metric of one transport at one point.
type sample struct {
	cell      // its low and high are the band
	x         float64
	side      *side
	elsewhere bool // measured at another poll interval, of which the transport does not know
}

// sound reports whether the sample may be joined with others to a line.
func (s *sample) sound() bool { return s.side.counts() }

// slices cuts the sweep along an axis.
func (s *sweep) slices(along *axis) []slice {
	var list []slice
	for _, p := range s.points {
		held := s.held(&p.head, along)
		i := slices.IndexFunc(list, func(l slice) bool { return l.held == held })
		if i < 0 {
			i = len(list)
			list = append(list, slice{sweep: s, along: along, held: held})
		}
		list[i].points = append(list[i].points, p)
	}
	return list
}

// held names the values of all swept keys but one.
func (s *sweep) held(t *result.Trial, but *axis) string {
	var parts []string
	for _, key := range s.swept {
		if x := axisOf(key); x != but {
			parts = append(parts, x.label(x.of(t)))
		}
	}
	return strings.Join(parts, ", ")
}

// transports are those of all points, in the theme's order.
func (s *sweep) transports() []string {
	var names []string
	for _, p := range s.points {
		for i := range p.sides {
			names = append(names, p.sides[i].transport)
		}
	}
	slices.SortFunc(names, transport.Compare)
	return slices.Compact(names)
}

// sideAt is a transport's part at a point. A transport that does not poll at an
// interval is measured at one interval only, and is the same at the others. It
// is nil where the transport was not measured.
func (s *sweep) sideAt(p point, transport string) (part *side, elsewhere bool) {
	if part = p.side(transport); part != nil {
		return part, false
	}
	interval := axisOf("poll.interval")
	held := s.held(&p.head, interval)
	for _, other := range s.points {
		if part = other.side(transport); part != nil && !part.paced() && s.held(&other.head, interval) == held {
			return part, true
		}
	}
	return nil, false
}

func (r *run) side(transport string) *side {
	for i := range r.sides {
		if r.sides[i].transport == transport {
			return &r.sides[i]
		}
	}
	return nil
}

// curve is a metric of a transport along the slice, each value with its band.
func (l *slice) curve(transport string, m *metric) []sample {
	var list []sample
	for _, p := range l.points {
		part, elsewhere := l.sideAt(p, transport)
		if part == nil {
			continue
		}
		c := m.cell(part.used)
		if !c.known() {
			continue
		}
		c.low, c.high = stat.Band(c.values)
		list = append(list, sample{cell: c, x: l.along.of(&p.head), side: part, elsewhere: elsewhere})
	}
	return list
}

// extent is from where to where the slice goes.
func (l *slice) extent() (low, high float64) {
	var list []float64
	for _, p := range l.points {
		list = append(list, l.along.of(&p.head))
	}
	return stat.Range(list)
}

// bandText says what the bands in a chart of the sweep are.
func (s *sweep) bandText() string {
	least, most := math.MaxInt, 0
	for _, p := range s.points {
		for i := range p.sides {
			least, most = min(least, len(p.sides[i].used)), max(most, len(p.sides[i].used))
		}
	}
	switch {
	case most < 2:
		return "There is one trial of each, and so no band."
	case least >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals."
	case most >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals where there are 6 trials or more, else from the lowest to the highest trial, which holds the true median less often."
	}
	fewest := max(least, 2)
	some, cases := fmt.Sprintf("%d trials", fewest), rangeHolds(fewest)
	if most > fewest {
		some, cases = some+" or more", cases+" or more"
	}
	return "Lines are medians; bands go from the lowest to the highest of " + some + ", which holds the true median in " + cases + "."
}
