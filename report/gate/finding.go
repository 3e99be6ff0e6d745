package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// finding is a change in words, with all that it takes to believe it.
func (c *Change) finding() string {
	name := trials.At(c.Transport, c.Point) + ": " + c.label()
	if c.New.N == 0 {
		return fmt.Sprintf("%s is missing: no trial of the new run tells it (it was %s)", name, c.print(c.Base.Value))
	}
	limit := c.limit()
	if c.Untestable() {
		limit += ", runs of one commit differ by up to " + number.Percent(c.Floor)
	}
	s := fmt.Sprintf("%s went from %s to %s (%s, %s, limit %s", name, c.print(c.Base.Value), c.print(c.New.Value),
		c.difference(), number.ChangeText(c.Relative()), limit)
	if c.tested() {
		s += ", " + c.significance()
	}
	return s + ")"
}

// label is the metric's name, with what of its trials is compared.
func (c *Change) label() string {
	if c.Worst {
		return c.Metric + " (worst trial)"
	}
	return c.Metric
}

// warning is what to know of a row that is no regression, or is more than one;
// it is empty where there is nothing.
func (c *Change) warning() string {
	switch {
	case c.starred(), c.gap == notInNew:
		return c.finding()
	case c.thinned():
		return fmt.Sprintf("%s: %s is told by %d of %d trials of the new run, and by %d of %d of the base",
			trials.At(c.Transport, c.Point), c.Metric, c.New.N, c.New.Of, c.Base.N, c.Base.Of)
	}
	return ""
}

// thinned says that trials of the new run lack the number, so many that what
// the others tell may be chance or choice.
func (c *Change) thinned() bool {
	few := c.metric.Kind == metric.Exact || c.metric.Kind == metric.Timing && c.New.N < FewestToCompare
	return few && c.New.N > 0 && c.New.N < min(c.New.Of, c.Base.N)
}

// print is a number of the row as tables show it.
func (c *Change) print(v float64) string {
	if c.metric.Unit == number.Count && !math.IsNaN(v) && v != math.Trunc(v) {
		return number.Plain(v) // a mean over trials
	}
	return c.metric.Unit.Format(v)
}

// difference is the change in the row's unit, with its sign; of per cent it is
// in points.
func (c *Change) difference() string {
	d := c.New.Value - c.Base.Value
	sign := "+"
	if d < 0 {
		sign = "−"
	}
	if u := c.metric.Unit; u == number.Share || u == number.Cores {
		return sign + number.Plain(100*math.Abs(d)) + " points"
	}
	return sign + c.metric.Unit.Short(math.Abs(d))
}

// limit is what is tolerated, and what the edges of the window add to it.
func (c *Change) limit() string {
	s := number.Percent(c.Limit)
	if c.Edges >= leastEdge {
		s = number.Plain(c.Limit*100) + "+" + number.Percent(math.Ceil(c.Edges*1000)/1000)
	}
	if c.metric.Better == metric.Neutral {
		s = "±" + s
	}
	return s
}

// leastEdge is the least addition to a limit that is worth a word.
const leastEdge = 0.0005

// significance is as benchstat prints it: the p-value before any correction,
// and the samples.
func (c *Change) significance() string {
	n := fmt.Sprintf("n=%d", c.Base.N)
	if c.Base.N != c.New.N {
		n += fmt.Sprintf("+%d", c.New.N)
	}
	if !c.tested() {
		return n
	}
	return fmt.Sprintf("p=%.3f %s", c.P, n)
}

// change is the row's change as tables show it.
func (c *Change) change() string {
	return number.ChangeText(c.Relative())
}

// spread is how far the interval reaches from the median, at its wider side, as
// benchstat prints it.
func (m Median) spread() string {
	far := max(m.High-m.Value, m.Value-m.Low) / math.Abs(m.Value)
	switch {
	case math.IsNaN(far), math.IsInf(far, 0), far == 0:
		return ""
	case far >= 0.1:
		return fmt.Sprintf(" ±%.0f %%", 100*far)
	}
	return " ±" + strings.TrimSuffix(fmt.Sprintf("%.1f", 100*far), ".0") + " %"
}

// interval is the median with its bounds.
func (c *Change) interval(m Median) string {
	if math.IsNaN(m.Low) {
		return c.print(m.Value)
	}
	return c.metric.Unit.FormatRange(m.Value, m.Low, m.High)
}
