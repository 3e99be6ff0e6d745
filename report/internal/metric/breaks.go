package metric

import (
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// NearLimits are the numbers by which a trial is judged to have come to an end
// of what the machine can do.
var NearLimits = []Metric{
	CpuShare,
	generatorCPU,
	{Name: "messages sent late, max", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return Quantile(t.ScheduleLate.Publish, Maximum) },
		Assumes: "by the generator: from a message being due to its sending"},
	{Name: "polls sent late, p99", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return Quantile(t.ScheduleLate.Poll, P99) },
		Assumes: "by the generator: from a poll being due, or from when the client was free, to its sending"},
	Lost,
}
