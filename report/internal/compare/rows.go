package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/noise"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// rows make the rows of a comparison, all but their verdicts on what is timed.
type rows struct {
	limits     map[string]float64 // by the metric's id
	countsOnly bool
	related    bool // numbers in relation to another transport are compared
	gates      bool // times gate
	noise      *noise.Noise
	machine    string // that the noise is of
}

// of are the rows of all that either run has.
func (r *rows) of(p *pair) (list []Change) {
	for _, m := range metric.ComparedMetrics {
		if m.Timed != nil && (m.Timed(p.was.Chosen) || m.Timed(p.is.Chosen)) {
			m.Kind, m.Limit = metric.Timing, metric.Latency50.Limit
		}
		if was, is := samplesOf(&m, p.was), samplesOf(&m, p.is); len(was.values)+len(is.values) > 0 {
			list = append(list, r.row(p, m, m.ID(), was, is))
		}
	}
	to := p.paced()
	if to == "" || !r.related || r.countsOnly {
		return list
	}
	for _, m := range metric.RatioMetrics {
		if was := ratiosOf(m, p.was, p.base.Side(to)); len(was.values) > 0 {
			ratio := metric.Metric{Name: m.Name + ", to " + to, Unit: number.Ratio, Better: m.Better, Kind: metric.Related, Limit: m.Limit}
			list = append(list, r.row(p, ratio, m.ID(), was, ratiosOf(m, p.is, p.next.Side(to))))
		}
	}
	return list
}

// row sets the numbers of a metric against each other. Its limit is given by
// limitID. Verdicts that hang on the p-value take all rows, and are not made yet.
func (r *rows) row(p *pair, m metric.Metric, limitID string, was, is samples) Change {
	fewest := min(len(was.values), len(is.values))
	c := Change{Place: p.Place, Metric: m, ID: m.ID(), P: math.NaN(), Limit: m.Limit, hash: p.base.Head.ScenarioHash, lossy: p.lossy,
		Base: medianOf(&m, was.values, len(p.was.Chosen)), New: medianOf(&m, is.values, len(p.is.Chosen)),
		Gates: m.Kind == metric.Exact || r.gates && m.Kind == metric.Timing}
	if limit, ok := r.limits[limitID]; ok {
		c.Limit = limit
	}
	if m.Kind == metric.Timing {
		c.Floor = r.noise.Floor(r.machine, c.hash, p.Transport, c.ID, fewest)
	}
	switch {
	case c.Base.N == 0:
		c.untested(NotInBase)
	case m.Kind == metric.Exact:
		c.judgeCounted(was, is)
	case r.countsOnly:
		c.untested(CountsOnly)
	case c.Gates && fewest == 0 && costed(p.was) && !costed(p.is):
		c.Verdict = Worse // what the server takes is not measured any more
	case fewest == 0:
		c.untested(NotInNew)
	case fewest < FewestTrials:
		c.untested(FewTrials)
	default:
		c.P = benchmath.AssumeNothing.Compare(sample(was.values), sample(is.values)).P
	}
	return c
}

// sample copies values, which benchmath puts in order.
func sample(values []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
}

// samples are a metric's numbers, one for each trial that has it, and by which
// share of itself one edge of the window can change each. What one edge takes away
// the other adds, so that a trial is off by one edge at most.
type samples struct{ values, edges []float64 }

// samplesOf takes no time from a trial that is invalid for its timing, and what is
// added up from all complete attempts of each trial.
func samplesOf(m *metric.Metric, s *trials.Side) (out samples) {
	var complete []result.Trial
	if m.Total {
		complete = s.Complete()
	}
	for i := range s.Chosen {
		t := &s.Chosen[i]
		v, edge := 0.0, 0.0
		switch {
		case m.Total:
			for j := range complete {
				if complete[j].Trial == t.Trial {
					v += m.Of(&complete[j])
				}
			}
		case m.Kind != metric.Exact && t.Validity == result.Invalid:
			continue
		default:
			v = m.Of(t)
		}
		if math.IsNaN(v) {
			continue
		}
		if m.Edge != nil && m.Kind == metric.Exact {
			edge = m.Edge(t)
		}
		out.values, out.edges = append(out.values, v), append(out.edges, edge)
	}
	return out
}

// judgeCounted compares the medians of an exact metric, and where those are within
// the limit each trial that is worse than all of the base with the worst of these,
// as a median hides what fewer than half of the trials show. A trial alone has its
// own edges. The mean of what is lost hides none.
func (c *Change) judgeCounted(was, is samples) {
	// No median is off by more than the median of its trials' edges.
	if c.Edges = stat.Median(was.edges); len(is.edges) > 0 {
		c.Edges += stat.Median(is.edges)
	}
	c.Verdict = c.judge(true)
	if c.Verdict == Worse || c.Metric.Total {
		return
	}
	median := *c
	for _, smallest := range []bool{false, true} {
		if c.Metric.Better == metric.Lower && smallest || c.Metric.Better == metric.Higher && !smallest {
			continue
		}
		base := was.extreme(smallest)
		for i, v := range is.values {
			beyond := !smallest && v > was.values[base] || smallest && v < was.values[base]
			furthest := !c.Worst || math.Abs(v-was.values[base]) > math.Abs(c.New.Value-c.Base.Value)
			w := median
			w.Worst, w.Base, w.New, w.Edges = true, c.Base.at(was.values[base]), c.New.at(v), was.edges[base]+is.edges[i]
			if w.Verdict = w.judge(true); beyond && furthest && w.Verdict == Worse {
				*c = w
			}
		}
	}
}

// extreme is the trial with the largest number, or with the smallest.
func (s samples) extreme(smallest bool) (at int) {
	for i, v := range s.values {
		if smallest && v < s.values[at] || !smallest && v > s.values[at] {
			at = i
		}
	}
	return at
}

// paced is the transport to which others are related: the first that polls at an
// interval in both runs; it is empty where none does.
func (p *pair) paced() string {
	for i := range p.base.Sides {
		name := p.base.Sides[i].Transport
		if s := p.next.Side(name); s != nil && s.Paced() {
			return name
		}
	}
	return ""
}

// ratiosOf are a transport's numbers divided by those of another in the same
// trials. Those of a transport to itself say nothing.
func ratiosOf(m metric.Metric, s, to *trials.Side) (out samples) {
	if s == to {
		return out
	}
	for i := range s.Chosen {
		t := &s.Chosen[i]
		j := slices.IndexFunc(to.Chosen, func(other result.Trial) bool { return other.Trial == t.Trial })
		if j < 0 {
			continue
		}
		if v := metric.Over(m.Of(t), m.Of(&to.Chosen[j])); !math.IsNaN(v) {
			out.values = append(out.values, v)
		}
	}
	return out
}
