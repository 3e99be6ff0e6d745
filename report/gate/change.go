package gate

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Verdict is a comparison's word on one row.
type Verdict string

const (
	Better   Verdict = "better"
	Worse    Verdict = "worse"
	Same     Verdict = "~" // within the limit, or not significant
	Untested Verdict = "untested"
)

// FewestToCompare is how many trials of each side it takes to tell times apart:
// three of each are separate by chance in 1 of 10 cases, four in 1 of 35.
const FewestToCompare = 4

// falseShare bounds the chance of any false alarm where nothing has changed.
const falseShare = 0.05

// Median is the middle of a transport's trials, in base units, with its 95 %
// confidence interval.
type Median struct {
	Value     float64 // NaN where no trial tells it
	Low, High float64 // NaN of fewer than six trials, of means and of worst trials
	N         int     // trials that tell it
	Of        int     // trials that there are
}

// Change is one metric of one transport at one point, in two runs. Deliveries
// lost and duplicated are those of all complete attempts, the ones set aside
// included, for each trial: a clean second attempt hides no loss of the first.
type Change struct {
	Point     string // as "1,000 clients"; empty where nothing is swept
	Transport string
	Metric    string
	ID        string // of the metric, for programs
	Base, New Median
	P         float64 // of the Mann-Whitney U test, two-sided; NaN where it was not made
	Limit     float64 // the relative change that is tolerated
	Edges     float64 // by how much a count can differ besides, as a share: what falls on an edge of the window
	Floor     float64 // by how much runs of one commit are known to differ; 0 where that is not known
	Gates     bool
	Worst     bool // the numbers are those of the worst trials, as the medians would hide them
	Verdict   Verdict

	gap    gap // why it is untested
	metric *metric.Metric
	hash   string // of the point's scenario
	lossy  bool   // either side lost or repeated a delivery
}

// Relative is the change as a share of the base: 0.1 is a tenth more, and
// infinite from zero.
func (c *Change) Relative() float64 { return stat.Change(c.Base.Value, c.New.Value) }

// Untestable says that the limit is below what chance alone does here.
func (c *Change) Untestable() bool { return c.Floor > c.Limit }

func (c *Change) regressed() bool { return c.Gates && c.Verdict == Worse }

// tested says that the row's verdict hangs on its p-value.
func (c *Change) tested() bool { return !math.IsNaN(c.P) }

// pair is one transport at one point, in both runs.
type pair struct {
	point, hash, transport string
	was, is                *chosen
	lossy                  bool
	paced                  *pacedPair // nil where no ratios are asked for
}

// rows make the rows of a comparison, all but their verdicts on what is timed.
type rows struct {
	limits     map[string]float64
	countsOnly bool
	ratios     bool
	gates      bool // times, too
	noise      *Noise
	machine    string // that the noise is of
}

// of are the rows of all that either run has.
func (r *rows) of(p pair) (list []Change) {
	for i := range metric.ComparedMetrics {
		m := between(metric.ComparedMetrics[i], p.was, p.is)
		if was, is := metricValuesOf(&m, p.was), metricValuesOf(&m, p.is); len(was)+len(is) > 0 {
			list = append(list, r.row(p, &m, m.ID(), was, is))
		}
	}
	if p.paced == nil || r.countsOnly {
		return list
	}
	for _, m := range metric.RatioMetrics {
		if was := ratioMetricValuesOf(m, p.was, p.paced.was); len(was) > 0 {
			ratio := to(m, p.paced.transport)
			list = append(list, r.row(p, &ratio, m.ID(), was, ratioMetricValuesOf(m, p.is, p.paced.is)))
		}
	}
	return list
}

// row sets the numbers of a metric against each other. Its limit is given by
// limitID.
func (r *rows) row(p pair, m *metric.Metric, limitID string, was, is []float64) Change {
	c := Change{Point: p.point, Transport: p.transport, Metric: m.Name, ID: m.ID(), Base: median(m, was), New: median(m, is),
		P: math.NaN(), Limit: m.Limit, Gates: m.Kind == metric.Exact || r.gates && m.Kind == metric.Timing, metric: m, hash: p.hash, lossy: p.lossy}
	c.Base.Of, c.New.Of = len(p.was.trials), len(p.is.trials)
	if limit, ok := r.limits[limitID]; ok {
		c.Limit = limit
	}
	fewest := min(len(was), len(is))
	if m.Kind == metric.Timing {
		c.Floor = r.noise.floor(r.machine, p.hash, p.transport, c.ID, fewest)
	}
	switch {
	case len(was) == 0:
		c.untested(notInBase)
	case m.Kind == metric.Exact:
		c.judgeCounted(counted{was, edgesOf(m, p.was)}, counted{is, edgesOf(m, p.is)})
	case r.countsOnly:
		c.untested(countsOnly)
	case c.Gates && fewest == 0 && p.was.costed() && !p.is.costed():
		c.Verdict = Worse // what the server takes is not measured any more
	case fewest == 0:
		c.untested(notInNew)
	case fewest < FewestToCompare:
		c.untested(fewTrials)
	default:
		c.P = benchmath.AssumeNothing.Compare(inOrder(was), inOrder(is)).P
	}
	return c
}

// inOrder copies values, which benchmath puts in order.
func inOrder(values []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
}

// metricValuesOf are a metric's, one for each trial that has it. No time is taken from
// a trial that is invalid for its timing.
func metricValuesOf(m *metric.Metric, c *chosen) []float64 {
	if !m.Total {
		return m.Cell(slices.DeleteFunc(slices.Clone(c.trials), func(t result.Trial) bool {
			return m.Kind != metric.Exact && t.Validity == result.Invalid
		})).Values
	}
	var out []float64
	for i := range c.trials {
		sum := 0.0
		for j := range c.attempts {
			if a := &c.attempts[j]; a.Trial == c.trials[i].Trial {
				sum += m.Of(a)
			}
		}
		out = append(out, sum)
	}
	return out
}

// median is the values' median with its interval, or their mean where the
// median would hide one trial's loss.
func median(m *metric.Metric, values []float64) Median {
	out := Median{Value: stat.Median(values), Low: math.NaN(), High: math.NaN(), N: len(values)}
	switch {
	case m.Total && len(values) > 0:
		out.Value = stat.Sum(values) / float64(len(values))
	case len(values) >= stat.FewestForInterval:
		out.Low, out.High = stat.Band(values)
	}
	return out
}

// within says that the change is one that is tolerated.
func (c *Change) within() bool {
	return math.Abs(c.Relative()) <= max(c.Limit+c.Edges, c.Floor)+1e-12
}

// judge is the verdict on a change that is told from chance, or is not.
func (c *Change) judge(told bool) Verdict {
	if c.New.N == 0 {
		return Worse // a count that is missing
	}
	change := c.Relative()
	switch {
	case !told || c.within():
		return Same
	case c.metric.Better == metric.Neutral || (change > 0) == (c.metric.Better == metric.Lower):
		return Worse
	case c.lossy && !(c.metric.Total && c.New.Value == 0):
		return Same // what has losses wins no comparison
	}
	return Better
}

// judgeChanges gives the verdicts that take all rows: those that hang on a
// p-value, corrected for how many there are. The rows that gate and those that
// warn are corrected each by themselves. Times that do not gate are better in no
// case, and untested for the reason given. It returns what to know of that.
func judgeChanges(list []Change, elsewhere gap) []string {
	var notes []string
	for _, gates := range []bool{true, false} {
		var rows []*Change
		var p []float64
		for i := range list {
			if c := &list[i]; c.tested() && c.Gates == gates {
				rows, p = append(rows, c), append(p, c.P)
			}
		}
		for i, told := range stat.BenjaminiHochberg(p, falseShare) {
			c := rows[i]
			switch c.Verdict = c.judge(told); {
			case c.Verdict == Worse:
			case !gates && c.metric.Kind == metric.Timing:
				c.untested(elsewhere)
			case c.Verdict == Better:
			case c.Untestable():
				c.untested(belowNoise)
			case !told && !c.within() && c.P <= stat.SeparateByChance(c.Base.N, c.New.N)+1e-12:
				c.untested(alone) // no row could be further apart
			}
		}
		if len(rows) > 0 {
			notes = append(notes, correctionNote(rows, gates))
		}
	}
	return notes
}

// correctionNote says how many comparisons were corrected for, and what trials
// as few as these cannot tell after that.
func correctionNote(rows []*Change, gates bool) string {
	what := "times, CPU and memory"
	if !gates {
		what += " that only warn"
	}
	n := float64(len(rows))
	note := fmt.Sprintf("%s of %s: a change counts only if it is told from chance after the correction of Benjamini and Hochberg for their number, at %s. Where nothing has changed, the chance of any false alarm is at most that.",
		number.Plural(n, "comparison"), what, number.Percent(falseShare))
	least := 0.0 // the p-value that rows of the fewest trials can reach
	for _, c := range rows {
		least = max(least, stat.SeparateByChance(c.Base.N, c.New.N))
	}
	if together := math.Ceil(least * n / falseShare); together > 1 {
		note += fmt.Sprintf(" With so few trials %.0f of them have to change together; %d trials on each side tell one alone.", together, trialsAlone(len(rows)))
	}
	return note
}

// trialsAlone is how many trials it takes on each side for one row of so many to
// be significant.
func trialsAlone(rows int) int {
	trials := FewestToCompare
	for stat.SeparateByChance(trials, trials)*float64(rows) > falseShare {
		trials++
	}
	return trials
}
