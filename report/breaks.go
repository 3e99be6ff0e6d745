package report

import (
	"github.com/pollpush/pollpush/internal/result"
)

// nearLimits are the numbers by which a trial is judged to have come to an end
// of what the machine can do.
var nearLimits = []metric{
	cpuShare,
	generatorCPU,
	{name: "messages sent late, max", unit: seconds, of: func(t *result.Trial) float64 { return quantile(t.ScheduleLate.Publish, maximum) },
		assumes: "by the generator: from a message being due to its sending"},
	{name: "polls sent late, p99", unit: seconds, of: func(t *result.Trial) float64 { return quantile(t.ScheduleLate.Poll, p99) },
		assumes: "by the generator: from a poll being due, or from when the client was free, to its sending"},
	lost,
}

// nearness is how far each transport's trials were from breaking.
func (r *run) nearness() section {
	t := r.knownTable(nearLimits)
	return section{
		about: "This run has one load, so it does not tell what breaks first as the load grows, but how near this one came: a run over several numbers of clients tells the rest.",
		table: t, numbers: true, meanings: meanings(shown(nearLimits, t)),
	}
}
