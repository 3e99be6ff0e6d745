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
	"github.com/pollpush/pollpush/loadgen/internal/client"
)

// result puts together what this shard has measured. Nothing runs any more.
func (r *run) result(stopped bool, published []int64) *shard.Result {
	out := &shard.Result{Stopped: stopped, Errors: r.errors, FirstError: r.firstError, Totals: r.totals, TCP: new(result.TCP)}
	reported := r.reported
	if reported == nil {
		reported = r.accepted()
	}
	latency := result.NewHistogram()
	var tcp []*result.TCP
	for _, l := range r.lanes {
		out.Joined += l.joins
		m := &l.meter
		out.Connections = result.Add(out.Connections, result.Connections{
			Opened: m.Opened, Failed: m.Failed, Lost: m.Lost, Handshakes: m.Handshakes, TLS: m.Suite, Deflate: m.Deflate,
		})
		for i, bytes := range l.phaseBytes() {
			out.Bytes[i] = result.Add(out.Bytes[i], bytes)
		}
		if l.start == 0 { // stopped before the warm-up
			continue
		}
		tcp = append(tcp, l.countWindow(out))
		l.countMessages(out, published)
		out.Pause = max(out.Pause, l.pause)
		for _, room := range l.rooms {
			messages, clamped := room.report(latency, l.ahead)
			out.Messages = append(out.Messages, messages...)
			out.Dropped += clamped
		}
	}
	for _, n := range reported {
		out.Published += n
	}
	out.TCP = result.SumTCP(tcp)
	if r.lanes[0].start == 0 {
		return out
	}
	out.Latency = encode(latency)
	histogram := func(of func(*lane) *samples) string {
		h := result.NewHistogram()
		for _, l := range r.lanes {
			if s := of(l); s.Histogram != nil {
				out.Dropped += s.clamped + h.Merge(s.Histogram)
			}
		}
		return encode(h)
	}
	out.PublishLatency = histogram(func(l *lane) *samples { return &l.publishLatency })
	out.PublishService = histogram(func(l *lane) *samples { return &l.publishService })
	out.PublishLate = histogram(func(l *lane) *samples { return &l.publishLate })
	if slices.ContainsFunc(r.lanes, func(l *lane) bool { return l.polls }) {
		out.PollResponse = histogram(func(l *lane) *samples { return &l.pollResponse })
		out.PollService = histogram(func(l *lane) *samples { return &l.pollService })
		out.PollLate = histogram(func(l *lane) *samples { return &l.pollLate })
	}
	return out
}

// phaseBytes are all bytes until the end, by phase. A phase that was not
// reached has none.
func (l *lane) phaseBytes() (phases [len(result.Phases)]result.Bytes) {
	end := l.meter.bytes()
	for i := len(phases) - 1; i > 0; i-- {
		before := end
		if m := l.marks[i-1]; m.at != 0 {
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

// countWindow takes what was counted between the steady state's edges, and
// returns what the kernel counted.
func (l *lane) countWindow(out *shard.Result) *result.TCP {
	from, to := &l.marks[1], &l.marks[2]
	if from.at == 0 { // stopped in the warm-up
		return nil
	}
	out.From, out.To = max(out.From, from.at), max(out.To, to.at)
	out.WindowDeliveries += to.deliveries - from.deliveries
	out.WindowPublished += to.published - from.published
	out.Requests = result.Add(out.Requests, requestsBetween(&from.counts.Counts, &to.counts.Counts))
	out.Connections.Reconnects += to.counts.Reconnects - from.counts.Reconnects
	out.Connections.Held += to.counts.held
	out.Connections.HeldMean += float64(to.counts.heldUS-from.counts.heldUS) / float64(max(1, to.counts.at-from.counts.at))
	if out.AnswerHeaders == nil {
		out.AnswerHeaders = l.meter.Head.Lines
	}
	// Asking many connections takes a while, in which the counts go on.
	if while := max(from.asked-from.at, to.asked-to.at); to.tcp == nil || from.tcp == nil || while > (to.at-from.at)/100 {
		return nil
	}
	return new(result.Sub(*to.tcp, *from.tcp))
}

func requestsBetween(from, to *client.Counts) result.Requests {
	r := result.Requests{ByStatus: map[string]int64{}, Errors: to.Unanswered - from.Unanswered, Empty: to.Empty - from.Empty}
	r.Total = r.Errors
	for status, n := range to.ByStatus {
		if n -= from.ByStatus[status]; n > 0 {
			r.ByStatus[strconv.Itoa(status)] = n
			r.Total += n
		}
	}
	return r
}

// countMessages adds up the clients' accounts. Where the trial was stopped
// before all was known to be published, expected is what came, and none is
// called lost.
func (l *lane) countMessages(out *shard.Result, published []int64) {
	out.Offered += l.offered
	out.Sent += l.sent
	out.NotSent += l.offered - l.sent
	for _, s := range l.subscribers {
		if !s.began {
			continue // never joined: nothing is expected of it
		}
		expected := s.got
		if published != nil {
			// One whose answer came too late to be reported may still have come.
			expected = max(published[s.room.index], s.got)
		}
		lost, stale := s.account(expected, min(l.to, l.marks[2].at))
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

// checks are done by a goroutine of its own: on a loop, decoding would hold up all
// of its clients.
type checks chan check

type check struct {
	room *room
	tag  Tag
	id   uint64
	json []byte
}

// offer gives a delivery to be checked, unless so many wait already that it
// would have to wait too.
func (c checks) offer(room *room, d *client.Delivery, tag Tag) {
	select {
	case c <- check{room, tag, d.ID, bytes.Clone(d.JSON)}:
	default:
	}
}

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
