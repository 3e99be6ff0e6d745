package loadgen

import (
	"slices"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// result puts together what this shard has measured. Nothing runs any more.
func (r *run) result(stopped bool, published []int64) *shard.Result {
	out := &shard.Result{
		Stopped: stopped, Errors: r.errors, FirstError: r.firstError,
		ByStatus: map[string]int64{},
	}
	c := r.meter.read()
	out.Joined = r.joins.Load()
	out.Totals = r.totals
	out.Bytes = r.phaseBytes(c.bytes)
	out.Handshakes = r.meter.handshakes.Load()
	if suite := r.meter.suite.Load(); suite != nil {
		out.TLS = *suite
	}
	if agreed := r.meter.deflate.Load(); agreed != nil {
		out.Deflate = *agreed
	}
	out.Opened, out.Failed, out.LostConnections = c.opened, c.failed, c.lost
	if r.start.Load() == 0 { // stopped before the warm-up
		return out
	}
	r.countWindow(out)
	r.countMessages(out, published)

	h := result.NewHistogram()
	for _, room := range r.rooms {
		messages, clamped := room.report(h, r.ahead)
		out.Messages = append(out.Messages, messages...)
		out.Dropped += clamped
	}
	out.Latency = encode(h)
	out.Pause = r.pause
	out.PublishLatency = r.histogram(r.publishLatency, out)
	out.PublishService = r.histogram(r.publishService, out)
	out.PublishLate = r.histogram(r.publishLate, out)
	if slices.ContainsFunc(r.subscribers, (*subscriber).polls) {
		out.PollResponse = r.histogram(r.pollResponse, out)
		out.PollService = r.histogram(r.pollService, out)
		out.PollLate = r.histogram(r.pollLate, out)
	}
	return out
}

// histogram encodes samples and counts those that could not be taken.
func (r *run) histogram(s *samples, out *shard.Result) string {
	h := result.NewHistogram()
	s.each(func(v int64) {
		if record(h, v) {
			out.Dropped++
		}
	})
	out.Dropped += s.dropped()
	return encode(h)
}

// phaseBytes are all bytes until the end, by phase. A phase that was not
// reached has none.
func (r *run) phaseBytes(end result.Bytes) (phases [len(result.Phases)]result.Bytes) {
	for i := len(phases) - 1; i > 0; i-- {
		before := end
		if m := r.marks[i-1]; m.at != 0 {
			before = m.counts.bytes
			settle(&before.Layers.In, end.Layers.In)
			settle(&before.Layers.Out, end.Layers.Out)
		}
		phases[i] = end.Since(before)
		end = before
	}
	phases[0] = end
	return phases
}

// countWindow takes what was counted between the steady state's edges.
func (r *run) countWindow(out *shard.Result) {
	from, to := r.marks[1], r.marks[2]
	if from.at == 0 { // stopped in the warm-up
		return
	}
	out.From, out.To = from.at, to.at
	out.WindowDeliveries = to.deliveries - from.deliveries
	out.WindowPublished = to.published - from.published
	for status, n := range to.counts.byStatus {
		if n -= from.counts.byStatus[status]; n > 0 {
			out.ByStatus[strconv.Itoa(status)] = n
		}
	}
	out.RequestErrors = to.counts.unanswered - from.counts.unanswered
	out.Empty = to.counts.empty - from.counts.empty
	out.Reconnects = to.counts.reconnects - from.counts.reconnects
	// Asking many connections takes a while, in which the counts go on.
	while := max(from.asked-from.at, to.asked-to.at)
	if to.tcp != nil && from.tcp != nil && while <= (to.at-from.at)/100 {
		tcp := to.tcp.Since(*from.tcp)
		out.TCP = &tcp
	}
	out.Held = to.counts.held
	out.HeldMean = float64(to.counts.heldUS-from.counts.heldUS) / float64(max(1, to.counts.at-from.counts.at))
	out.AnswerHeaders = r.meter.head.lines
}

// countMessages adds up the clients' accounts. Where the trial was stopped
// before all was known to be published, expected is what came, and none is
// called lost.
func (r *run) countMessages(out *shard.Result, published []int64) {
	out.Offered = r.offered.Load()
	out.Sent = r.outcomes.sent
	accepted := r.told
	if accepted == nil {
		accepted = r.accepted()
	}
	for _, n := range accepted {
		out.Published += n
	}
	for _, s := range r.subscribers {
		if s.current() == nil {
			continue // never joined: nothing is expected of it
		}
		expected := s.got
		if published != nil {
			// One whose answer came too late to be told of may still have come.
			expected = max(published[s.room.index], s.got)
		}
		lost, stale := s.finish(expected, min(r.to, r.marks[2].at))
		out.Expected += expected
		out.Delivered += s.got + s.duplicated
		out.Lost += lost
		out.Duplicated += s.duplicated
		out.Reordered += s.reordered
		out.StaleShares = append(out.StaleShares, stale)
	}
}
