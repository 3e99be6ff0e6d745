package compare

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// judgeCounted compares the medians of an exact metric, and where those are within
// the limit each trial that is worse than all of the base with the worst of these,
// as a median hides what fewer than half of the trials show. A trial alone has its
// own edges. The mean of what is lost hides none.
func (c *Change) judgeCounted(was, is samples) {
	// No median is off by more than the median of its trials' edges.
	c.Edges = medianOr0(was.edges) + medianOr0(is.edges)
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

func medianOr0(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return stat.Median(values)
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
