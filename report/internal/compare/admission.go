package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// admit is nil where all trials that were asked for of a transport at a point
// have an attempt that may be compared. The side is nil where there is none.
func admit(s *trials.Side, asked int, countsOnly bool) error {
	if s == nil {
		s = &trials.Side{}
	}
	for i := range s.Aside {
		t := &s.Aside[i]
		if !slices.ContainsFunc(s.Chosen, func(c result.Trial) bool { return c.Trial == t.Trial }) {
			return fmt.Errorf("trial %d is %s%s: it cannot be compared", t.Trial, t.Status, because(t))
		}
	}
	measured := 0
	for i := range s.Chosen {
		t := &s.Chosen[i]
		if err := admissible(t, countsOnly); err != nil {
			return err
		}
		if t.Trial <= asked {
			measured++
		}
	}
	if measured < asked {
		return fmt.Errorf("%s: %s", trials.TrialsMissing(measured, asked), trials.IsPartial)
	}
	return nil
}

// admissible is nil where a complete trial may be compared: what was counted holds
// where only the timing is invalid.
func admissible(t *result.Trial, countsOnly bool) error {
	if t.Validity == result.Valid || t.Validity == result.Suspect {
		return nil
	}
	timing := false
	var broken []string
	for _, r := range t.Reasons {
		switch {
		case r.Validity != result.Invalid:
		case r.Kind().Timing:
			timing = true
		default:
			broken = append(broken, r.Text)
		}
	}
	switch {
	case len(broken) > 0 || !timing:
		return fmt.Errorf("trial %d is invalid (%s): it cannot be compared; run it again", t.Trial, number.Or(strings.Join(broken, "; "), "no reason is given"))
	case !countsOnly:
		return fmt.Errorf("trial %d is invalid for its timing%s: it cannot be compared; run it again on a calmer machine, or compare what is counted alone, with --counts-only", t.Trial, because(t))
	}
	return nil
}

// because is the first reason why a trial is invalid, in brackets.
func because(t *result.Trial) string {
	for _, r := range t.Reasons {
		if r.Validity == result.Invalid {
			return " (" + r.Text + ")"
		}
	}
	return ""
}
