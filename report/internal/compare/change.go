package compare

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// Verdict is what a comparison says of one row.
type Verdict string

const (
	Better   Verdict = "better"
	Worse    Verdict = "worse"
	Same     Verdict = "~" // within the limit, or not significant
	Untested Verdict = "untested"
)

// Gap is why a row is untested.
type Gap int

const (
	None Gap = iota
	CountsOnly
	FewTrials
	OtherMachine
	ProfiledOne // one run kept profiles, the other did not
	NotInBase
	NotInNew
	BelowNoise // the limit is below what runs of one commit differ by
	Alone      // so far apart that more trials could prove it, but these cannot
)

// Median is the middle of a transport's trials, in base units, with its 95 %
// confidence interval.
type Median struct {
	Value     float64 // NaN where no trial has it
	Low, High float64 // NaN of fewer than six trials, of means and of worst trials
	N         int     // trials that have it
	Trials    int     // trials that there are
}

// medianOf is the values' median with its interval, or their mean where the
// median would hide one trial's loss.
func medianOf(m *metric.Metric, values []float64, trials int) Median {
	out := Median{stat.Median(values), math.NaN(), math.NaN(), len(values), trials}
	switch {
	case m.Total && len(values) > 0:
		out.Value = stat.Sum(values) / float64(len(values))
	case len(values) >= stat.FewestForInterval:
		out.Low, out.High = stat.Band(values)
	}
	return out
}

// at is one trial's value in place of the median.
func (m Median) at(value float64) Median {
	m.Value, m.Low, m.High = value, math.NaN(), math.NaN()
	return m
}

// Change is one metric of one transport at one point, in two runs. Deliveries
// lost and duplicated are those of all complete attempts, the ones set aside
// included, for each trial: a clean second attempt hides no loss of the first.
type Change struct {
	Place
	Metric    metric.Metric
	ID        string // of the metric, for programs
	Base, New Median
	P         float64 // of the Mann-Whitney U test, two-sided; NaN where it was not made
	Limit     float64 // the relative change that is tolerated
	Edges     float64 // by how much a count can differ besides, as a share: what falls on an edge of the window
	Floor     float64 // by how much runs of one commit are known to differ; 0 where that is not known
	Gates     bool
	Worst     bool // the numbers are those of the worst trials, as the medians would hide them
	Verdict   Verdict
	Gap       Gap

	hash  string // of the point's scenario
	lossy bool   // either run lost or repeated a delivery
}

// Relative is the change as a share of the base: 0.1 is a tenth more, and
// infinite from zero.
func (c *Change) Relative() float64 { return stat.Change(c.Base.Value, c.New.Value) }

// Untestable reports whether the limit is below what chance alone does here.
func (c *Change) Untestable() bool { return c.Floor > c.Limit }

// Regressed reports whether a caller should fail for the row.
func (c *Change) Regressed() bool { return c.Gates && c.Verdict == Worse }

// Warns reports whether the row is worse and does not gate.
func (c *Change) Warns() bool { return !c.Gates && c.Verdict == Worse }

// Tested reports whether the row's verdict hangs on its p-value.
func (c *Change) Tested() bool { return !math.IsNaN(c.P) }

// Thinned reports whether so many trials of the new run lack the number that what
// the others show may be chance or choice.
func (c *Change) Thinned() bool {
	few := c.Metric.Kind == metric.Exact || c.Metric.Kind == metric.Timing && c.New.N < FewestTrials
	return few && c.New.N > 0 && c.New.N < min(c.New.Trials, c.Base.N)
}

// Tolerance is the relative change up to which nothing is said.
func (c *Change) Tolerance() float64 { return max(c.Limit+c.Edges, c.Floor) }

// Within reports whether the change is one that is tolerated.
func (c *Change) Within() bool { return math.Abs(c.Relative()) <= c.Tolerance()+1e-12 }

func (c *Change) untested(why Gap) { c.Verdict, c.Gap = Untested, why }

// judge is the verdict on a change that is significant, or is not.
func (c *Change) judge(significant bool) Verdict {
	if c.New.N == 0 {
		return Worse // a count that is missing
	}
	change := c.Relative()
	switch {
	case !significant || c.Within():
		return Same
	case c.Metric.Better == metric.Neutral || (change > 0) == (c.Metric.Better == metric.Lower):
		return Worse
	case c.lossy && !(c.Metric.Total && c.New.Value == 0):
		return Same // what has losses wins no comparison
	}
	return Better
}
