package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The codes of reasons. Each has a row in [Reasons].
const (
	NotComplete     = "not_complete"
	GeneratorLimits = "generator_limits"
	GeneratorCPU    = "generator_cpu"
	CPUThrottled    = "cpu_throttled"
	GeneratorPaused = "generator_paused"
	Steal           = "steal"
	ForeignCPU      = "foreign_cpu"
	CPUPressure     = "cpu_pressure"
	ClockDrift      = "clock_drift"
	NoServerCPU     = "no_server_cpu"
	EdgeLate        = "edge_late"
	PublishLate     = "publish_late"
	PollLate        = "poll_late"
	Errors          = "errors"
	Refused         = "connections_refused"
	LostConnections = "connections_lost"
	RateNotReached  = "rate_not_reached"
	PollsNotReached = "polls_not_reached"
	Losses          = "messages_lost"
	ShortWarmUp     = "short_warm_up"
	TooFew          = "too_few_messages"
	Mismatch        = "counts_differ"
	Broken          = "invariants"
)

// ReasonKind is what judge, repeats, calibration, reports and docs know about a
// reason by its code.
type ReasonKind struct {
	Code  string
	Words string // in charts and lists

	Breaks    bool // server or generator could not carry the load; other reasons doubt the measurement
	Exhausted bool // the generator reached a limit of its own
	Timing    bool // doubts only times: what is exact (requests, bytes, losses) holds in spite of it
	Cost      bool // doubts only what the server's process took

	// Of a trial that is repeated.
	Noise      bool // comes from others on the machine, who may be gone in a second attempt
	Hiccup     bool // what a moment's disturbance of the generator does, and a load that is too large
	Incidental bool // neither a cause for a repeat nor an obstacle to one

	// When it makes a trial suspect or invalid, for docs; empty where it never does.
	Suspect, Invalid string
}

// Reasons is the table of all reasons. Its order is the order in which reasons of
// one validity are listed: what may have caused another comes before it.
var Reasons = []ReasonKind{
	{Code: NotComplete, Words: "incomplete",
		Invalid: "interrupted, or a process died"},
	{Code: GeneratorLimits, Words: "generator out of resources", Breaks: true, Exhausted: true,
		Invalid: "the generator ran out of descriptors, ports or memory"},
	{Code: GeneratorCPU, Words: "generator saturated", Breaks: true, Exhausted: true, Timing: true,
		Invalid: fmt.Sprintf("all shards together used more than %s of the cores, or of the CPU quota, that the server left to them; "+
			"or more than %s of the messages were never sent, and the full load would have used that much, at the CPU cost per message, delivery and poll",
			percent(maxGenerator), percent(1-minAchieved))},
	{Code: CPUThrottled, Words: "CPU quota used up", Breaks: true, Timing: true,
		Suspect: fmt.Sprintf("the CPU quota was used up in more than %s of its periods, which may determine p99", percent(noticeThrottled)),
		Invalid: fmt.Sprintf("in more than %s, which may determine p90", percent(maxThrottled))},
	{Code: GeneratorPaused, Words: "generator paused", Timing: true, Hiccup: true,
		Suspect: fmt.Sprintf("a shard paused for more than %d ms in the steady state or the drain", noticePause.Milliseconds()),
		Invalid: fmt.Sprintf("for more than %d ms, or %s of the window if that is longer: the pause determines p99", maxPause.Milliseconds(), percent(maxPauseShare))},
	{Code: Steal, Words: "CPU stolen by the hypervisor", Timing: true, Noise: true,
		Suspect: fmt.Sprintf("the hypervisor took more than %.2f cores", maxDisturbance)},
	{Code: ForeignCPU, Words: "CPU used by other processes", Timing: true, Noise: true,
		Suspect: fmt.Sprintf("processes other than the trial's used more than %.2f cores", maxDisturbance)},
	{Code: CPUPressure, Words: "CPU pressure", Timing: true, Noise: true,
		Suspect: fmt.Sprintf("tasks waited for a CPU (the kernel's pressure figure) for a larger share of the time than the trial's own processes kept the cores, or the quota, busy, "+
			"by more than %.0f points", 100*maxPressure)},
	{Code: ClockDrift, Words: "clock drift", Timing: true,
		Suspect: fmt.Sprintf("the measuring clock differed from the raw clock by more than %.0f ppm, the most that NTP corrects", 1e6*maxDrift)},
	{Code: NoServerCPU, Words: "no server CPU", Cost: true,
		Suspect: "the target process used no CPU in the window although bytes passed; or the server has started processes that are not counted"},
	{Code: EdgeLate, Words: "window edge read late", Timing: true, Hiccup: true,
		Invalid: fmt.Sprintf("cost or counts were read more than %d ms, or %s of the window, away from an edge of the steady state", maxEdge.Milliseconds(), percent(maxEdgeShare))},
	{Code: PublishLate, Words: "messages sent late", Breaks: true, Timing: true, Hiccup: true,
		Invalid: fmt.Sprintf("the generator published late: p99 above %s of the poll interval (at most %.0f s) if the transport polls at an interval, above %d ms otherwise",
			percent(maxLatePaced), maxLate.Seconds(), maxLatePush.Milliseconds())},
	{Code: PollLate, Words: "polls sent late", Breaks: true, Timing: true, Hiccup: true,
		Invalid: fmt.Sprintf("the generator polled late: p99 above %s of the interval (at most %.0f s)", percent(maxLatePaced), maxLate.Seconds())},
	{Code: Errors, Words: "errors", Breaks: true,
		Suspect: "any error",
		Invalid: fmt.Sprintf("more errors than %s of requests and offered messages together", percent(maxErrors))},
	{Code: Refused, Words: "connections refused", Breaks: true,
		Suspect: "a connection could not be opened",
		Invalid: "a client could not join"},
	{Code: LostConnections, Words: "connections lost", Breaks: true,
		Suspect: "the server or the network broke a connection"},
	{Code: RateNotReached, Words: "message rate not reached", Breaks: true,
		Invalid: fmt.Sprintf("fewer than %s of the offered messages were published, or acknowledged within the window (each publisher may have one in flight at its end)", percent(minAchieved))},
	{Code: PollsNotReached, Words: "poll rate not reached", Breaks: true,
		Invalid: fmt.Sprintf("fewer than %s of clients × steady ÷ interval polls were answered, or answered within the window (each client may have one in flight at its end)", percent(minAchieved))},
	{Code: Losses, Words: "messages lost", Breaks: true,
		Suspect: "any delivery was lost"},
	{Code: ShortWarmUp, Words: "warm-up too short",
		Suspect: fmt.Sprintf("the warm-up *W* is shorter than the poll interval *T*, so first polls find too little: the steady state lacks (T − W)² ÷ 2TS of its deliveries, more than %s", percent(noticeUnfound)),
		Invalid: fmt.Sprintf("it lacks more than %s", percent(maxUnfound))},
	{Code: TooFew, Words: "no message due", Timing: true, Incidental: true,
		Suspect: "messages were asked for, but none was due in the steady state"},
	{Code: Mismatch, Words: "counts differ",
		Suspect: "the target and the generator counted different numbers of connections: there may be a proxy between them",
		Invalid: fmt.Sprintf("the server counted fewer requests or connections than the generator had before, or more than it had after; or their byte counts differ by more than %s; "+
			"or the text received is not deliveries × payload", percent(maxMismatch))},
	{Code: Broken, Words: "numbers contradict each other",
		Invalid: "the line contradicts itself, samples exceeded a histogram's range, or cost could not be read"},
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// Kind is the reason's row in the table.
func (r Reason) Kind() ReasonKind { return KindOf(r.Code) }

// KindOf is a code's row in the table. One that this version does not know has
// the code for words, and doubts everything.
func KindOf(code string) ReasonKind {
	if i := rank(code); i < len(Reasons) {
		return Reasons[i]
	}
	return ReasonKind{Code: code, Words: strings.ReplaceAll(code, "_", " ")}
}

// rank is a code's place in the table, which for an unknown one is its end.
func rank(code string) int {
	if i := slices.IndexFunc(Reasons, func(k ReasonKind) bool { return k.Code == code }); i >= 0 {
		return i
	}
	return len(Reasons)
}

// inOrder puts first what makes a trial invalid, and causes before what they
// bring about; an unknown one comes last.
func inOrder(reasons []Reason) {
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Validity.rank(), b.Validity.rank()), cmp.Compare(rank(a.Code), rank(b.Code)))
	})
}

// invalidFor reports whether a reason of a code makes the trial invalid.
func (t *Trial) invalidFor(code string) bool {
	return slices.ContainsFunc(t.Reasons, func(r Reason) bool { return r.Code == code && r.Validity == Invalid })
}

// doubted reports whether a reason of a code has been given.
func (t *Trial) doubted(code string) bool {
	return slices.ContainsFunc(t.Reasons, func(r Reason) bool { return r.Code == code })
}

// Chosen is the attempt of one trial whose numbers count: of those that ran to
// their end the one of the best validity, and of equals the later. It is the
// attempt's index, or -1 where none ran to its end.
func Chosen(attempts []Trial) int {
	chosen := -1
	for i := range attempts {
		if t := &attempts[i]; t.Status == Complete && (chosen < 0 || cmp.Or(
			cmp.Compare(t.Validity.rank(), attempts[chosen].Validity.rank()),
			cmp.Compare(t.Attempt, attempts[chosen].Attempt),
		) >= 0) {
			chosen = i
		}
	}
	return chosen
}

// rank grows with what a trial is worth; of one that is not known it is that of Invalid.
func (v Validity) rank() int { return map[Validity]int{Valid: 2, Suspect: 1}[v] }
