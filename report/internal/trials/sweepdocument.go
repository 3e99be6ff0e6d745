package trials

import (
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Together is all points as if they were one, for what they have in common.
func (s *Set) Together() *Point {
	all := &Point{Head: s.Points[0].Head}
	for _, p := range s.Points {
		all.Sides = append(all.Sides, p.Sides...)
		all.All = append(all.All, p.All...)
	}
	return all
}

// Title names the run, and its load or what it sweeps.
func (s *Set) Title() string {
	if len(s.Points) == 1 {
		return s.Points[0].Title()
	}
	var swept []string
	for _, key := range s.Swept {
		x := AxisOf(key)
		list := s.Values(x)
		swept = append(swept, x.By+" "+x.Unit.Short(list[0])+" to "+x.Unit.Short(list[len(list)-1]))
	}
	return number.Or(s.Points[0].Head.Scenario, "unnamed scenario") + ": " + strings.Join(swept, ", ")
}
