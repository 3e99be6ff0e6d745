package trials

import (
	"slices"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Values are an axis', each once, ascending.
func (s *Set) Values(x *axis) []float64 {
	var list []float64
	for _, p := range s.Points {
		list = append(list, x.Of(&p.Head))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// LabelOf names a point, where a transport knows of it: one that does not poll
// knows of no interval.
func (s *Set) LabelOf(p *Point, part *Side) string {
	interval := AxisOf("poll.interval")
	if part.Paced() || len(part.Used) == 0 || !slices.Contains(s.Swept, interval.Key) {
		return p.Label
	}
	return number.Or(s.held(&p.Head, interval), "any interval")
}

// AsksAndPushes reports whether there are transports of both kinds at several
// intervals.
func (s *Set) AsksAndPushes() bool {
	_, pushes := s.PollAndPush()
	return len(pushes) > 0 && slices.Contains(s.Swept, "poll.interval")
}
