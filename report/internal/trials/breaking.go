package trials

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Reach is how far a sweep went, in words.
func (s *Set) Reach() string {
	if x := AxisOf(s.Swept[0]); len(s.Swept) == 1 && x.Key != "poll.interval" {
		list := s.Values(x)
		return "up to " + x.Label(list[len(list)-1])
	}
	return "at any point"
}

// Stamps counts the points of all transports: each is one marker in a chart.
func (s *Set) Stamps() (invalid, suspect, all int) {
	for _, p := range s.Points {
		for i := range p.Sides {
			all++
			switch p.Sides[i].Stamp {
			case result.Invalid:
				invalid++
			case result.Suspect:
				suspect++
			}
		}
	}
	return invalid, suspect, all
}

// StampCounts is that in words, for a footer.
func (s *Set) StampCounts() string {
	switch invalid, suspect, all := s.Stamps(); {
	case invalid > 0 && suspect > 0:
		return fmt.Sprintf("%s invalid, %d suspect", number.OfAll(invalid, all, "point"), suspect)
	case invalid > 0:
		return number.OfAll(invalid, all, "point") + " invalid"
	case suspect > 0:
		return number.OfAll(suspect, all, "point") + " suspect"
	default:
		return "all " + number.Plural(float64(all), "point") + " valid"
	}
}
