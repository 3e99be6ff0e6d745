package loadgen

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// Ledger is one client's account of one stream of ids 1, 2, 3 …: it tells
// what comes for the first time, late, or again. The zero Ledger has seen
// nothing. It remembers only what is missing, so that a stream without losses
// takes no space however long it is.
type Ledger struct {
	high uint64 // the highest id seen
	gaps []span // ids below it that have not been seen, ascending
}

// span is a run of ids, both ends included.
type span struct{ from, to uint64 }

// maxGaps bounds the account of a stream that loses all the time. Of what is
// older nothing is known, and it counts as seen: if it does come late, it is
// called a duplicate, and stays lost.
const maxGaps = 1024

// entry says how an id came.
type entry int

const (
	inOrder   entry = iota // first seen, after all that it follows
	late                   // first seen, after a higher one
	duplicate              // seen before
)

func (l *Ledger) Enter(id uint64) entry {
	if id > l.high {
		if id > l.high+1 {
			if len(l.gaps) == maxGaps {
				l.gaps = slices.Delete(l.gaps, 0, 1)
			}
			l.gaps = append(l.gaps, span{l.high + 1, id - 1})
		}
		l.high = id
		return inOrder
	}
	i, _ := slices.BinarySearchFunc(l.gaps, id, func(s span, id uint64) int { return cmp.Compare(s.to, id) })
	if i == len(l.gaps) || l.gaps[i].from > id {
		return duplicate
	}
	s := l.gaps[i]
	switch {
	case s.from == s.to:
		l.gaps = slices.Delete(l.gaps, i, i+1)
	case id == s.from:
		l.gaps[i].from++
	case id == s.to:
		l.gaps[i].to--
	default:
		l.gaps[i].to = id - 1
		l.gaps = slices.Insert(l.gaps, i+1, span{id + 1, s.to})
	}
	return late
}

// Missing returns the lowest id not seen, which is high + 1 where none is.
func (l *Ledger) Missing() uint64 {
	if len(l.gaps) > 0 {
		return l.gaps[0].from
	}
	return l.high + 1
}

// samples is a histogram, and how many values were beyond its range.
type samples struct {
	*hdrhistogram.Histogram // nil before the first
	clamped                 int64
}

func (s *samples) add(v int64) {
	if s.Histogram == nil {
		s.Histogram = result.NewHistogram()
	}
	if record(s.Histogram, v) {
		s.clamped++
	}
}

// record clamps a value to the histogram's range and reports whether it had to.
func record(h *hdrhistogram.Histogram, v int64) (clamped bool) {
	in := min(max(v, 1), int64(result.Longest))
	_ = h.RecordValue(in) // in is within the range
	return v > int64(result.Longest)
}

// encode returns the histogram as shard.Result has it.
func encode(h *hdrhistogram.Histogram) string {
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic("encoding a histogram into memory: " + err.Error())
	}
	return string(b)
}

// delivered counts deliveries by the bucket of their latency, and at the end those
// whose latency is not known: they came before this shard knew the start.
type delivered [result.LatencyBuckets + 1]int64

// read returns what has come so far, and how many deliveries that is.
func (d *delivered) read() (latencies result.Latencies, all int64) {
	for _, n := range d {
		all += n
	}
	return slices.Clone(d[:result.LatencyBuckets]), all
}

// blockSize is how many messages a room makes memory for at once.
const blockSize = 1024

type message struct {
	id        uint64
	due       int64
	at        int64 // of its acceptance, Unix milliseconds by the server's clock; 0 where it does not say
	n         int64 // clients that have it
	latencies []int64
}

// room is what a lane knows of one room.
type room struct {
	lane    *lane
	index   int
	name    string
	server  *server
	from    *loop.Address // of the client added last
	clients int           // of this lane
	got     int64         // first deliveries of the steady state's messages
	first   int64         // the first message of the steady state
	count   int64         // of the steady state's messages
	// messages are those of the steady state, in blocks that are made as they are
	// needed.
	messages []*[blockSize]message

	// The walk over the schedule, where a publisher is of this lane.
	walk func() time.Duration // nil where it is not, or over
	due  time.Duration        // of the next message
	seq  int64
}

// address is that of the room's server, from a source. Clients share it.
func (r *room) address(source netip.Addr) *loop.Address {
	if r.from == nil || r.from.Source != source {
		r.from = &loop.Address{To: r.server.address.To, TLS: r.server.address.TLS, Source: source, Patience: dialTimeout}
	}
	return r.from
}

func (r *room) arrivals() Schedule {
	p := &r.lane.run.plan
	return Schedule{Rate: p.Rate, Arrivals: p.Arrivals, Seed: p.Seed, Room: r.index}
}

func (r *room) begin() {
	r.lane.walking++
	r.walk = r.arrivals().Dues()
	r.next()
}

// next goes on to the next message of a publisher of this lane, which is due by
// the end of the steady state or not at all.
func (r *room) next() {
	l := r.lane
	for r.due = r.walk(); r.due < l.run.plan.WarmUp+l.run.plan.Steady; r.due = r.walk() {
		if r.publisher() != nil {
			l.loop.At(l.start+int64(r.due), r, 0)
			return
		}
		r.seq++
	}
	r.walk = nil
	l.walking--
}

// Wake hands the message that is due to its publisher.
func (r *room) Wake(due int64, _ int) {
	r.lane.offer(r.publisher(), Tag{Seq: r.seq, Due: r.due}, r.lane.steady(due))
	r.seq++
	r.next()
}

// publisher is whose the next message is, or nil where that is of another lane.
func (r *room) publisher() *subscriber {
	return r.lane.publishers[place{r.index, r.seq % int64(r.lane.run.plan.Publishers)}]
}

// remaining counts the steady state's messages that the walk has not come to, and
// whose publishers are of this lane.
func (r *room) remaining() (n int64) {
	for end := r.first + r.count; r.walk != nil && r.seq < end; r.seq++ {
		if r.seq >= r.first && r.publisher() != nil {
			n++
		}
	}
	return n
}

// plan makes room for the messages from first on.
func (r *room) plan(first, count int64) {
	r.first, r.count = first, count
	r.messages = make([]*[blockSize]message, count/blockSize+1)
}

// message returns the steady state's message seq, or nil if it is none of it.
func (r *room) message(seq int64) *message {
	i := seq - r.first
	if i < 0 || i >= r.count {
		return nil
	}
	b := &r.messages[i/blockSize]
	if *b == nil {
		*b = new([blockSize]message)
	}
	return &(*b)[i%blockSize]
}

func (r *room) received(seq int64) int64 {
	if m := r.message(seq); m != nil {
		return m.n
	}
	return 0
}

func (r *room) arrive(seq int64, d *client.Delivery, due, seen int64) {
	m := r.message(seq)
	if m == nil {
		return
	}
	if m.latencies == nil {
		m.id, m.due, m.at = d.ID, due, codec.AcceptedAt(d.JSON)
		m.latencies = make([]int64, 0, r.clients)
	}
	m.n++
	r.got++
	m.latencies = append(m.latencies, seen-due)
}

// each calls f with every message that has reached a client of this lane.
func (r *room) each(f func(seq int64, m *message)) {
	for b, held := range r.messages {
		if held == nil {
			continue
		}
		for i := range held {
			if m := &held[i]; m.n > 0 {
				f(r.first+int64(b)*blockSize+int64(i), m)
			}
		}
	}
}

// dueOf finds when the message of an id was due, if any client here has it.
func (r *room) dueOf(id uint64) (due int64, ok bool) {
	r.each(func(_ int64, m *message) {
		if m.id == id {
			due, ok = m.due, true
		}
	})
	return due, ok
}

// report returns the room's latencies as one histogram and by message. The
// wall clock was ahead of the monotonic one by ahead.
func (r *room) report(h *hdrhistogram.Histogram, ahead int64) (messages []shard.Message, clamped int64) {
	r.each(func(seq int64, m *message) {
		latencies := m.latencies
		slices.Sort(latencies)
		var deltas []byte
		before := int64(0)
		for _, v := range latencies {
			if record(h, v) {
				clamped++
			}
			us := v / int64(time.Microsecond)
			deltas = binary.AppendUvarint(deltas, uint64(us-before))
			before = us
		}
		messages = append(messages, shard.Message{Room: r.index, Seq: seq, Accepted: m.accepted(ahead), Latencies: deltas})
	})
	return messages, clamped
}

// accepted is from due to the server's acceptance in microseconds, or 0 where
// that is not known. The server reports whole milliseconds, cut off: half of one
// is added, so that the error is half a millisecond either way, and none on
// average.
func (m *message) accepted(ahead int64) int64 {
	at := m.at
	if at == 0 || ahead == 0 {
		return 0
	}
	instant := at*int64(time.Millisecond) + int64(time.Millisecond)/2 - ahead
	us := (instant - m.due) / int64(time.Microsecond)
	if us == 0 {
		return 1 // 0 says that it is not known
	}
	return us
}
