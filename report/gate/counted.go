package gate

import (
	"math"

	"github.com/pollpush/pollpush/report/internal/metric"
)

// between is the metric as two sides are compared by it.
func between(m metric.Metric, was, is *chosen) metric.Metric {
	if m.Timed != nil && (m.Timed(was.trials) || m.Timed(is.trials)) {
		m.Kind, m.Limit = metric.Timing, metric.Latency50.Limit
	}
	return m
}

// counted is an exact metric of one side: a number for each trial that has it,
// and by which share of itself the edges can change that.
type counted struct{ values, edges []float64 }

// extreme is the trial with the largest number, or with the smallest.
func (c counted) extreme(smallest bool) (at int) {
	for i, v := range c.values {
		if smallest && v < c.values[at] || !smallest && v > c.values[at] {
			at = i
		}
	}
	return at
}

// judgeCounted compares the medians, and where those are within the limit each
// trial that is worse than all of the base with the worst of these, as a median
// hides what fewer than half of the trials show. A trial alone has its own edges.
// The mean of what is lost hides none.
func (c *Change) judgeCounted(was, is counted) {
	c.Edges = edges(was.edges, is.edges)
	c.Verdict = c.judge(true)
	if c.Verdict == Worse || c.metric.Total {
		return
	}
	median := *c
	for _, smallest := range []bool{false, true} {
		if c.metric.Better == metric.Lower && smallest || c.metric.Better == metric.Higher && !smallest {
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

// at is one of the values in place of their median.
func (m Median) at(value float64) Median {
	m.Value, m.Low, m.High = value, math.NaN(), math.NaN()
	return m
}
