package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Run is one of the runs that are compared. All chosen trials of its sides enter.
type Run struct {
	*trials.Set
	Name         string // "base" or "new run"
	Trials       int    // that enter
	Fewest, Most int    // of them, of any transport at any point
	Suspects     []string
	Doubts       []Doubt
	Commits      []string // that made the trials
	Machine      string   // its fingerprint; empty where the trials are of several
	Machines     []string // in words
	Profiled     bool     // the server kept profiles, which cost it CPU
	started      time.Time
}

// Doubt is why what a run counted at a place may be no more than what a fault
// brought about.
type Doubt struct {
	Place
	Run, Reason string
}

func readBoth(base, next []result.Trial, countsOnly bool) (b, n *Run, err error) {
	if b, err = read("base", base, countsOnly); err != nil {
		return nil, nil, err
	}
	n, err = read("new run", next, countsOnly)
	return b, n, err
}

// read sorts a run's trials. It refuses a run of which any may not be compared, or
// is missing.
func read(name string, list []result.Trial, countsOnly bool) (*Run, error) {
	set, err := trials.NewSet(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Run{Set: set, Name: name}
	var machines []string
	for _, p := range set.Points {
		for _, transport := range p.Transports() {
			s := p.Side(transport)
			if err := admit(s, p.TrialsAsked(), countsOnly); err != nil {
				return nil, fmt.Errorf("%s: %s %w", name, trials.At(transport, p.Label), err)
			}
			r.Fewest, r.Most = min(cmp.Or(r.Fewest, len(s.Chosen)), len(s.Chosen)), max(r.Most, len(s.Chosen))
			for i := range s.Chosen {
				r.add(Place{p.Label, transport}, &s.Chosen[i])
				machines = append(machines, s.Chosen[i].Env.Machine())
			}
		}
	}
	if missing := set.PointsMissing(); missing != "" {
		return nil, fmt.Errorf("%s: %s: %s", name, missing, trials.IsPartial)
	}
	if machines = number.Unique(machines); len(machines) == 1 {
		r.Machine = machines[0]
	}
	r.Commits, r.Machines = number.Unique(r.Commits), number.Unique(r.Machines)
	return r, nil
}

// add takes from a trial what a comparison says of the run as a whole.
func (r *Run) add(place Place, t *result.Trial) {
	r.Trials++
	if t.Validity != result.Valid {
		r.Suspects = append(r.Suspects, fmt.Sprintf("%s trial %d", place.Where(), t.Trial))
	}
	for _, why := range t.Reasons {
		kind := why.Kind()
		if kind.Cost {
			t.Server = nil // it is hardly the server's
		}
		known := len(r.Doubts) > 0 && r.Doubts[len(r.Doubts)-1].Place == place
		if why.Validity == result.Suspect && !kind.Timing && !kind.Cost && !known {
			r.Doubts = append(r.Doubts, Doubt{place, r.Name, why.Text})
		}
	}
	e := t.Env
	machine := fmt.Sprintf("%s, %s, %s", trials.Processor(e), number.Or(e.Kernel, "unknown kernel"), number.Or(e.Go, "unknown Go"))
	if e.MemoryLimitBytes > 0 {
		machine += ", " + trials.MemoryOf(e)
	}
	r.Commits, r.Machines = append(r.Commits, e.Commit), append(r.Machines, machine)
	r.Profiled = r.Profiled || t.Profiles != nil
	if r.started.IsZero() || t.Started.Before(r.started) {
		r.started = t.Started
	}
}

// Title names what was run.
func (r *Run) Title() string {
	head := &r.Points[0].Head
	if len(r.Swept) == 0 {
		return r.Points[0].Title()
	}
	return fmt.Sprintf("%s: %s, by %s", number.Or(head.Scenario, "unnamed scenario"), number.Plural(float64(len(r.Points)), "point"), strings.Join(r.Swept, ", "))
}

// Origin says by what the run was made, and how large it is.
func (r *Run) Origin() string {
	list := number.Plural(float64(r.Most), "trial")
	if r.Fewest < r.Most {
		list = fmt.Sprintf("%d to %s", r.Fewest, list)
	}
	return fmt.Sprintf("%s, pollpush %s, %s of each transport", number.Or(r.Points[0].Head.Run, "unnamed"), number.Or(strings.Join(r.Commits, " and "), "unknown"), list)
}

// Limits are the scenario's own.
func (r *Run) Limits() map[string]float64 { return r.Points[0].Head.Limits }

// admit is nil where all trials that were asked for of a transport at a point
// have an attempt that may be compared. The side is nil where there is none.
func admit(s *trials.Side, asked int, countsOnly bool) error {
	if s == nil {
		s = &trials.Side{}
	}
	for i := range s.Aside {
		t := &s.Aside[i]
		if !slices.ContainsFunc(s.Chosen, func(c result.Trial) bool { return c.Trial == t.Trial }) {
			all, _ := whyInvalid(t)
			return fmt.Errorf("trial %d is %s%s: it cannot be compared", t.Trial, t.Status, first(all))
		}
	}
	measured := 0
	for i := range s.Chosen {
		t := &s.Chosen[i]
		if t.Trial <= asked {
			measured++
		}
		if t.Validity == result.Valid || t.Validity == result.Suspect {
			continue
		}
		switch all, broken := whyInvalid(t); {
		case len(broken) > 0 || len(all) == 0:
			return fmt.Errorf("trial %d is invalid (%s): it cannot be compared; run it again", t.Trial, number.Or(strings.Join(broken, "; "), "no reason is given"))
		case !countsOnly:
			return fmt.Errorf("trial %d is invalid for its timing%s: it cannot be compared; run it again on a calmer machine, or compare only counts, with --counts-only", t.Trial, first(all))
		}
	}
	if measured < asked {
		return fmt.Errorf("%s: %s", trials.TrialsMissing(measured, asked), trials.IsPartial)
	}
	return nil
}

// whyInvalid are the reasons that make a trial invalid, and those of them that
// make its counts useless, too.
func whyInvalid(t *result.Trial) (all, broken []string) {
	for _, r := range t.Reasons {
		if r.Validity != result.Invalid {
			continue
		}
		if all = append(all, r.Text); !r.Kind().Timing {
			broken = append(broken, r.Text)
		}
	}
	return all, broken
}

func first(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return " (" + reasons[0] + ")"
}
