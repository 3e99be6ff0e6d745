package gate

import (
	"fmt"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Foresee is an error where trials that are planned will lack their like in a base:
// a transport, or a point. Of the plan it reads what is asked for.
func Foresee(base, planned []result.Trial) error {
	b, err := trials.NewSet(base)
	if err != nil {
		return fmt.Errorf("base: %w", err)
	}
	was := &measured{}
	for _, p := range b.Points {
		was.points = append(was.points, contested{Point: p})
	}
	n, err := trials.NewSet(planned)
	if err != nil {
		return fmt.Errorf("the run asked for: %w", err)
	}
	for _, p := range n.Points {
		is := &measured{points: []contested{{Point: p}}}
		like := was.find(p.Head.ScenarioHash)
		if like == nil {
			return fmt.Errorf("report: the base has no trial of what is to be measured: it is of scenario %s, and the new run is to be of %s%s; measure what the base did, with the same flags, or renew the base",
				was.hashes(), is.hashes(), parting(was, is))
		}
		for i := range p.Sides {
			if name := p.Sides[i].Transport; like.Side(name) == nil {
				return fmt.Errorf("report: the base has no trial of %s%s; leave that transport out, or renew the base", trials.At(name, p.Label), parting(&measured{points: []contested{*like}}, is))
			}
		}
	}
	return nil
}
