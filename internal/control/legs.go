package control

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
)

// The server reports whole milliseconds, and half of one is added: by more than
// clockError no honest clock of this host is off. Where the wall clock was set
// by more than that meanwhile, its instants are none of ours.
const clockError = time.Millisecond

// legs parts each delivery where the server accepted the message. It leaves
// both legs out unless every message that was delivered has that instant, by
// a clock that is this host's: nothing is accepted before it is due, or after
// a client has it.
func (g *merger) legs() {
	t := g.t
	step := t.Env.ClockStepS
	if len(g.messages) == 0 || !t.Env.TargetIsLocal() || step == nil || math.Abs(*step) > clockError.Seconds() {
		return
	}
	accept, leg := result.NewHistogram(), result.NewHistogram()
	// By half a millisecond of the server's clock either leg may come out below
	// nothing.
	record := func(h *hdrhistogram.Histogram, us int64) {
		_ = h.RecordValue(min(max(us*int64(time.Microsecond), 1), int64(result.Longest))) // within the range
	}
	for at, latencies := range g.messages {
		accepted, known := g.accepted[at]
		if off := clockError.Microseconds(); !known || accepted < -off || accepted > slices.Min(latencies)+off {
			return
		}
		record(accept, accepted)
		for _, v := range latencies {
			record(leg, v-accepted)
		}
	}
	t.AcceptLatency, t.AcceptLatencyHDR = g.summarize(accept)
	t.DeliveryLeg, t.DeliveryLegHDR = g.summarize(leg)
}
