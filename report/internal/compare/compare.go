// Package compare sets a run against another of the same scenario: a row for each
// metric of each transport at each point, with its verdict, and all that limits
// what the rows prove. Its results are values; package gate puts them into words.
package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/noise"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Options say how a comparison is made.
type Options struct {
	// Limits are the relative changes for the worse that are tolerated, by the
	// metric's id. They go before those of the scenario, and those before the
	// metric's own.
	Limits     map[string]float64
	Noise      *noise.Noise // how far runs of one commit are known to differ; nil where that is not known
	CountsOnly bool         // compare exact metrics alone, also of trials that are invalid for their timing
}

// Comparison is one run set against another of the same scenario.
type Comparison struct {
	Base, New *Run
	Changes   []Change
	Families  []Family
	Missing   []Place // what the base has and the new run has not
	Fresh     []Place // the other way round
	Faults    []Faults
	Headers   []Header
	Headless  []Headless
	Costless  []Place  // where neither run has read the server's cost
	Rearming  []string // transports that ask again as soon as they are answered
	Renewing  []string // transports whose connections ended and were opened again
	Timing    Gap      // why no time is tested; None where times are
}

// Place is a transport at a point. The point is empty where nothing is swept, and
// the transport where the point is meant as a whole.
type Place struct{ Point, Transport string }

// Where names the place.
func (p Place) Where() string {
	if p.Transport == "" {
		return p.Point
	}
	return trials.At(p.Transport, p.Point)
}

// Faults are the deliveries of a place that were lost or repeated, in all complete
// attempts.
type Faults struct {
	Place
	Base, New Fault
}

// Fault is what one run lost and repeated, of so many deliveries.
type Fault struct{ Lost, Repeated, Expected int64 }

func faultOf(s *trials.Side) (f Fault) {
	for _, t := range s.Complete() {
		f.Lost += t.Lost
		f.Repeated += t.Duplicated
		f.Expected += t.Expected
	}
	return f
}

func (f Fault) any() bool { return f.Lost > 0 || f.Repeated > 0 }

// Compare sets a new run against a base, point by point. It is an error if a
// trial of either has no attempt that is complete and not invalid, if trials
// that were asked for are not there, if a limit is of an unknown metric, or if
// the runs have nothing in common.
func Compare(base, next []result.Trial, o Options) (*Comparison, error) {
	b, n, err := readBoth(base, next, o.CountsOnly)
	if err != nil {
		return nil, err
	}
	return compare(b, n, o)
}

func compare(b, n *Run, o Options) (*Comparison, error) {
	limits, err := limitsOf(n, o.Limits)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Base: b, New: n, Timing: timingGap(b, n, o.CountsOnly)}
	r := rows{limits: limits, countsOnly: o.CountsOnly, related: b.Machine != n.Machine, gates: c.Timing == None}
	if b.Machine == n.Machine {
		r.noise, r.machine = o.Noise, b.Machine
	}
	both, missing, fresh := match(b.Set, n.Set)
	if len(both) == 0 {
		return nil, fmt.Errorf("the runs have nothing in common: the base is of scenario %s, the new run of %s%s; compare runs of one scenario, with the same flags and transports; or the base is of an older pollpush: record it again",
			hashes(b.Points...), hashes(n.Points...), differences(b.Points[0], n.Points[0]))
	}
	c.Missing, c.Fresh = places(missing), places(fresh)
	for i := range both {
		if err := both[i].delivered(); err != nil {
			return nil, err
		}
		c.add(&both[i], &r)
	}
	c.Families = judgeTimed(c.Changes, c.Timing)
	for i := range both {
		c.addHeaders(&both[i])
	}
	return c, nil
}

// add compares a transport at a point.
func (c *Comparison) add(p *pair, r *rows) {
	if f := (Faults{p.Place, faultOf(p.was), faultOf(p.is)}); f.Base.any() || f.New.any() {
		c.Faults = append(c.Faults, f)
		p.lossy = true
	}
	if p.was.Rearms() || p.is.Rearms() {
		c.Rearming = append(c.Rearming, p.Transport)
	}
	if trials.Reconnected(p.was.Chosen) || trials.Reconnected(p.is.Chosen) {
		c.Renewing = append(c.Renewing, p.Transport)
	}
	if !costed(p.was) && !costed(p.is) {
		c.Costless = append(c.Costless, p.Place)
	}
	c.Changes = append(c.Changes, r.of(p)...)
}

// limitsOf are the limits that differ from the metrics' own, by id.
func limitsOf(n *Run, flags map[string]float64) (map[string]float64, error) {
	limits := map[string]float64{}
	maps.Copy(limits, n.Limits())
	maps.Copy(limits, flags)
	known := MetricIDs()
	for _, id := range slices.Sorted(maps.Keys(limits)) {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("a limit is of %q, which is no metric; there are %s", number.Clean(id), strings.Join(known, ", "))
		}
	}
	return limits, nil
}

// MetricIDs lists the names, for programs, of the metrics that are compared.
func MetricIDs() (ids []string) {
	for i := range metric.ComparedMetrics {
		ids = append(ids, metric.ComparedMetrics[i].ID())
	}
	return ids
}
