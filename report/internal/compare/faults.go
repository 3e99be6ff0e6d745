package compare

import "github.com/pollpush/pollpush/report/internal/trials"

// Faults are the deliveries of a place that were lost or repeated, in all complete
// attempts.
type Faults struct {
	Place
	Base, New Fault
}

// Fault is what one run lost and repeated, of so many deliveries.
type Fault struct{ Lost, Repeated, Expected int64 }

func faultsOf(s *trials.Side) (f Fault) {
	for _, t := range s.Complete() {
		f.Lost += t.Lost
		f.Repeated += t.Duplicated
		f.Expected += t.Expected
	}
	return f
}

func (f *Faults) any() bool {
	return f.Base.Lost > 0 || f.Base.Repeated > 0 || f.New.Lost > 0 || f.New.Repeated > 0
}
