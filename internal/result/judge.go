package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The codes of reasons.
const (
	NotComplete     = "not_complete"     // interrupted or failed
	PublishLate     = "publish_late"     // the generator published late
	PollLate        = "poll_late"        // the generator polled late
	GeneratorCPU    = "generator_cpu"    // the generator is saturated
	RateNotReached  = "rate_not_reached" // fewer messages than asked for
	PollsNotReached = "polls_not_reached"
	Refused         = "connections_refused"
	LostConnections = "connections_lost"
	Errors          = "errors"
	Losses          = "messages_lost"
	Mismatch        = "counts_differ" // the server counted otherwise
	Broken          = "invariants"
	EdgeLate        = "edge_late"     // an edge of the steady state was read late
	NoServerCPU     = "no_server_cpu" // what was read is hardly the server's process
	Steal           = "steal"
	ForeignCPU      = "foreign_cpu"
	TooFew          = "too_few_messages"
)

// Timing reports whether a reason's code doubts only the timing: what is
// exact (requests, bytes, losses) stands in spite of it.
func Timing(code string) bool {
	switch code {
	case PublishLate, PollLate, EdgeLate, GeneratorCPU, Steal, ForeignCPU, TooFew:
		return true
	}
	return false
}

// The limits of a valid trial.
const (
	minAchieved    = 0.99                 // of what was asked
	maxGenerator   = 0.80                 // of the CPU that the generator may use
	maxLatePaced   = 0.05                 // p99, of the poll interval
	maxLatePush    = 5 * time.Millisecond // p99
	maxLate        = time.Second          // p99, however long the poll interval
	maxDisturbance = 0.10                 // cores
	maxErrors      = 0.01                 // of all requests and messages
	maxMismatch    = 0.005                // of the bytes
)

// Judge adds to the trial's reasons what its own numbers give cause for, and
// stamps it with the worst of them all.
func (t *Trial) Judge() {
	if t.Status == Complete {
		t.judgeLoad()
		t.judgeFailures()
		t.judgeTarget()
		t.judgeSurroundings()
		t.judgeServerTotals()
	} else {
		t.Doubt(NotComplete, Invalid, "the trial is %s: its numbers cover what was measured until then", t.Status)
	}
	t.Validity = worst(t.Reasons)
	if err := t.Check(); err != nil {
		t.Doubt(Broken, Invalid, "%v", err)
		t.Validity = Invalid
	}
}

// Doubt adds a reason.
func (t *Trial) Doubt(code string, v Validity, format string, args ...any) {
	t.Reasons = append(t.Reasons, Reason{Code: code, Validity: v, Text: fmt.Sprintf(format, args...)})
}

// judgeLoad looks whether the generator did what was asked, on time.
func (t *Trial) judgeLoad() {
	switch behind := float64(t.Offered - t.WindowPublished); {
	case float64(t.Published) < minAchieved*float64(t.Offered):
		t.Doubt(RateNotReached, Invalid, "%d of %d messages due were published (%.1f %%, at least %.0f %% is asked); %.4g/s were acknowledged",
			t.Published, t.Offered, 100*float64(t.Published)/float64(t.Offered), 100*minAchieved, float64(t.WindowPublished)/t.WindowS)
	// Of what was due, each publisher may have one message under way at the end.
	case behind > (1-minAchieved)*float64(t.Offered)+float64(t.Asked.Publishers*t.Asked.Rooms):
		t.Doubt(RateNotReached, Invalid, "%d of %d messages due in the steady state were acknowledged in it: the rate asked for was not kept up", t.WindowPublished, t.Offered)
	}
	if t.Offered == 0 {
		t.Doubt(TooFew, Suspect, "no message was due in the steady state: nothing is known about delivery; use a longer steady state or a higher rate")
	}
	t.judgeLateness(PublishLate, "published", t.ScheduleLate.Publish)
	if t.Asked.Paced {
		t.judgeLateness(PollLate, "polled", t.ScheduleLate.Poll)
		t.judgePolls()
	}
	t.judgeSaturation()
}

// judgeSaturation holds what the generator used against what the server and
// others left to it.
func (t *Trial) judgeSaturation() {
	left := float64(t.Env.Cores)
	if left == 0 {
		return
	}
	if t.Server != nil {
		left -= t.Server.CPUS() / t.WindowS
	}
	if used := t.Generator.CPUS() / t.WindowS; used > maxGenerator*left {
		t.Doubt(GeneratorCPU, Invalid, "generator saturated: it used %.2f of %.2f cores that the server left to it (%.0f %% is allowed)", used, left, 100*maxGenerator)
	}
}

func (t *Trial) judgePolls() {
	asked := float64(t.Clients) * t.Asked.SteadyS / t.Asked.PollIntervalS
	var answered int64
	if t.PollResponse != nil {
		answered = t.PollResponse.N
	}
	switch in := t.Requests.ByStatus["200"] + t.Requests.ByStatus["304"]; {
	case float64(answered) < minAchieved*asked:
		t.Doubt(PollsNotReached, Invalid, "%d of %.0f polls due were answered (at least %.0f %% is asked); %.4g/s were answered", answered, asked, 100*minAchieved, float64(in)/t.WindowS)
	// Each client may have one poll under way at the end.
	case float64(in) < minAchieved*asked-float64(t.Clients):
		t.Doubt(PollsNotReached, Invalid, "%d of %.0f polls due in the steady state were answered in it: the rate asked for was not kept up", in, asked)
	}
}

// judgeLateness holds what the generator itself was late by against what the
// transport's own pace forgives.
func (t *Trial) judgeLateness(code, did string, late *Quantiles) {
	if late == nil {
		return
	}
	limit := maxLatePush.Seconds()
	if t.Asked.Paced {
		limit = min(maxLatePaced*t.Asked.PollIntervalS, maxLate.Seconds())
	}
	worst := late.Max // where there are too few samples for a p99
	if late.P99 != nil {
		worst = *late.P99
	}
	if worst > limit {
		t.Doubt(code, Invalid, "the generator %s %.1f ms late (p99; %.3g ms is allowed): the machine is too busy for this load",
			did, 1000*worst, 1000*limit)
	}
}

// judgeFailures looks at what went wrong on the way.
func (t *Trial) judgeFailures() {
	if n := t.Connections.Failed; n > 0 {
		t.Doubt(Refused, Invalid, "%d connections could not be opened: fewer clients than asked", n)
	}
	if n := t.Connections.Lost; n > 0 {
		t.Doubt(LostConnections, Suspect, "%d connections were closed by the server or broke", n)
	}
	if t.Lost > 0 {
		t.Doubt(Losses, Suspect, "%d of %d deliveries were lost", t.Lost, t.Expected)
	}
	var n int64
	for _, k := range t.Errors {
		n += k
	}
	if n > 0 {
		v := Suspect
		if float64(n) > maxErrors*float64(t.Requests.Total+t.Offered) {
			v = Invalid
		}
		t.Doubt(Errors, v, "%d errors: %s", n, kinds(t.Errors))
	}
}

// judgeTarget looks whether the process named as the target's can be it.
func (t *Trial) judgeTarget() {
	if n := t.Bytes.In + t.Bytes.Out; t.Env.Target != "" && t.Server != nil && t.Server.CPUS() == 0 && n > 0 {
		t.Doubt(NoServerCPU, Suspect, "the process of --target-pid took no CPU while %d bytes passed: is it the target's?", n)
	}
}

// judgeSurroundings looks at what else the machine was doing.
func (t *Trial) judgeSurroundings() {
	if c := t.Env.StealCores; c > maxDisturbance {
		t.Doubt(Steal, Suspect, "the hypervisor took %.2f cores away (%.2f is allowed)", c, maxDisturbance)
	}
	if c := t.Env.ForeignCores; c != nil && *c > maxDisturbance {
		t.Doubt(ForeignCPU, Suspect, "other processes used %.2f cores (%.2f is allowed)", *c, maxDisturbance)
	}
}

// judgeServerTotals holds the generator's counts against the server's own.
func (t *Trial) judgeServerTotals() {
	s := t.ServerTotals
	if s == nil {
		return
	}
	exact := func(what string, before, theirs, after int64) {
		if theirs < before || theirs > max(before, after) {
			t.Doubt(Mismatch, Invalid, "%s: the generator counted %d before and %d after the server counted %d", what, before, max(before, after), theirs)
		}
	}
	near := func(what string, ours, theirs int64) {
		if d := float64(ours - theirs); d > maxMismatch*float64(theirs) || -d > maxMismatch*float64(theirs) {
			t.Doubt(Mismatch, Invalid, "%s: the generator counted %d, the server %d (%.1f %% is allowed)", what, ours, theirs, 100*maxMismatch)
		}
	}
	exact("requests", t.Totals.Requests, s.Requests, t.TotalsAfter.Requests)
	exact("connections", t.Totals.Connections, s.Connections, t.TotalsAfter.Connections)
	near("bytes to the clients", t.Totals.BytesIn, s.BytesIn)
	near("bytes from the clients", t.Totals.BytesOut, s.BytesOut)
}

// kinds lists errors by kind, the most frequent first.
func kinds(errors map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(errors[b], errors[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, errors[name])
	}
	return strings.Join(names, ", ")
}
