package trials

import (
	"slices"

	"github.com/pollpush/pollpush/internal/result"
)

// Position is where a value of the axis stands on the line along which costs
// are linear: polls in a second, and messages in a second.
func (l *Cut) Position(v float64) float64 {
	if l.Along.Key == "poll.interval" {
		return 1 / v
	}
	return v
}

// PollAndPush are the transports that poll at an interval, and the others.
func (s *Set) PollAndPush() (polls, pushes []string) {
	for _, name := range s.Transports() {
		paced := func(t result.Trial) bool { return t.Transport == name && t.Asked.Paced && t.Asked.PollIntervalS > 0 }
		if slices.ContainsFunc(s.Points, func(p *Point) bool { return slices.ContainsFunc(p.All, paced) }) {
			polls = append(polls, name)
		} else {
			pushes = append(pushes, name)
		}
	}
	return polls, pushes
}

// BreakEvenAxes are the keys along which polling and push may cost the same.
func (s *Set) BreakEvenAxes() (list []*axis) {
	for _, key := range []string{"poll.interval", "publish.rate"} {
		if slices.Contains(s.Swept, key) {
			list = append(list, AxisOf(key))
		}
	}
	return list
}
