package trials

import (
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Processor is the CPU, and how much of it the trials could use.
func Processor(e result.Env) string {
	text := number.Or(e.CPUModel, "unknown CPU") + ", " + number.Plural(float64(e.Cores), "core")
	if e.CPUQuota > 0 {
		text += ", a quota of " + number.Ratio.Format(e.CPUQuota)
	}
	return text
}

// MemoryOf is the memory, and how much of it the trials could use.
func MemoryOf(e result.Env) string {
	text := number.Memory.Format(float64(e.MemoryBytes)) + " of memory"
	if e.MemoryLimitBytes > 0 {
		text += ", a limit of " + number.Memory.Format(float64(e.MemoryLimitBytes))
	}
	return text
}

func (r *Point) Started() string {
	first := r.All[0].Started
	for _, t := range r.All {
		if t.Started.Before(first) {
			first = t.Started
		}
	}
	return number.Instant(first)
}
