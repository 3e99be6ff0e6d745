package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// Change is one metric of one transport in two runs, in base units: the
// medians. Deliveries lost and duplicated are those of all complete attempts,
// the ones set aside included, for each trial: a clean second attempt hides no
// loss of the first.
type Change struct {
	Transport string
	Metric    string
	Base, New float64
	Limit     float64 // the relative change that is tolerated
	Exact     bool    // counted, so that it gates; else it is measured, and warns
	Verdict   string  // same, better, worse or warn

	unit unit
}

// Relative is the change as a share of the base: 0.1 is a tenth more, and
// infinite from zero.
func (c *Change) Relative() float64 { return stat.Change(c.Base, c.New) }

// Comparison is one run set against another of the same scenario.
type Comparison struct {
	Scenario string
	Changes  []Change
	Failures []string // transports that cannot be compared though the base has them
	Notes    []string
}

// Regressions are what a caller should fail for, in words: every transport
// that is missing or refused, and every exact metric that is worse by more
// than its limit. Times never are among them.
func (c *Comparison) Regressions() []string {
	out := slices.Clone(c.Failures)
	for i := range c.Changes {
		if ch := &c.Changes[i]; ch.Verdict == "worse" {
			out = append(out, fmt.Sprintf("%s: %s went from %s to %s (%s, limit %s)", ch.Transport, ch.Metric,
				ch.print(ch.Base), ch.print(ch.New), changeText(ch.Relative()), ch.limit()))
		}
	}
	return out
}

// Compare sets a new run against a base. It is an error if either has no
// trial that can be compared, or if their scenarios differ. A trial that is
// invalid for reasons of timing alone enters with its exact metrics; any other
// invalid trial is refused, and in the new run that is a failure.
func Compare(base, next []result.Trial) (Comparison, error) {
	b, err := newRun(base)
	if err != nil {
		return Comparison{}, fmt.Errorf("base: %w", err)
	}
	n, err := newRun(next)
	if err != nil {
		return Comparison{}, fmt.Errorf("new: %w", err)
	}
	if b.head.ScenarioHash != n.head.ScenarioHash {
		return Comparison{}, fmt.Errorf("report: the runs are of different scenarios: %s (hash %s) and %s (hash %s); run the same one, with the same flags",
			or(b.head.Scenario, "unnamed"), or(b.head.ScenarioHash, "none"), or(n.head.Scenario, "unnamed"), or(n.head.ScenarioHash, "none"))
	}
	c := Comparison{Scenario: b.title()}
	before, refused := usable(b)
	for _, why := range refused {
		c.Notes = append(c.Notes, "Base, "+why+".")
	}
	after, refused := usable(n)
	for _, why := range refused {
		c.Failures = append(c.Failures, "New, "+why)
	}
	if len(before) == 0 {
		return Comparison{}, errors.New("report: the base has no complete trial that can be compared")
	}
	if len(after) == 0 {
		return Comparison{}, errors.New("report: the new run has no complete trial that can be compared")
	}
	for i := range b.sides {
		name := b.sides[i].transport
		old, had := before[name]
		now, has := after[name]
		switch {
		case !had:
		case !has:
			c.Failures = append(c.Failures, name+": the new run has no trial of it that can be compared")
		default:
			c.Changes = append(c.Changes, changes(name, old, now)...)
		}
	}
	for i := range n.sides {
		if name := n.sides[i].transport; len(after[name].all) > 0 && len(before[name].all) == 0 {
			c.Notes = append(c.Notes, name+" is new: the base has no trial of it that can be compared.")
		}
	}
	if x, y := b.machine(), n.machine(); x != y {
		c.Notes = append(c.Notes, fmt.Sprintf("The runs are from different machines (%s; %s): times, CPU and memory say nothing about the change.", x, y))
	}
	c.Notes = append(c.Notes, "Exact metrics gate. Times, CPU and memory only warn, where the ranges over the trials do not overlap: so few trials on a shared machine cannot carry a gate.")
	return c, nil
}

func (r *run) machine() string {
	return fmt.Sprintf("%s, %s, %s", or(r.head.Env.CPUModel, "unknown CPU"), plural(float64(r.head.Env.Cores), "core"), or(r.head.Env.Kernel, "unknown kernel"))
}

// chosen is the trials of a transport that a comparison may use.
type chosen struct {
	all   []result.Trial // for exact metrics
	timed []result.Trial // of those, the ones whose times count

	attempts []result.Trial // of the trials in all, every one that is complete
}

// usable chooses the trials of every transport, and says which it refuses.
func usable(r *run) (map[string]chosen, []string) {
	out := map[string]chosen{}
	var refused []string
	for i := range r.sides {
		s := &r.sides[i]
		trials := slices.Clone(s.used)
		for _, a := range s.aside {
			switch {
			case a.why == "invalid":
				trials = append(trials, a.trial)
			case a.trial.Status != result.Complete && !s.repeated(a.trial.Trial):
				refused = append(refused, fmt.Sprintf("%s trial %d: refused, it is %s", s.transport, a.trial.Trial, a.trial.Status))
			}
		}
		slices.SortStableFunc(trials, func(a, b result.Trial) int { return a.Trial - b.Trial })
		var c chosen
		for _, t := range trials {
			if t.Validity != result.Invalid {
				c.all, c.timed = append(c.all, t), append(c.timed, t)
				continue
			}
			if why := broken(&t); len(why) > 0 {
				refused = append(refused, fmt.Sprintf("%s trial %d: refused, it is invalid (%s)", s.transport, t.Trial, strings.Join(why, "; ")))
				continue
			}
			c.all = append(c.all, t)
		}
		for _, t := range s.complete() {
			if slices.ContainsFunc(c.all, func(a result.Trial) bool { return a.Trial == t.Trial }) {
				c.attempts = append(c.attempts, t)
			}
		}
		if len(c.all) > 0 {
			out[s.transport] = c
		}
	}
	return out, refused
}

// repeated reports whether another attempt of the trial came to its end.
func (s *side) repeated(trial int) bool {
	done := func(t result.Trial) bool { return t.Trial == trial && t.Status == result.Complete }
	return slices.ContainsFunc(s.used, done) || slices.ContainsFunc(s.aside, func(a set) bool { return done(a.trial) })
}

// broken lists what makes an invalid trial's counts useless.
func broken(t *result.Trial) []string {
	var out []string
	invalid := 0
	for _, r := range t.Reasons {
		if r.Validity != result.Invalid {
			continue
		}
		invalid++
		if !result.Timing(r.Code) {
			out = append(out, r.Text)
		}
	}
	if invalid == 0 {
		out = append(out, "no reason is given")
	}
	return out
}

func changes(transport string, old, now chosen) []Change {
	var out []Change
	for i := range metrics {
		m := &metrics[i]
		if m.kind == told {
			continue
		}
		was, is := old.all, now.all
		switch {
		case m.kind == timing:
			was, is = old.timed, now.timed
		case m.total:
			was, is = old.attempts, now.attempts
		}
		a, b := m.cell(was), m.cell(is)
		if !a.known() && !b.known() {
			continue
		}
		if m.total { // runs may differ in their number of trials
			a.value, b.value = a.value/float64(len(old.all)), b.value/float64(len(now.all))
		}
		out = append(out, Change{Transport: transport, Metric: m.name, Base: a.value, New: b.value,
			Limit: m.limit, Exact: m.kind == exact, Verdict: m.verdict(a, b), unit: m.unit})
	}
	return out
}

// verdict is the table's word on a change. A time that one of the runs does
// not have is a warning, a count that it does not have a regression.
func (m *metric) verdict(a, b cell) string {
	bad := "warn"
	if m.kind == exact {
		bad = "worse"
	}
	if !a.known() || !b.known() {
		if !a.known() {
			return "same"
		}
		return bad
	}
	change := stat.Change(a.value, b.value)
	if math.Abs(change) <= m.limit+1e-12 {
		return "same"
	}
	if m.kind == timing && !stat.Separate(a.values, b.values) {
		return "same"
	}
	if m.better == neutral || (change > 0) == (m.better == lower) {
		return bad
	}
	return "better"
}
