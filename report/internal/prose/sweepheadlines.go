package prose

import (
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// headlines are what stands before all else: that the server was stopped on
// purpose, the losses at every point, and what has no verdict.
func headlines(s *trials.Set) []string {
	list := s.Points[0].Stopped()
	for _, p := range s.Points {
		for _, text := range losses(p) {
			list = append(list, number.Capital(p.Label)+": "+text)
		}
	}
	return append(list, noVerdict(s)...)
}

// noVerdict says which transports cannot be judged at which points, and why if
// it is only one of each.
func noVerdict(s *trials.Set) []string {
	failed := func(part *trials.Side) bool { return !part.Counts() }
	sides, n, why := s.Together().Sides, 0, ""
	for i := range sides {
		if failed(&sides[i]) {
			n, why = n+1, sides[i].WhyNot()
		}
	}
	switch {
	case n == 0:
		return nil
	case n == len(sides):
		return []string{"No verdict: every trial is incomplete or invalid."}
	case n > 1:
		why = "every trial there is incomplete or invalid; the list of trials says why"
	}
	return []string{"No verdict on " + s.Where(failed) + ": " + why + "."}
}
