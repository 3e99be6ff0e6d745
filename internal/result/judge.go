package result

import (
	"fmt"
	"math"
	"time"

	"github.com/pollpush/pollpush/internal/quantity"
)

// The limits of a valid trial.
const (
	minAchieved    = 0.99                 // of what was asked
	maxGenerator   = 0.80                 // of the CPU that the generator may use
	maxLatePaced   = 0.05                 // p99, of the poll interval
	maxLatePush    = 5 * time.Millisecond // p99
	maxLate        = time.Second          // p99, however long the poll interval
	maxEdge        = 10 * time.Millisecond
	maxEdgeShare   = 0.005 // of the steady state, where that is more
	maxDisturbance = 0.10  // cores
	maxErrors      = 0.01  // of all requests and messages
	maxMismatch    = 0.005 // of the bytes
	noticeUnfound  = 0.01  // of the deliveries, by a warm-up that was short
	maxUnfound     = 0.05

	// A pause delays all that a shard's clients would have got or sent in it:
	// the largest latencies by any, p99 by one of a hundredth of the window. A
	// process that shares its cores wakes tens of milliseconds late by itself.
	noticePause   = 50 * time.Millisecond
	maxPause      = 100 * time.Millisecond
	maxPauseShare = 0.01 // of the window, where that is more

	// Work that comes at random finds all cores busy for no larger a share of
	// the time than it keeps them busy itself; a message that wakes all clients
	// at once makes it more.
	maxPressure = 0.25 // beyond that share

	// Of the periods of the CPU quota, those in which it was used up. A hundredth
	// of them leaves p99 alone, a tenth p90.
	noticeThrottled = 0.01
	maxThrottled    = 0.10

	// The kernel slews a clock by no more than this to follow NTP. Durations
	// are then wrong by half of what a histogram rounds off.
	maxDrift = 500e-6

	// From so many operations on, what one takes of the CPU is known.
	enoughOperations = 10_000
)

// Judge adds the reasons that the trial's own numbers give, and
// stamps it with the worst of them all.
func (t *Trial) Judge() {
	if t.Status == Complete {
		t.judgeNumbers()
	} else if !t.doubted(NotComplete) { // else its cause is known
		t.Doubt(NotComplete, Invalid, "the trial is %s: its numbers cover only the part that ran", t.Status)
	}
	t.Validity = worst(t.Reasons)
	if err := t.Check(); err != nil {
		t.Doubt(Broken, Invalid, "%v", err)
		t.Validity = Invalid
	}
	inOrder(t.Reasons)
}

// judgeNumbers adds the reasons that the numbers of a complete trial give. Reading
// does so again: raise [Schema] when a limit changes.
func (t *Trial) judgeNumbers() {
	t.judgeFailures()
	t.judgeLoad()
	t.judgeTarget()
	t.judgeSurroundings()
	t.judgeServerTotals()
	t.judgeLayers()
}

// Doubt adds a reason.
func (t *Trial) Doubt(code string, v Validity, format string, args ...any) {
	t.Reasons = append(t.Reasons, Reason{Code: code, Validity: v, Text: fmt.Sprintf(format, args...)})
}

// doubtBeyond adds a reason where a value is beyond a limit: it makes the trial
// suspect, and invalid where the value is beyond a second, higher limit.
func (t *Trial) doubtBeyond(code string, value, suspect, invalid float64, format string, args ...any) {
	switch {
	case value > invalid:
		t.Doubt(code, Invalid, format, args...)
	case value > suspect:
		t.Doubt(code, Suspect, format, args...)
	}
}

// beside is a measured number, and what is allowed: a first limit and perhaps one
// beyond which the trial is invalid.
func beside(print func(float64, int) string, v float64, limits ...float64) (measured, allowed string) {
	measured, list := quantity.Apart(print, v, limits...)
	if allowed = list[0] + " is allowed"; len(list) > 1 {
		allowed += ", beyond " + list[1] + " the trial is invalid"
	}
	return measured, allowed
}

// judgeLoad checks whether the generator did what was asked, on time.
func (t *Trial) judgeLoad() {
	switch behind := float64(t.Offered - t.WindowPublished); {
	case float64(t.Published) < minAchieved*float64(t.Offered):
		share, least := quantity.Apart(quantity.Percent, float64(t.Published)/float64(t.Offered), minAchieved)
		t.Doubt(RateNotReached, Invalid, "%d of %d messages due were published (%s; at least %s are required); %s/s were acknowledged",
			t.Published, t.Offered, share, least[0], quantity.Plain(float64(t.WindowPublished)/t.WindowS, 4))
	// Each publisher may have one message in flight at the end.
	case behind > (1-minAchieved)*float64(t.Offered)+float64(t.Asked.Publishers*t.Asked.Rooms):
		t.Doubt(RateNotReached, Invalid, "only %d of %d messages due in the steady state were acknowledged within it: the requested rate was not sustained", t.WindowPublished, t.Offered)
	}
	if t.Offered == 0 && t.Asked.PublishRate > 0 {
		t.Doubt(TooFew, Suspect, "no message was due in the steady state, so nothing is known about delivery; use a longer steady state or a higher rate")
	}
	t.judgeLateness(PublishLate, "published", t.ScheduleLate.Publish)
	if t.Asked.Paced {
		t.judgeLateness(PollLate, "polled", t.ScheduleLate.Poll)
		t.judgePolls()
		t.judgeWarmUp()
	}
	t.judgeSaturation()
	t.judgePause()
}

// judgeWarmUp checks whether polls had the time to become what they stay. A
// client's first poll finds what was said since it joined, and not since one
// interval T before: with a warm-up W that is shorter, the steady state of length
// S holds fewer deliveries by (T−W)²/(2TS), and the bytes and the CPU of fewer.
func (t *Trial) judgeWarmUp() {
	short := t.Asked.PollIntervalS - t.Asked.WarmUpS
	if short <= 0 || t.Asked.PublishRate == 0 {
		return
	}
	unfound := min(1, short*short/(2*t.Asked.PollIntervalS*t.WindowS))
	lacking, allowed := beside(quantity.Percent, unfound, noticeUnfound, maxUnfound)
	t.doubtBeyond(ShortWarmUp, unfound, noticeUnfound, maxUnfound, "the warm-up of %s is shorter than the poll interval of %s: the steady state lacks %s of the messages that polls would find (%s); leave out phases.warm_up",
		quantity.Seconds(t.Asked.WarmUpS), quantity.Seconds(t.Asked.PollIntervalS), lacking, allowed)
}

// judgePause checks how long a shard paused.
func (t *Trial) judgePause() {
	least, most := noticePause.Seconds(), max(maxPause.Seconds(), maxPauseShare*t.WindowS)
	pause, allowed := beside(quantity.Time, t.PauseS, least, most)
	t.doubtBeyond(GeneratorPaused, t.PauseS, least, most, "a shard paused for %s (%s): messages of its clients were late by up to that time", pause, allowed)
}

// judgeSaturation compares the CPU that the generator used, or would have needed
// for messages that it never sent, with what the server and others left to
// it: of the cores, and of the quota where it has one.
func (t *Trial) judgeSaturation() {
	if t.Env.Cores == 0 {
		return
	}
	server := 0.0
	if t.Server != nil {
		server = t.Server.CPUS() / t.WindowS
	}
	left, ofQuota := float64(t.Env.Cores)-server, ""
	if quota := t.Env.CPUQuota; quota > 0 {
		if t.Env.QuotaShared {
			quota -= server
		}
		if quota < left {
			left, ofQuota = quota, fmt.Sprintf(" of a quota of %.3g", t.Env.CPUQuota)
		}
	}
	used := t.Generator.CPUS() / t.WindowS
	done, due := t.operations()
	limit, full := maxGenerator*left, used*due/done
	ofLeft := func(cores float64) string {
		measured, allowed := beside(quantity.Plain, cores, limit)
		return fmt.Sprintf("%s of the %s cores that the server left to it%s (%s: %s)", measured, quantity.Plain(left, 3), ofQuota, allowed, percent(maxGenerator))
	}
	switch {
	case used > limit:
		t.Doubt(GeneratorCPU, Invalid, "generator saturated: it used %s", ofLeft(used))
	case float64(t.NotSent) <= (1-minAchieved)*float64(t.Offered), t.invalidFor(Refused), done < enoughOperations:
	case full > limit:
		t.Doubt(GeneratorCPU, Invalid, "generator saturated: %d messages due were never sent; at %.1f µs of CPU per message, delivery and poll, the full load would take %s",
			t.NotSent, 1e6*t.Generator.CPUS()/done, ofLeft(full))
	}
}

// operations counts what costs the generator CPU, as was done and as was due in
// the steady state: messages, their deliveries to all clients of the room, and
// polls.
func (t *Trial) operations() (done, due float64) {
	each := 1 + float64(t.Clients)/float64(max(1, t.Asked.Rooms))
	polls := float64(t.Requests.Answered())
	return float64(t.WindowPublished)*each + polls, float64(t.Offered)*each + polls
}

func (t *Trial) judgePolls() {
	asked := float64(t.Clients) * t.Asked.SteadyS / t.Asked.PollIntervalS
	answered := t.PollResponse.n()
	switch in := t.Requests.Answered(); {
	case float64(answered) < minAchieved*asked:
		share, least := quantity.Apart(quantity.Percent, float64(answered)/asked, minAchieved)
		t.Doubt(PollsNotReached, Invalid, "%d of %.0f polls due were answered (%s; at least %s are required); %s/s were answered", answered, asked, share, least[0], quantity.Plain(float64(in)/t.WindowS, 4))
	// Each client may have one poll in flight at the end.
	case float64(in) < minAchieved*asked-float64(t.Clients):
		t.Doubt(PollsNotReached, Invalid, "only %d of %.0f polls due in the steady state were answered within it: the requested rate was not sustained", in, asked)
	}
}

// judgeLateness compares how late the generator was with what the
// transport's own pace tolerates.
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
		late, allowed := beside(quantity.Time, worst, limit)
		t.Doubt(code, Invalid, "the generator %s %s late (p99; %s): the machine is too busy for this load", did, late, allowed)
	}
}

// judgeTarget checks whether the process named as the target's can be it.
func (t *Trial) judgeTarget() {
	if n := t.Bytes.In + t.Bytes.Out; t.Env.Target != "" && t.Server != nil && t.Server.CPUS() == 0 && n > 0 {
		whose := "the process of --target-pid"
		if t.Env.Command != "" {
			whose = "the start command's process group"
		}
		t.Doubt(NoServerCPU, Suspect, "%s used no CPU while %d bytes passed: is it really the target's?", whose, n)
	}
}

// judgeServerTotals compares the generator's counts with the server's own.
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
	if before, after := t.Totals.Connections, max(t.Totals.Connections, t.TotalsAfter.Connections); t.Env.Target != "" && (s.Connections < before || s.Connections > after) {
		t.Doubt(Mismatch, Suspect, "the target counted %d connections, the generator %d: is there a proxy between them? Connections and bytes are not compared", s.Connections, after)
		return
	}
	exact("connections", t.Totals.Connections, s.Connections, t.TotalsAfter.Connections)
	near("bytes to the clients", t.Totals.BytesIn, s.BytesIn)
	near("bytes from the clients", t.Totals.BytesOut, s.BytesOut)
}

// judgeSurroundings checks what else the machine was doing.
func (t *Trial) judgeSurroundings() {
	if c := t.Env.StealCores; c > maxDisturbance {
		took, allowed := beside(quantity.Plain, c, maxDisturbance)
		t.Doubt(Steal, Suspect, "the hypervisor took %s cores (%s)", took, allowed)
	}
	if c := t.Env.ForeignCores; c != nil && *c > maxDisturbance {
		used, allowed := beside(quantity.Plain, *c, maxDisturbance)
		t.Doubt(ForeignCPU, Suspect, "other processes used %s cores (%s)%s", used, allowed, t.Env.Watching.said(*c))
	}
	t.judgeThrottling()
	t.judgePressure()
	t.judgeClock()
}

// judgeThrottling checks how often the CPU quota was used up. What falls due while
// all stand still waits for the period's end: a share of the periods can reach no
// more than that share of the latencies.
func (t *Trial) judgeThrottling() {
	h := t.Env.Throttling
	if h == nil || h.Periods == 0 {
		return
	}
	share := float64(h.Throttled) / float64(h.Periods)
	who := "the generator"
	if t.Env.QuotaShared {
		who = "server and generator"
	}
	measured, allowed := beside(quantity.Percent, share, noticeThrottled, maxThrottled)
	t.doubtBeyond(CPUThrottled, share, noticeThrottled, maxThrottled, "the CPU quota of %.3g cores was used up in %d of %d periods (%s; %s): %s had to wait until each ended; raise the quota, or reduce the load",
		t.Env.CPUQuota, h.Throttled, h.Periods, measured, allowed, who)
}

// checkLimits: no more periods are throttled than there are.
func (t *Trial) checkLimits(must must) {
	if h := t.Env.Throttling; h != nil {
		must(h.Throttled <= h.Periods, "cpu_throttling: %d of %d periods", h.Throttled, h.Periods)
	}
}

// judgePressure compares the time in which tasks waited for a CPU with what the
// trial's own processes explain. Where the cost of a server on this machine is
// not known, it cannot be told from that of other processes.
func (t *Trial) judgePressure() {
	p := t.Env.CPUPressure
	if p == nil || t.Env.Cores == 0 || t.Server == nil && t.Env.TargetIsLocal() {
		return
	}
	busy := t.busy()
	if limit := busy + maxPressure; *p > limit {
		waited, allowed := beside(quantity.Percent, *p, limit)
		t.Doubt(CPUPressure, Suspect, "tasks waited for a CPU for %s of the time (%s, as the trial itself kept the cores busy for %s): other processes interfered",
			waited, allowed, quantity.Percent(busy, 3))
	}
}

// busy is the share for which the trial's own processes kept the cores busy, or,
// if larger, the quota: a task that waits for its quota waits for a CPU, to the
// kernel. A server outside of the quota uses none of it.
func (t *Trial) busy() float64 {
	limited, server := t.Generator.CPUS()/t.WindowS, 0.0
	if t.Server != nil && t.Env.TargetIsLocal() {
		server = t.Server.CPUS() / t.WindowS
	}
	busy := (limited + server) / float64(t.Env.Cores)
	if t.Env.QuotaShared {
		limited += server
	}
	if t.Env.CPUQuota > 0 {
		busy = max(busy, limited/t.Env.CPUQuota)
	}
	return busy
}

// judgeClock checks whether the measuring clock ran at the right rate.
func (t *Trial) judgeClock() {
	if d := t.Env.ClockDrift; d != nil && math.Abs(*d) > maxDrift {
		ppm, allowed := beside(quantity.Plain, 1e6*math.Abs(*d), 1e6*maxDrift)
		t.Doubt(ClockDrift, Suspect, "the monotonic clock and the raw clock diverged by %s ppm (%s, the most that NTP corrects): every duration is wrong by that share", ppm, allowed)
	}
}
