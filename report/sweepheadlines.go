package report

import (
	"fmt"
	"strings"
)

// headlines are what stands before all else: that the server was stopped on
// purpose, the losses at every point, and what has no verdict.
func (s *sweep) headlines() []string {
	list := s.points[0].stopped()
	for _, p := range s.points {
		for _, text := range p.losses() {
			list = append(list, capital(p.label)+": "+text)
		}
	}
	return append(list, s.noVerdict()...)
}

// noVerdict says which transports cannot be judged at which points, and why if
// it is only one of each.
func (s *sweep) noVerdict() []string {
	failed := func(part *side) bool { return !part.counts() }
	sides, n, why := s.together().sides, 0, ""
	for i := range sides {
		if failed(&sides[i]) {
			n, why = n+1, sides[i].whyNot()
		}
	}
	switch {
	case n == 0:
		return nil
	case n == len(sides):
		return []string{"No verdict: no transport has a trial that is complete and not invalid."}
	case n > 1:
		why = "no trial there is complete and not invalid; the reasons stand with the trials"
	}
	return []string{"No verdict on " + s.where(failed) + ": " + why + "."}
}

// where names the transports of which something is true, and the points at which
// it is, or how many; those of the same points together.
func (s *sweep) where(is func(*side) bool) string {
	const named = 2
	var places []string
	names := map[string][]string{}
	for _, name := range s.transports() {
		var at []string
		measured := 0
		for _, p := range s.points {
			part := p.side(name)
			if part == nil {
				continue
			}
			if measured++; is(part) {
				at = append(at, s.labelOf(p, part))
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
		list = append(list, join(names[place])+place)
	}
	return strings.Join(list, "; ")
}
