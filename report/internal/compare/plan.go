package compare

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
	n, err := trials.NewSet(planned)
	if err != nil {
		return fmt.Errorf("the run asked for: %w", err)
	}
	_, _, fresh := match(b, n)
	switch {
	case len(fresh) == 0:
		return nil
	case fresh[0].base == nil:
		p := fresh[0].next
		return fmt.Errorf("report: the base has no trial of what is to be measured: it is of scenario %s, and the new run is to be of %s%s; measure what the base did, with the same flags, or renew the base",
			hashes(b.Points...), hashes(p), differences(b.Points[0], p))
	}
	return fmt.Errorf("report: the base has no trial of %s%s; leave that transport out, or renew the base", fresh[0].Where(), differences(fresh[0].base, fresh[0].next))
}
