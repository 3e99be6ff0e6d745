package control

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/internal/stat"
)

// gather puts a trial together from what its shards and the watch have.
func gather(t *result.Trial, members []*member, w *watch, plan shard.Plan) {
	var stale []float64
	var tcp []*result.TCP
	var first string
	var joined int64
	for _, phase := range result.Phases {
		t.PhaseBytes = append(t.PhaseBytes, result.PhaseBytes{Phase: phase})
	}
	g := merger{t: t, messages: map[place][]int64{}, accepted: map[place]int64{}}
	for _, m := range members {
		r := m.result
		if r == nil {
			continue
		}
		joined += r.Joined
		t.Counts, t.Errors, t.TotalsAfter = result.Add(t.Counts, r.Counts), result.Add(t.Errors, r.Errors), result.Add(t.TotalsAfter, r.Totals)
		if t.AnswerHeaders == nil {
			t.AnswerHeaders = r.AnswerHeaders
		}
		for i := range r.Bytes {
			t.PhaseBytes[i].Bytes = result.Add(t.PhaseBytes[i].Bytes, r.Bytes[i])
		}
		tcp = append(tcp, r.TCP)
		t.PauseS = max(t.PauseS, time.Duration(r.Pause).Seconds())
		stale = append(stale, r.StaleShares...)
		t.WindowS = max(t.WindowS, time.Duration(r.To-r.From).Seconds())
		first = cmp.Or(first, r.FirstError)
		g.add(r)
	}
	if t.WindowS > 0 && joined < int64(plan.Clients) {
		t.Doubt(result.Refused, result.Invalid, "%d of %d clients could not join", int64(plan.Clients)-joined, plan.Clients)
	}
	t.StaleShare = stat.Sum(stale) / float64(plan.Clients)
	t.StaleShareClients = result.SummarizeShares(stale)
	t.TCP = result.SumTCP(tcp)
	t.Bytes = t.PhaseBytes[slices.Index(result.Phases[:], "steady")].Bytes
	t.Series = w.seconds()
	w.costs(t)
	g.finish(plan)
	w.judgeEdges(t, members)
	if first != "" {
		t.Doubt(result.Errors, result.Suspect, "the first error was: %s", first)
	}
	if w.problem != nil {
		t.Doubt(result.Broken, result.Invalid, "cost could not be read: %v", w.problem)
	}
}

// merger merges the shards' histograms, whole, and their messages' latencies.
type merger struct {
	t *result.Trial
	latency, publishLatency, publishService, publishLate,
	pollResponse, pollService, pollLate *hdrhistogram.Histogram
	messages map[place][]int64 // latencies in µs, over all shards
	accepted map[place]int64   // µs from due to the server's acceptance, of messages that have it
	dropped  int64
	problem  error
}

// place is a message's: its room and its number there.
type place struct {
	room int
	seq  int64
}

func (g *merger) add(r *shard.Result) {
	g.dropped += r.Dropped
	for text, into := range map[*string]**hdrhistogram.Histogram{
		&r.Latency: &g.latency, &r.PublishLatency: &g.publishLatency, &r.PublishService: &g.publishService,
		&r.PublishLate: &g.publishLate, &r.PollResponse: &g.pollResponse, &r.PollService: &g.pollService, &r.PollLate: &g.pollLate,
	} {
		if *text == "" {
			continue
		}
		h, err := result.DecodeHistogram(*text)
		switch {
		case err != nil:
			g.problem = fmt.Errorf("a shard's histogram: %w", err)
		case *into == nil:
			*into = h
		default:
			g.dropped += (*into).Merge(h)
		}
	}
	for _, m := range r.Messages {
		at, v := place{m.Room, m.Seq}, int64(0)
		if m.Accepted != 0 {
			g.accepted[at] = m.Accepted
		}
		for b := m.Latencies; len(b) > 0; {
			delta, n := binary.Uvarint(b)
			if n <= 0 {
				g.problem = fmt.Errorf("a shard's latencies of message %d in room %d cannot be read", m.Seq, m.Room)
				break
			}
			v += int64(delta)
			g.messages[at] = append(g.messages[at], v)
			b = b[n:]
		}
	}
}

// summarize gives a histogram's percentiles and its text; of none, neither.
func (g *merger) summarize(h *hdrhistogram.Histogram) (*result.Quantiles, string) {
	if h == nil {
		return nil, ""
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		g.problem = err
	}
	return result.Summarize(h), string(text)
}

// finish fills in what the merged histograms and messages tell.
func (g *merger) finish(plan shard.Plan) {
	t := g.t
	t.Latency, t.LatencyHDR = g.summarize(g.latency)
	t.PublishLatency, t.PublishLatencyHDR = g.summarize(g.publishLatency)
	t.PublishService, t.PublishServiceHDR = g.summarize(g.publishService)
	t.PollResponse, t.PollResponseHDR = g.summarize(g.pollResponse)
	t.PollService, t.PollServiceHDR = g.summarize(g.pollService)
	t.ScheduleLate.Publish, _ = g.summarize(g.publishLate)
	t.ScheduleLate.Poll, _ = g.summarize(g.pollLate)
	t.Fanout = fanout(g.messages, plan)
	g.legs()
	if g.dropped > 0 {
		t.Doubt(result.Broken, result.Invalid, "%d samples exceeded the range of a histogram", g.dropped)
	}
	if g.problem != nil {
		t.Doubt(result.Broken, result.Invalid, "%v", g.problem)
	}
}

// fanout reports how long the messages took that reached every client of their
// room, exactly: from all latencies of all shards, to the microsecond.
func fanout(messages map[place][]int64, plan shard.Plan) *result.Fanout {
	var t50, t99, t100 []int64
	for at, latencies := range messages {
		n := len(latencies)
		if n < plan.ClientsOf(at.room) {
			continue
		}
		slices.Sort(latencies)
		t50 = append(t50, latencies[(n*50+99)/100-1])
		t99 = append(t99, latencies[(n*99+99)/100-1])
		t100 = append(t100, latencies[n-1])
	}
	if len(t100) == 0 {
		return nil
	}
	seconds := func(us int64) float64 { return (time.Duration(us) * time.Microsecond).Seconds() }
	median := func(v []int64) float64 {
		slices.Sort(v)
		return (seconds(v[(len(v)-1)/2]) + seconds(v[len(v)/2])) / 2
	}
	return &result.Fanout{
		T50: median(t50), T99: median(t99), T100: median(t100), T100Max: seconds(slices.Max(t100)), Messages: int64(len(t100)),
	}
}

// costs fills in what was read at the edges of the steady state.
func (w *watch) costs(t *result.Trial) {
	from, to := w.edges[0], w.edges[1]
	if from.at == 0 || to.at == 0 {
		return
	}
	if len(w.servers) > 0 {
		server := cost(from.server, to.server)
		activity(&server, from.busy[0], to.busy[0])
		server.Descriptors = w.open[0]
		server.RSSIdleBytes = w.before.server.RSSBytes
		server.RSSMeanBytes = w.mean(from.at, to.at, func(l look) int64 { return l.server })
		if m := to.metrics; m.ok && from.metrics.ok {
			server.Goroutines = int64(m.metrics["go_goroutines"])
			server.HeapBytes, server.StackBytes = inUse(m)
			server.GCPauseS = max(0, m.metrics["go_gc_duration_seconds_sum"]-from.metrics.metrics["go_gc_duration_seconds_sum"])
			server.GCCycles = max(0, int64(m.metrics["go_gc_duration_seconds_count"]-from.metrics.metrics["go_gc_duration_seconds_count"]))
		}
		t.Server = &server
	}
	t.Generator = cost(from.shards, to.shards)
	activity(&t.Generator, from.busy[1], to.busy[1])
	t.Generator.Descriptors = w.open[1]
	t.Generator.RSSMeanBytes = w.mean(from.at, to.at, func(l look) int64 { return l.shards })
	w.connecting(t)

	clocks(&t.Env, from.clocks, to.clocks)
	passed := time.Duration(to.at - from.at).Seconds()
	t.Env.StealCores = max(0, (to.host.Steal-from.host.Steal).Seconds()/passed) // some hypervisors lower the count again
	ours := t.Generator.CPUS() + (to.own - from.own).Seconds()
	if t.Server != nil {
		ours += t.Server.CPUS()
		t.Env.ForeignCores = new(max(0, (to.host.Busy-from.host.Busy).Seconds()-ours) / passed)
		t.Env.Watching = viewingCost(from.viewing, to.viewing, passed, *t.Env.ForeignCores)
	}
	if h, ok := proc.Worst(from.throttling, to.throttling); ok && w.limits.Quota > 0 {
		t.Env.Throttling = &result.Throttling{Periods: h.Periods, Throttled: h.Throttled, ThrottledS: h.Time.Seconds()}
	}
	if from.host.PSI && to.host.PSI {
		t.Env.CPUPressure = new((to.host.Pressure - from.host.Pressure).Seconds() / passed)
	}
}

// clocks fills in how the host's clocks went between two readings.
func clocks(e *result.Env, from, to clock.Reading) {
	e.ClockDrift, e.ClockStepS = new(to.Drift(from)), new(time.Duration(to.Ahead()-from.Ahead()).Seconds())
}

// cost sums up processes between two edges. User and system time share the
// exact total as the kernel's coarser ticks do.
func cost(from, to []proc.Usage) (c result.Cost) {
	c.Processes = len(to)
	for i := range to {
		cpu := (to[i].CPU - from[i].CPU).Seconds()
		user, system := (to[i].User - from[i].User).Seconds(), (to[i].System - from[i].System).Seconds()
		share := 1.0
		if user+system > 0 {
			share = user / (user + system)
		}
		c.CPUUserS += cpu * share
		c.CPUSysS += cpu * (1 - share)
		c.RSSStartBytes += from[i].RSSBytes
		c.RSSPeakBytes += to[i].Peak
	}
	return c
}

// activity fills in what happened between two edges. Threads that ended in
// between took their counts with them.
func activity(c *result.Cost, from, to proc.Activity) {
	c.Switches = max(0, to.Switches-from.Switches)
	c.Preemptions = max(0, to.Preemptions-from.Preemptions)
}

// mean is the mean over the looks between two instants.
func (w *watch) mean(from, to int64, of func(look) int64) int64 {
	var sum, n int64
	for _, l := range w.looks {
		if l.at >= from && l.at < to {
			sum += of(l)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

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
