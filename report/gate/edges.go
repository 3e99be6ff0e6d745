package gate

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// edgesOf are, of each trial that has the metric, the share of itself by which
// one edge of its window can change its number. What one edge takes away the
// other adds, so that a trial is off by one edge at most.
func edgesOf(m *metric.Metric, c *chosen) (shares []float64) {
	for i := range c.trials {
		if t := &c.trials[i]; !math.IsNaN(m.Of(t)) {
			share := 0.0
			if m.Edge != nil && m.Kind == metric.Exact {
				share = m.Edge(t)
			}
			shares = append(shares, share)
		}
	}
	return shares
}

// edges is by which share of itself a count's median can differ between two runs
// of one server: no median is off by more than the median of its trials' edges.
func edges(was, is []float64) (share float64) {
	for _, side := range [][]float64{was, is} {
		if len(side) > 0 {
			share += stat.Median(side)
		}
	}
	return share
}
