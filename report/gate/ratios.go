package gate

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
)

// to is the metric of the ratios to a transport.
func to(m metric.Metric, transport string) metric.Metric {
	return metric.Metric{Name: m.Name + ", to " + transport, Unit: number.Ratio, Better: m.Better, Kind: metric.Related, Limit: m.Limit}
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
	for i := range p.Sides {
		name := p.Sides[i].Transport
		if now := q.chosen[name]; now != nil && now.paced() {
			return &pacedPair{name, p.chosen[name], now}
		}
	}
	return nil
}

// ratioMetricValuesOf are the ratios, one for each trial that both have.
func ratioMetricValuesOf(m metric.Metric, c, paced *chosen) []float64 {
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
		if v := metric.Over(m.Of(&c.trials[i]), m.Of(other)); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}
