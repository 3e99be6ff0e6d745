package trials

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Point is the trials at one combination of the swept keys' values, by transport.
type Point struct {
	Label string       // "1,000 clients, 1 message/s"; empty where nothing is swept
	Head  result.Trial // any one of the trials: what they have in common
	Sides []Side       // in the theme's order
	All   []result.Trial
}

// Side is one transport's part in a run.
type Side struct {
	Transport string
	Used      []result.Trial // whose numbers enter, in order of trial
	Stamp     result.Validity
	Aside     []Aside // the other trials, which enter no number
}

// Aside is a trial set aside, and why.
type Aside struct {
	Trial result.Trial
	why   string
}

// NewPoint sorts the trials and chooses whose numbers enter. It refuses what
// cannot be one report: no trials, or those of several scenarios.
func NewPoint(trials []result.Trial) (*Point, error) {
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
	r := &Point{All: all}
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].Transport == all[from].Transport {
			to++
		}
		r.Sides = append(r.Sides, newSide(all[from:to]))
		from = to
	}
	r.Head = all[0]
	for _, s := range r.Sides {
		if len(s.Used) > 0 {
			r.Head = s.Used[0]
			break
		}
	}
	return r, nil
}

// newSide chooses, from the sorted trials of one transport, one attempt of
// each, as [result.Chosen] does. Invalid ones enter only where there is nothing
// else, and are stamped.
func newSide(trials []result.Trial) Side {
	s := Side{Transport: trials[0].Transport}
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
				s.Aside = append(s.Aside, Aside{trials[i], string(trials[i].Status)})
			default:
				s.Aside = append(s.Aside, Aside{trials[i], fmt.Sprintf("%s, attempt %d was used", trials[i].Validity, trials[pick].Attempt)})
			}
		}
		from = to
	}
	for _, t := range chosen {
		if t.Validity != result.Invalid {
			s.Used = append(s.Used, t)
		}
	}
	if len(s.Used) == 0 {
		s.Used = chosen
	} else {
		for _, t := range chosen {
			if t.Validity == result.Invalid {
				s.Aside = append(s.Aside, Aside{t, "invalid"})
			}
		}
	}
	s.Stamp = worst(s.Used)
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

// Complete is every attempt that ran to its end, used or not.
func (s *Side) Complete() []result.Trial {
	list := slices.Clone(s.Used)
	for _, a := range s.Aside {
		if a.Trial.Status == result.Complete {
			list = append(list, a.Trial)
		}
	}
	return list
}

// Counts reports whether the side's numbers may enter a verdict.
func (s *Side) Counts() bool { return len(s.Used) > 0 && s.Stamp != result.Invalid }

// Stamped is the transport's name with its stamp, if it needs one.
func (s *Side) Stamped() string {
	switch {
	case len(s.Used) == 0:
		return s.Transport + " ⚠ no complete trial"
	case s.Stamp != result.Valid:
		return s.Transport + " ⚠ " + string(s.Stamp)
	}
	return s.Transport
}

// Paced reports whether the transport polls at the asked interval.
func (s *Side) Paced() bool {
	return len(s.Used) > 0 && s.Used[0].Asked.Paced && s.Used[0].Asked.PollIntervalS > 0
}

// Rearms reports whether the transport asks again as soon as it is answered.
func (s *Side) Rearms() bool { return Rearms(s.Used) }

func Rearms(trials []result.Trial) bool {
	return len(trials) > 0 && (trials[0].Asked.WaitS > 0 || trials[0].Asked.HeartbeatS > 0)
}

// Reconnected reports whether any trial has opened a connection in place of one
// that had ended: how many are open at any time then depends on when.
func Reconnected(trials []result.Trial) bool {
	return slices.ContainsFunc(trials, func(t result.Trial) bool { return t.Connections.Reconnects > 0 })
}

func (r *Point) Validity() result.Validity {
	v := result.Valid
	for i := range r.Sides {
		switch r.Sides[i].Stamp {
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
		*s = number.Clean(*s)
	}
	t.Flags = slices.Clone(t.Flags)
	for i := range t.Flags {
		t.Flags[i] = number.Clean(t.Flags[i])
	}
	t.Status, t.Validity = result.Status(number.Clean(string(t.Status))), result.Validity(number.Clean(string(t.Validity)))
	t.Reasons = slices.Clone(t.Reasons)
	for i := range t.Reasons {
		t.Reasons[i].Code, t.Reasons[i].Text = number.Clean(t.Reasons[i].Code), number.Clean(t.Reasons[i].Text)
	}
	return t
}
