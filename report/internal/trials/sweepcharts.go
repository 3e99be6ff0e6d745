package trials

import (
	"github.com/pollpush/pollpush/internal/result"
)

// mostPanels is how many values of the other keys get a panel of their own.
const mostPanels = 3

// Axis is the one that charts are drawn along: the one with the most values.
func (s *Set) Axis() *axis {
	best, most := AxisOf(s.Swept[0]), 0
	for _, key := range s.Swept {
		x := AxisOf(key)
		if n := len(s.Values(x)); n > most {
			best, most = x, n
		}
	}
	return best
}

// Shown are the slices that charts have room for.
func (s *Set) Shown() (list []Cut, left int) {
	all := s.Slices(s.Axis())
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

// Validity is the worst of all points.
func (s *Set) Validity() result.Validity {
	v := result.Valid
	for _, p := range s.Points {
		if w := p.Validity(); w == result.Invalid || v == result.Valid {
			v = w
		}
	}
	return v
}
