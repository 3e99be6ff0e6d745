package report

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
)

// Foresee is an error where trials that are planned will lack their like in a base:
// a transport, or a point. Of the plan it reads what is asked for.
func Foresee(base, planned []result.Trial) error {
	b, err := newSweep(base)
	if err != nil {
		return fmt.Errorf("base: %w", err)
	}
	was := &measured{}
	for _, p := range b.points {
		was.points = append(was.points, contested{point: p})
	}
	n, err := newSweep(planned)
	if err != nil {
		return fmt.Errorf("the run asked for: %w", err)
	}
	for _, p := range n.points {
		is := &measured{points: []contested{{point: p}}}
		like := was.find(p.head.ScenarioHash)
		if like == nil {
			return fmt.Errorf("report: the base has no trial of what is to be measured: it is of scenario %s, and the new run is to be of %s%s; measure what the base did, with the same flags, or renew the base",
				was.hashes(), is.hashes(), parting(was, is))
		}
		for i := range p.sides {
			if name := p.sides[i].transport; like.side(name) == nil {
				return fmt.Errorf("report: the base has no trial of %s%s; leave that transport out, or renew the base", at(name, p.label), parting(&measured{points: []contested{*like}}, is))
			}
		}
	}
	return nil
}
