package report

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
)

// ratioMetric is a metric of a transport, divided by that of one that polls at
// an interval, of the same run and in the same trial, so that what the machine
// does to both falls out. Runs of different machines have these numbers in
// common.
type ratioMetric struct{ *metric }

// ratioMetrics are of all costs and latencies.
var ratioMetrics = func() []ratioMetric {
	var out []ratioMetric
	for i := range metrics {
		if m := &metrics[i]; m.kind == timing && (m.unit == seconds || m.unit == memory) {
			out = append(out, ratioMetric{m})
		}
	}
	return out
}()

// to is the metric of the ratios to a transport.
func (m ratioMetric) to(transport string) metric {
	return metric{name: m.name + ", to " + transport, unit: ratio, better: m.better, kind: related, limit: m.limit}
}

// pacedPair is one and the same transport in both runs, to which the others are
// related.
type pacedPair struct {
	transport string
	was, is   *chosen
}

// pacedOf is the first transport that polls at an interval in both runs; nil if
// none does.
func pacedOf(p, q *contested) *pacedPair {
	for i := range p.sides {
		name := p.sides[i].transport
		if now := q.chosen[name]; now != nil && now.paced() {
			return &pacedPair{name, p.chosen[name], now}
		}
	}
	return nil
}

// valuesOf are the ratios, one for each trial that both have.
func (m ratioMetric) valuesOf(c, paced *chosen) []float64 {
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
		if v := over(m.of(&c.trials[i]), m.of(other)); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}
