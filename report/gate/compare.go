package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// CompareOptions say how a comparison is made.
type CompareOptions struct {
	// Limits are the relative changes for the worse that are tolerated, by the
	// metric's id. They go before those of the scenario, and those before the
	// metric's own.
	Limits map[string]float64

	// Noise is how far runs of one commit are known to differ; nil where that
	// is not known.
	Noise *Noise

	// CountsOnly compares exact metrics alone, also of trials that are invalid
	// for their timing.
	CountsOnly bool
}

// Comparison is one run set against another of the same scenario.
type Comparison struct {
	Scenario  string
	Base, New string // what was run: folder, commit
	Changes   []Change
	Missing   []Missing
	Fresh     []Missing // the other way round: what the new run has and the base has not
	Notes     []string  // what limits the comparison, in sentences

	headers  []headerChange
	headless []headless
	rearming []string // transports that ask again as soon as they are answered
	renewing []string // transports whose connections ended and were opened again
	faults   []string // what was lost or repeated, before all else
	costless []string // of which neither run has read the server's cost
	doubted  []string // whose counts are doubted, and why
	swept    bool

	timing           gap // why no time is tested
	suspects, trials int // how many enter, of how many
}

// Missing is what the base has and the new run has not.
type Missing struct {
	Point, Transport string // the transport is empty where the point is missing as a whole
}

// fresh says so where it is the base that has it not.
func (m Missing) fresh() string {
	if m.Transport == "" {
		return m.Point + " is new: the base has no trial at this point"
	}
	return trials.At(m.Transport, m.Point) + " is new: the base has no trial of it"
}

func (m Missing) text() string {
	if m.Transport == "" {
		return m.Point + ": the new run has no trial at this point"
	}
	return trials.At(m.Transport, m.Point) + ": the new run has no trial of it"
}

// Compare sets a new run against a base, point by point. It is an error if a
// trial of either has no attempt that is complete and not invalid, if trials
// that were asked for are not there, if a limit is of an unknown metric, or if
// the runs have nothing in common.
func Compare(base, next []result.Trial, o CompareOptions) (*Comparison, error) {
	b, err := measuredOf("base", base, o.CountsOnly)
	if err != nil {
		return nil, err
	}
	n, err := measuredOf("new run", next, o.CountsOnly)
	if err != nil {
		return nil, err
	}
	limits, err := limitsOf(n, o.Limits)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Scenario: b.title(), Base: b.origin(), New: n.origin(), swept: len(b.swept) > 0}
	c.timing, c.Notes = doubtsOfTiming(b, n, o.CountsOnly)
	r := rows{limits: limits, countsOnly: o.CountsOnly, ratios: b.machine != n.machine, gates: c.timing == none}
	if b.machine == n.machine {
		r.noise, r.machine = o.Noise, b.machine
	}
	if err := c.fill(b, n, &r); err != nil {
		return nil, err
	}
	c.Notes = append(c.Notes, judgeChanges(c.Changes, c.timing)...)
	if !maps.Equal(b.points[0].Head.Limits, n.points[0].Head.Limits) {
		c.Notes = append(c.Notes, "The scenario's limits are not the same in both runs: those of the new run hold.")
	}
	c.Notes = append(c.Notes, c.timedCounts()...)
	c.Notes = append(c.Notes, c.noteSuspects(b, n)...)
	c.Notes = append(c.Notes, c.headerNotes()...)
	return c, nil
}

// fill sets point against point and transport against transport.
func (c *Comparison) fill(b, n *measured, r *rows) error {
	common := 0
	for i := range b.points {
		p := &b.points[i]
		q := n.find(p.Head.ScenarioHash)
		if q == nil {
			c.Missing = append(c.Missing, Missing{Point: number.Or(p.Label, "hash "+p.Head.ScenarioHash)})
			continue
		}
		for j := range p.Sides {
			name := p.Sides[j].Transport
			now, has := q.chosen[name]
			if !has {
				c.Missing = append(c.Missing, Missing{p.Label, name})
				continue
			}
			common++
			pair := pair{point: p.Label, hash: p.Head.ScenarioHash, transport: name, was: p.chosen[name], is: now}
			if r.ratios {
				pair.paced = pacedOf(p, q)
			}
			if err := pair.delivered(); err != nil {
				return err
			}
			c.add(pair, r)
		}
		for j := range q.Sides {
			if name := q.Sides[j].Transport; p.chosen[name] == nil {
				c.Fresh = append(c.Fresh, Missing{p.Label, name})
			}
		}
	}
	for i := range n.points {
		if p := &n.points[i]; b.find(p.Head.ScenarioHash) == nil {
			c.Fresh = append(c.Fresh, Missing{Point: number.Or(p.Label, "hash "+p.Head.ScenarioHash)})
		}
	}
	if common > 0 {
		return nil
	}
	return fmt.Errorf("report: the runs have nothing in common: the base is of scenario %s, the new run of %s%s; compare runs of one scenario, with the same flags and transports; or the base is of an older pollpush: renew it with `make baseline`",
		b.hashes(), n.hashes(), parting(b, n))
}

// delivered refuses a pair of which the base has delivered nothing that it was
// asked to: whatever is compared with that says nothing of deliveries.
func (p *pair) delivered() error {
	asked := p.was.trials[0].Asked.PublishRate
	if asked == 0 || p.was.delivers() {
		return nil
	}
	where := "in the base"
	if !p.is.delivers() {
		where = "on either side"
	}
	return fmt.Errorf("report: %s: nothing was delivered %s: no verdict; at %s/s the steady state is too short, or the server delivers none", trials.At(p.transport, p.point), where, number.Plural(asked, "message"))
}

// add compares a transport at a point.
func (c *Comparison) add(p pair, r *rows) {
	name := trials.At(p.transport, p.point)
	if text := faultsOf(p); text != "" {
		p.lossy = true
		c.faults = append(c.faults, text)
		c.Notes = append(c.Notes, name+": no other number is called better, as what has lost or repeated deliveries wins no comparison.")
	}
	if (trials.Rearms(p.was.trials) || trials.Rearms(p.is.trials)) && !slices.Contains(c.rearming, p.transport) {
		c.rearming = append(c.rearming, p.transport)
	}
	if (trials.Reconnected(p.was.trials) || trials.Reconnected(p.is.trials)) && !slices.Contains(c.renewing, p.transport) {
		c.renewing = append(c.renewing, p.transport)
	}
	if !p.was.costed() && !p.is.costed() {
		c.costless = append(c.costless, name)
	}
	c.Changes = append(c.Changes, r.of(p)...)
	c.headers = append(c.headers, headersOf(p)...)
	c.headless = append(c.headless, headlessOf(p)...)
}

// timedCounts names the transports of which compare treats counts as times.
func (c *Comparison) timedCounts() (notes []string) {
	if len(c.rearming) > 0 {
		notes = append(notes, fmt.Sprintf("Of %s, where a client asks again as soon as it is answered, requests and bytes per delivery hang on the round trip: they count among the times.", number.Join(c.rearming)))
	}
	if len(c.renewing) > 0 {
		notes = append(notes, fmt.Sprintf("Clients of %s opened new connections in place of ended ones. How many are open then depends on timing, so connections per client is compared as a time.", number.Join(c.renewing)))
	}
	return notes
}

// limitsOf are the limits that differ from the metrics' own, by id.
func limitsOf(n *measured, flags map[string]float64) (map[string]float64, error) {
	limits := maps.Clone(n.points[0].Head.Limits)
	if limits == nil {
		limits = map[string]float64{}
	}
	maps.Copy(limits, flags)
	known := MetricIDs()
	for _, id := range slices.Sorted(maps.Keys(limits)) {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("report: a limit is of %q, which is no metric; there are %s", number.Clean(id), strings.Join(known, ", "))
		}
	}
	return limits, nil
}

// Regressions are what a caller should fail for, in words: what is missing,
// every row that gates and is worse, and the headers that explain it.
func (c *Comparison) Regressions() []string {
	var out []string
	for _, m := range c.Missing {
		out = append(out, m.text())
	}
	for i := range c.Changes {
		if ch := &c.Changes[i]; ch.regressed() {
			out = append(out, ch.finding())
		}
	}
	for _, h := range c.headers {
		if c.explains(h) {
			out = append(out, h.text)
		}
	}
	return out
}

// Warnings are the changes for the worse that do not gate, in words, and the
// numbers that the new run lacks, or of which it has too few.
func (c *Comparison) Warnings() []string {
	var out []string
	for i := range c.Changes {
		if text := c.Changes[i].warning(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// doubtsOfTiming say why the runs' times cannot gate; there are none where they
// can.
func doubtsOfTiming(b, n *measured, onlyCounts bool) (why gap, out []string) {
	if onlyCounts {
		return countsOnly, nil
	}
	if b.profiled != n.profiled {
		why = profiledOne
		out = append(out, "One of the runs kept profiles, which costs the server CPU, and the other did not: times, CPU and memory do not gate, they warn.")
	}
	if b.machine != n.machine || b.machine == "" {
		why = otherMachine
		out = append(out, fmt.Sprintf("The runs are not of one machine (%s; %s): times, CPU and memory do not gate, they warn.", b.machines(), n.machines()))
	}
	return why, out
}

// noteSuspects names the trials that enter though they are doubted.
func (c *Comparison) noteSuspects(b, n *measured) []string {
	var out []string
	for _, m := range []*measured{b, n} {
		m.each(func(p *contested, t *result.Trial) {
			c.trials++
			who := fmt.Sprintf("%s, %s: ", m.name, trials.At(t.Transport, p.Label))
			if why := doubtOfCounts(t); why != "" && (len(c.doubted) == 0 || !strings.HasPrefix(c.doubted[len(c.doubted)-1], who)) {
				c.doubted = append(c.doubted, who+why)
			}
		})
		if list := m.suspects(); len(list) > 0 {
			c.suspects += len(list)
			out = append(out, fmt.Sprintf("Suspect trials enter, of the %s: %s. Its report says why.", m.name, strings.Join(list, ", ")))
		}
	}
	return out
}
