package report

import (
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// toPoll ends the names of ratios.
const toPoll = ", to poll"

// ratioMetric is a metric of a transport, divided by that of the run's first
// transport that polls at an interval: in the same trial, so that what the
// machine does to both falls out. Runs of different machines have these numbers
// in common.
type ratioMetric struct {
	metric
	of *metric
}

// ratioMetrics are of all costs and latencies.
var ratioMetrics = func() []ratioMetric {
	var out []ratioMetric
	for i := range metrics {
		m := &metrics[i]
		if m.kind == timing && (m.unit == seconds || m.unit == memory) {
			out = append(out, ratioMetric{metric{name: m.name + toPoll, unit: ratio, better: m.better, kind: timing, limit: m.limit}, m})
		}
	}
	return out
}()

func isRatio(m *metric) bool { return strings.HasSuffix(m.name, toPoll) }

// limitID is the id by which a row's limit is given: a ratio has that of its
// metric.
func limitID(m *metric) string {
	name, _ := strings.CutSuffix(m.name, toPoll)
	return (&metric{name: name}).id()
}

// valuesOf are the ratios, one for each trial that both have.
func (m *ratioMetric) valuesOf(c, paced *chosen) []float64 {
	if c == paced {
		return nil
	}
	byTrial := map[int]*result.Trial{}
	for i := range paced.trials {
		byTrial[paced.trials[i].Trial] = &paced.trials[i]
	}
	var out []float64
	for i := range c.trials {
		other := byTrial[c.trials[i].Trial]
		if other == nil {
			continue
		}
		if v := over(m.of.of(&c.trials[i]), m.of.of(other)); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}
