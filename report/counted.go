package report

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
)

// between is the metric as two sides are compared by it.
func (m metric) between(was, is *chosen) metric {
	if m.rounds && (was.rearms() || is.rearms()) {
		m.kind, m.limit = timing, latency50.limit
	}
	return m
}

// judgeCounted compares the medians, and where those are within the limit the
// worst trials of both sides, as a median hides what fewer than half of the
// trials tell. The mean of what is lost hides none.
func (c *Change) judgeCounted(was, is []float64) {
	c.Verdict = c.judge(true)
	if c.Verdict == Worse || c.metric.total {
		return
	}
	lowBase, highBase := stat.Range(was)
	lowNew, highNew := stat.Range(is)
	for _, end := range []struct {
		base, now float64
		further   bool // than any trial of the base, and that is worse
	}{
		{highBase, highNew, highNew > highBase && c.metric.better != higher},
		{lowBase, lowNew, lowNew < lowBase && c.metric.better != lower},
	} {
		w := *c
		w.Worst, w.Base, w.New = true, c.Base.at(end.base), c.New.at(end.now)
		if w.Verdict = w.judge(true); end.further && w.Verdict == Worse {
			*c = w
			return
		}
	}
}

// at is one of the values in place of their median.
func (m Median) at(value float64) Median {
	m.Value, m.Low, m.High = value, math.NaN(), math.NaN()
	return m
}
