package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
)

// run is what a report is made from: the trials of one scenario, by transport.
type run struct {
	head  result.Trial // any one of the trials: what they have in common
	sides []side       // in the theme's order
	all   []result.Trial
}

// side is one transport's part in a run.
type side struct {
	transport string
	used      []result.Trial // whose numbers enter, in order of trial
	stamp     result.Validity
	aside     []set // the other trials, which enter no number
}

// set is a trial set aside, and why.
type set struct {
	trial result.Trial
	why   string
}

// newRun sorts the trials and chooses whose numbers enter. It refuses what
// cannot be one report: no trials, or those of several scenarios.
func newRun(trials []result.Trial) (*run, error) {
	if len(trials) == 0 {
		return nil, errors.New("report: no trials to report")
	}
	all := make([]result.Trial, len(trials))
	hashes := map[string]bool{}
	for i, t := range trials {
		all[i] = cleanTrial(t)
		hashes[all[i].ScenarioHash] = true
	}
	if len(hashes) > 1 {
		return nil, fmt.Errorf("report: trials of %d different scenarios (hashes %s): report each run by itself",
			len(hashes), strings.Join(slices.Sorted(maps.Keys(hashes)), ", "))
	}
	slices.SortStableFunc(all, func(a, b result.Trial) int {
		return cmp.Or(
			transport.Compare(a.Transport, b.Transport),
			cmp.Compare(a.Trial, b.Trial),
			cmp.Compare(a.Attempt, b.Attempt),
		)
	})
	r := &run{all: all}
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].Transport == all[from].Transport {
			to++
		}
		r.sides = append(r.sides, newSide(all[from:to]))
		from = to
	}
	r.head = all[0]
	for _, s := range r.sides {
		if len(s.used) > 0 {
			r.head = s.used[0]
			break
		}
	}
	return r, nil
}

// newSide chooses, from the sorted trials of one transport, one attempt of
// each, as [result.Chosen] does. Invalid ones enter only where there is nothing
// else, and are stamped.
func newSide(trials []result.Trial) side {
	s := side{transport: trials[0].Transport}
	var chosen []result.Trial
	for from := 0; from < len(trials); {
		to := from
		for to < len(trials) && trials[to].Trial == trials[from].Trial {
			to++
		}
		pick := result.Chosen(trials[from:to])
		if pick >= 0 {
			pick += from
		}
		for i := from; i < to; i++ {
			switch {
			case i == pick:
				chosen = append(chosen, trials[i])
			case trials[i].Status != result.Complete:
				s.aside = append(s.aside, set{trials[i], string(trials[i].Status)})
			default:
				s.aside = append(s.aside, set{trials[i], fmt.Sprintf("%s, attempt %d was used", trials[i].Validity, trials[pick].Attempt)})
			}
		}
		from = to
	}
	for _, t := range chosen {
		if t.Validity != result.Invalid {
			s.used = append(s.used, t)
		}
	}
	if len(s.used) == 0 {
		s.used = chosen
	} else {
		for _, t := range chosen {
			if t.Validity == result.Invalid {
				s.aside = append(s.aside, set{t, "invalid"})
			}
		}
	}
	s.stamp = worst(s.used)
	return s
}

// worst is the lowest validity among trials; of none, it is invalid.
func worst(trials []result.Trial) result.Validity {
	if len(trials) == 0 {
		return result.Invalid
	}
	v := result.Valid
	for _, t := range trials {
		switch t.Validity {
		case result.Valid:
		case result.Suspect:
			if v == result.Valid {
				v = result.Suspect
			}
		default:
			v = result.Invalid
		}
	}
	return v
}

// complete is every attempt that ran to its end, used or not.
func (s *side) complete() []result.Trial {
	list := slices.Clone(s.used)
	for _, a := range s.aside {
		if a.trial.Status == result.Complete {
			list = append(list, a.trial)
		}
	}
	return list
}

// counts reports whether the side's numbers may enter a verdict.
func (s *side) counts() bool { return len(s.used) > 0 && s.stamp != result.Invalid }

// stamped is the transport's name with its stamp, if it needs one.
func (s *side) stamped() string {
	switch {
	case len(s.used) == 0:
		return s.transport + " ⚠ no complete trial"
	case s.stamp != result.Valid:
		return s.transport + " ⚠ " + string(s.stamp)
	}
	return s.transport
}

// paced reports whether the transport polls at the asked interval.
func (s *side) paced() bool {
	return len(s.used) > 0 && s.used[0].Asked.Paced && s.used[0].Asked.PollIntervalS > 0
}

// rearms reports whether the transport asks again as soon as it is answered.
func (s *side) rearms() bool {
	return len(s.used) > 0 && (s.used[0].Asked.WaitS > 0 || s.used[0].Asked.HeartbeatS > 0)
}

func (r *run) validity() result.Validity {
	v := result.Valid
	for i := range r.sides {
		switch r.sides[i].stamp {
		case result.Invalid:
			return result.Invalid
		case result.Suspect:
			v = result.Suspect
		}
	}
	return v
}

// cleanTrial makes every string of a trial safe to print on a terminal: what
// a scenario or a target calls itself is not ours. Escaping for Markdown and
// HTML comes on top, at the edge.
func cleanTrial(t result.Trial) result.Trial {
	for _, s := range []*string{
		&t.Run, &t.Scenario, &t.ScenarioHash, &t.Transport, &t.Asked.Arrivals, &t.Connections.TLS, &t.Connections.Deflate,
		&t.Env.Go, &t.Env.Commit, &t.Env.OS, &t.Env.Kernel, &t.Env.CPUModel, &t.Env.Target, &t.Env.Command,
	} {
		*s = clean(*s)
	}
	t.Flags = slices.Clone(t.Flags)
	for i := range t.Flags {
		t.Flags[i] = clean(t.Flags[i])
	}
	t.Status, t.Validity = result.Status(clean(string(t.Status))), result.Validity(clean(string(t.Validity)))
	t.Reasons = slices.Clone(t.Reasons)
	for i := range t.Reasons {
		t.Reasons[i].Code, t.Reasons[i].Text = clean(t.Reasons[i].Code), clean(t.Reasons[i].Text)
	}
	return t
}

// clean replaces what is not printable, line ends and direction overrides
// among it, and puts single spaces between words.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
