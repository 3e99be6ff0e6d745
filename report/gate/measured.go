package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// measured is a run as a comparison takes it.
type measured struct {
	name     string // "base" or "new run"
	swept    []string
	points   []contested
	machine  string // the fingerprint; empty where the trials are of several
	profiled bool
}

// contested is a point with the trials that a comparison takes, by transport.
type contested struct {
	*trials.Point
	chosen map[string]*chosen
}

// chosen is the trials of one transport at one point.
type chosen struct {
	trials   []result.Trial // one attempt of each, in order
	attempts []result.Trial // of the same, every one that is complete
}

func measuredOf(name string, list []result.Trial, countsOnly bool) (*measured, error) {
	s, err := trials.NewSet(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m := &measured{name: name, swept: s.Swept}
	for _, p := range s.Points {
		c := contested{p, map[string]*chosen{}}
		for _, transport := range p.Transports() {
			if c.chosen[transport], err = choose(p.AttemptsOf(transport), p.TrialsAsked(), countsOnly); err != nil {
				return nil, fmt.Errorf("%s: %s %w", name, trials.At(transport, p.Label), err)
			}
		}
		m.points = append(m.points, c)
	}
	if missing := s.PointsMissing(); missing != "" {
		return nil, fmt.Errorf("%s: %s: %s", name, missing, trials.IsPartial)
	}
	m.surroundings()
	return m, nil
}

// choose takes one attempt of each trial. It is an error if one has none that
// may be compared, or if trials that were asked for are not there.
func choose(attempts []result.Trial, asked int, countsOnly bool) (*chosen, error) {
	c := &chosen{}
	measured := 0
	for from := 0; from < len(attempts); {
		to := from
		for to < len(attempts) && attempts[to].Trial == attempts[from].Trial {
			to++
		}
		of := attempts[from:to]
		pick := result.Chosen(of)
		if pick < 0 {
			return nil, fmt.Errorf("trial %d is %s%s: it cannot be compared", of[0].Trial, of[0].Status, because(&of[0]))
		}
		if err := admit(&of[pick], countsOnly); err != nil {
			return nil, err
		}
		t := of[pick]
		if slices.ContainsFunc(t.Reasons, func(r result.Reason) bool { return r.Kind().Cost }) {
			t.Server = nil // it is hardly the server's
		}
		if c.trials = append(c.trials, t); t.Trial <= asked {
			measured++
		}
		for _, t := range of {
			if t.Status == result.Complete {
				c.attempts = append(c.attempts, t)
			}
		}
		from = to
	}
	if measured < asked {
		return nil, fmt.Errorf("%s: %s", trials.TrialsMissing(measured, asked), trials.IsPartial)
	}
	return c, nil
}

// admit is nil where a complete trial may be compared.
func admit(t *result.Trial, countsOnly bool) error {
	if t.Validity == result.Valid || t.Validity == result.Suspect {
		return nil
	}
	broken := brokenBy(t)
	switch {
	case len(broken) > 0:
		return fmt.Errorf("trial %d is invalid (%s): it cannot be compared; run it again", t.Trial, strings.Join(broken, "; "))
	case !countsOnly:
		return fmt.Errorf("trial %d is invalid for its timing%s: it cannot be compared; run it again on a calmer machine, or compare what is counted alone, with --counts-only", t.Trial, because(t))
	}
	return nil
}

// because is the first reason for a trial's doubts, in brackets.
func because(t *result.Trial) string {
	for _, r := range t.Reasons {
		if r.Validity == result.Invalid {
			return " (" + r.Text + ")"
		}
	}
	return ""
}

// brokenBy lists what makes an invalid trial's counts useless.
func brokenBy(t *result.Trial) []string {
	var out []string
	invalid := 0
	for _, r := range t.Reasons {
		if r.Validity != result.Invalid {
			continue
		}
		invalid++
		if !r.Kind().Timing {
			out = append(out, r.Text)
		}
	}
	if invalid == 0 {
		out = append(out, "no reason is given")
	}
	return out
}

// doubtOfCounts is the first reason, other than its timing, why a trial is
// suspect: what it counted may be no more than what the fault brought about.
func doubtOfCounts(t *result.Trial) string {
	for _, r := range t.Reasons {
		if kind := r.Kind(); r.Validity == result.Suspect && !kind.Timing && !kind.Cost {
			return r.Text
		}
	}
	return ""
}

// each calls f for all trials that enter.
func (m *measured) each(f func(p *contested, t *result.Trial)) {
	for i := range m.points {
		p := &m.points[i]
		for j := range p.Sides {
			c := p.chosen[p.Sides[j].Transport]
			for k := range c.trials {
				f(p, &c.trials[k])
			}
		}
	}
}

// surroundings find the machine, and whether the server was profiled.
func (m *measured) surroundings() {
	machines := map[string]bool{}
	m.each(func(_ *contested, t *result.Trial) {
		m.machine = t.Env.Machine()
		machines[m.machine] = true
		m.profiled = m.profiled || t.Profiles != nil
	})
	if len(machines) != 1 {
		m.machine = ""
	}
}

// machines are those of the trials, in words.
func (m *measured) machines() string {
	var out []string
	m.each(func(_ *contested, t *result.Trial) {
		e := t.Env
		s := fmt.Sprintf("%s, %s, %s", trials.Processor(e), number.Or(e.Kernel, "unknown kernel"), number.Or(e.Go, "unknown Go"))
		if e.MemoryLimitBytes > 0 {
			s += ", " + trials.MemoryOf(e)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	})
	return strings.Join(out, " and ")
}

// commits are those that the trials were made by.
func (m *measured) commits() []string {
	var out []string
	m.each(func(_ *contested, t *result.Trial) {
		if !slices.Contains(out, t.Env.Commit) {
			out = append(out, t.Env.Commit)
		}
	})
	return out
}

// origin says what was run.
func (m *measured) origin() string {
	fewest, most := m.trials()
	list := number.Plural(float64(most), "trial")
	if fewest < most {
		list = fmt.Sprintf("%d to %s", fewest, list)
	}
	return fmt.Sprintf("%s, pollpush %s, %s of each transport", number.Or(m.points[0].Head.Run, "unnamed"), number.Or(strings.Join(m.commits(), " and "), "unknown"), list)
}

// trials are the fewest and the most of any transport at any point.
func (m *measured) trials() (fewest, most int) {
	var counts []float64
	for i := range m.points {
		for _, c := range m.points[i].chosen {
			counts = append(counts, float64(len(c.trials)))
		}
	}
	low, high := stat.Range(counts)
	return int(low), int(high)
}

// title names what both runs are of.
func (m *measured) title() string {
	if len(m.swept) == 0 {
		return m.points[0].Title()
	}
	return fmt.Sprintf("%s: %s, by %s", number.Or(m.points[0].Head.Scenario, "unnamed scenario"), number.Plural(float64(len(m.points)), "point"), strings.Join(m.swept, ", "))
}

// hashes name the scenario and its points for programs.
func (m *measured) hashes() string {
	var out []string
	for i := range m.points {
		out = append(out, number.Or(m.points[i].Head.ScenarioHash, "none"))
	}
	return fmt.Sprintf("%s (hash %s)", number.Or(m.points[0].Head.Scenario, "unnamed"), strings.Join(out, ", "))
}

func (m *measured) find(hash string) *contested {
	for i := range m.points {
		if m.points[i].Head.ScenarioHash == hash {
			return &m.points[i]
		}
	}
	return nil
}

// suspects are the trials that enter and are not valid.
func (m *measured) suspects() []string {
	var out []string
	m.each(func(p *contested, t *result.Trial) {
		if t.Validity != result.Valid {
			out = append(out, fmt.Sprintf("%s trial %d", trials.At(t.Transport, p.Label), t.Trial))
		}
	})
	return out
}

// paced says that the transport polls at an interval.
func (c *chosen) paced() bool {
	asked := &c.trials[0].Asked
	return asked.Paced && asked.PollIntervalS > 0
}

// delivers says that any trial has delivered something.
func (c *chosen) delivers() bool {
	return slices.ContainsFunc(c.trials, func(t result.Trial) bool { return t.Delivered > 0 || t.WindowDeliveries > 0 })
}

// costed says that any trial tells what the server took.
func (c *chosen) costed() bool {
	return slices.ContainsFunc(c.trials, func(t result.Trial) bool { return t.Server != nil })
}
