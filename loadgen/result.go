package loadgen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// result puts together what this shard has measured. Nothing runs any more.
func (r *run) result(stopped bool, published []int64) *shard.Result {
	out := &shard.Result{
		Stopped: stopped, Errors: r.errors, FirstError: r.firstError,
		Joined: r.joins.Load(), Totals: r.totals,
	}
	c := r.meter.read()
	out.Bytes = r.phaseBytes(c.bytes)
	out.Connections = result.Connections{Opened: c.opened, Failed: c.failed, Lost: c.lost, Handshakes: r.meter.handshakes.Load()}
	if suite := r.meter.suite.Load(); suite != nil {
		out.Connections.TLS = *suite
	}
	if agreed := r.meter.deflate.Load(); agreed != nil {
		out.Connections.Deflate = *agreed
	}
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
		phases[i] = result.Sub(end, before)
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
	out.Requests = requestsBetween(from.counts, to.counts)
	out.Connections.Reconnects = to.counts.reconnects - from.counts.reconnects
	// Asking many connections takes a while, in which the counts go on.
	while := max(from.asked-from.at, to.asked-to.at)
	if to.tcp != nil && from.tcp != nil && while <= (to.at-from.at)/100 {
		out.TCP = new(result.Sub(*to.tcp, *from.tcp))
	}
	out.Connections.Held = to.counts.held
	out.Connections.HeldMean = float64(to.counts.heldUS-from.counts.heldUS) / float64(max(1, to.counts.at-from.counts.at))
	out.AnswerHeaders = r.meter.head.lines
}

func requestsBetween(from, to counts) result.Requests {
	r := result.Requests{ByStatus: map[string]int64{}, Errors: to.unanswered - from.unanswered, Empty: to.empty - from.empty}
	r.Total = r.Errors
	for status, n := range to.byStatus {
		if n -= from.byStatus[status]; n > 0 {
			r.ByStatus[strconv.Itoa(status)] = n
			r.Total += n
		}
	}
	return r
}

// countMessages adds up the clients' accounts. Where the trial was stopped
// before all was known to be published, expected is what came, and none is
// called lost.
func (r *run) countMessages(out *shard.Result, published []int64) {
	out.Offered = r.offered.Load()
	out.Sent = r.outcomes.sent
	out.NotSent = out.Offered - out.Sent
	accepted := r.reported
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
			// One whose answer came too late to be reported may still have come.
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

// sampleEvery is which of a client's deliveries are decoded in full and held
// against what was published: the first, and then one of so many.
const sampleEvery = 256

// checks are done by one goroutine: decoding on the clients' own would make
// every one of their stacks at least twice as large, for as long as they wait.
type checks chan check

// check is one delivery to be checked.
type check struct {
	room *room
	tag  Tag
	id   uint64
	json []byte
}

// offer gives a delivery to be checked, unless so many wait already that it
// would have to wait too.
func (c checks) offer(s *subscriber, d *Delivery, tag Tag) {
	select {
	case c <- check{s.room, tag, d.ID, bytes.Clone(d.JSON)}:
	default:
	}
}

// work checks what is offered until the channel is closed.
func (c checks) work(r *run) {
	for sample := range c {
		if kind, err := sample.verify(r); err != nil {
			r.fail(kind, err)
		}
	}
}

func (c check) verify(r *run) (kind string, err error) {
	var m chat.Message
	if err := json.Unmarshal(c.json, &m); err != nil {
		return result.MalformedMessage, fmt.Errorf("message %.120q: %w", c.json, err)
	}
	want := Text(r.plan.Nonce, r.plan.Seed, c.room.index, c.tag, r.plan.Payload)
	if m.ID != c.id || m.Room != c.room.name || m.Text != want {
		return result.CorruptMessage, fmt.Errorf("message %.300q is not what was published: room %s, text %q", c.json, c.room.name, want)
	}
	return "", nil
}
