// Package trials sorts the trials of a run: a set of points, the transports at each,
// and of each the trials whose numbers count.
package trials

import (
	"iter"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Side is the trials of one transport at one point.
type Side struct {
	Transport string
	Chosen    []result.Trial // one attempt of each trial that ran to its end, in order of trial
	Used      []result.Trial // those of them whose numbers enter
	Stamp     result.Validity
	Aside     []result.Trial // all other attempts, which enter no number
}

// newSide chooses, from the sorted trials of one transport, one attempt of
// each, as [result.Chosen] does. Invalid ones enter only where there is nothing
// else, and are stamped.
func newSide(trials []result.Trial) Side {
	s := Side{Transport: trials[0].Transport}
	for attempts := range runs(trials, func(t *result.Trial) int { return t.Trial }) {
		pick := result.Chosen(attempts)
		for i, t := range attempts {
			if i == pick {
				s.Chosen = append(s.Chosen, t)
			} else {
				s.Aside = append(s.Aside, t)
			}
		}
	}
	for _, t := range s.Chosen {
		if t.Validity != result.Invalid {
			s.Used = append(s.Used, t)
		}
	}
	if len(s.Used) == 0 {
		s.Used = s.Chosen
	} else {
		for _, t := range s.Chosen {
			if t.Validity == result.Invalid {
				s.Aside = append(s.Aside, t)
			}
		}
	}
	s.Stamp = worst(s.Used)
	return s
}

// runs are the stretches of a list whose trials have the same key.
func runs[K comparable](trials []result.Trial, key func(*result.Trial) K) iter.Seq[[]result.Trial] {
	return func(yield func([]result.Trial) bool) {
		for from := 0; from < len(trials); {
			to := from + 1
			for to < len(trials) && key(&trials[to]) == key(&trials[from]) {
				to++
			}
			if !yield(trials[from:to]) {
				return
			}
			from = to
		}
	}
}

// worst is the lowest validity among trials; of none, it is invalid.
func worst(trials []result.Trial) result.Validity {
	if len(trials) == 0 {
		return result.Invalid
	}
	v := result.Valid
	for _, t := range trials {
		v = worse(v, t.Validity)
	}
	return v
}

// worse is the lower of two. What is neither valid nor suspect is invalid.
func worse(a, b result.Validity) result.Validity {
	switch {
	case a == result.Valid && b == result.Valid:
		return result.Valid
	case a != result.Invalid && (b == result.Valid || b == result.Suspect):
		return result.Suspect
	}
	return result.Invalid
}

// Complete is every attempt that ran to its end, used or not.
func (s *Side) Complete() []result.Trial {
	list := slices.Clone(s.Used)
	for _, t := range s.Aside {
		if t.Status == result.Complete {
			list = append(list, t)
		}
	}
	return list
}

// Counts reports whether the side's numbers may enter a verdict.
func (s *Side) Counts() bool { return len(s.Used) > 0 && s.Stamp != result.Invalid }

// Paced reports whether the transport polls at the asked interval.
func (s *Side) Paced() bool {
	return len(s.Used) > 0 && s.Used[0].Asked.Paced && s.Used[0].Asked.PollIntervalS > 0
}

// Rearms reports whether the transport asks again as soon as it is answered.
func (s *Side) Rearms() bool { return Rearms(s.Used) }

// Rearms reports the same of trials.
func Rearms(trials []result.Trial) bool {
	return len(trials) > 0 && (trials[0].Asked.WaitS > 0 || trials[0].Asked.HeartbeatS > 0)
}

// Reconnected reports whether any trial has opened a connection in place of one
// that had ended: how many are open at any time then depends on when.
func Reconnected(trials []result.Trial) bool {
	return slices.ContainsFunc(trials, func(t result.Trial) bool { return t.Connections.Reconnects > 0 })
}

// WhyNot says why a side's trials cannot be judged.
func (s *Side) WhyNot() string {
	if len(s.Used) == 0 {
		return "no trial completed"
	}
	var why []string
	for _, t := range s.Used {
		for _, reason := range t.Reasons {
			if reason.Validity == result.Invalid {
				why = append(why, reason.Text)
			}
		}
	}
	if len(why) == 0 {
		return "every trial is invalid"
	}
	return "every trial is invalid (" + strings.Join(number.Unique(why), "; ") + ")"
}
