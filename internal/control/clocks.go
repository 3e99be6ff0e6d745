package control

import (
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

// clocks fills in how the host's clocks went between two readings.
func clocks(e *result.Env, from, to clock.Reading) {
	drift := to.Drift(from)
	step := time.Duration(to.Ahead() - from.Ahead()).Seconds()
	e.ClockDrift, e.ClockStepS = &drift, &step
}
