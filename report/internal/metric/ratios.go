package metric

import (
	"github.com/pollpush/pollpush/report/internal/number"
)

// RatioMetric is a metric of a transport, divided by that of one that polls at
// an interval, of the same run and in the same trial, so that what the machine
// does to both falls out. Runs of different machines have these numbers in
// common.
type RatioMetric struct{ *Metric }

// RatioMetrics are of all costs and latencies.
var RatioMetrics = func() []RatioMetric {
	var out []RatioMetric
	for i := range Metrics {
		if m := &Metrics[i]; m.Kind == Timing && (m.Unit == number.Seconds || m.Unit == number.Memory) {
			out = append(out, RatioMetric{m})
		}
	}
	return out
}()
