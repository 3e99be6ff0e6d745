package result

import (
	"cmp"
	"slices"
)

// The codes of reasons.
const (
	NotComplete     = "not_complete"     // interrupted or failed
	GeneratorLimits = "generator_limits" // the generator has no descriptors or ports left
	GeneratorCPU    = "generator_cpu"    // the generator is saturated
	CPUThrottled    = "cpu_throttled"    // the CPU quota was used up
	GeneratorPaused = "generator_paused" // a shard stood still
	Steal           = "steal"            // the hypervisor took cores away
	ForeignCPU      = "foreign_cpu"      // other processes took them
	CPUPressure     = "cpu_pressure"     // tasks waited for a CPU because of others
	ClockDrift      = "clock_drift"      // the clock went wrong
	NoServerCPU     = "no_server_cpu"    // what was read is hardly the server's process
	EdgeLate        = "edge_late"        // an edge of the steady state was read late
	PublishLate     = "publish_late"     // the generator published late
	PollLate        = "poll_late"        // the generator polled late
	Errors          = "errors"
	Refused         = "connections_refused"
	LostConnections = "connections_lost"
	RateNotReached  = "rate_not_reached" // fewer messages than asked for
	PollsNotReached = "polls_not_reached"
	Losses          = "messages_lost"
	TooFew          = "too_few_messages"
	ShortWarmUp     = "short_warm_up" // polls of the steady state found less than they would for long
	Mismatch        = "counts_differ" // the server counted otherwise
	Broken          = "invariants"
)

// causes is the order in which reasons of one validity are told: what may have
// brought about another comes before it.
var causes = []string{
	NotComplete, GeneratorLimits, GeneratorCPU, CPUThrottled, GeneratorPaused, Steal, ForeignCPU, CPUPressure, ClockDrift, NoServerCPU,
	EdgeLate, PublishLate, PollLate, Errors, Refused, LostConnections, RateNotReached, PollsNotReached, Losses, ShortWarmUp, TooFew,
	Mismatch, Broken,
}

// inOrder puts first what makes a trial invalid, and causes before what they
// bring about; an unknown one comes last.
func inOrder(reasons []Reason) {
	rank := func(r Reason) int {
		i := slices.Index(causes, r.Code)
		if i < 0 {
			i = len(causes)
		}
		if r.Validity != Invalid {
			i += 1 + len(causes)
		}
		return i
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(rank(a), rank(b)) })
}

// Timing reports whether a reason's code doubts only the timing: what is
// exact (requests, bytes, losses) stands in spite of it.
func Timing(code string) bool {
	switch code {
	case PublishLate, PollLate, EdgeLate, GeneratorCPU, CPUThrottled, GeneratorPaused, Steal, ForeignCPU, CPUPressure, ClockDrift, TooFew:
		return true
	}
	return false
}

// doubted reports whether a reason of a code has been given.
func (t *Trial) doubted(code string) bool {
	return slices.ContainsFunc(t.Reasons, func(r Reason) bool { return r.Code == code })
}
