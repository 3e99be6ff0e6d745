package loadgen

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
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

// Enter takes an id down.
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

// Samples are kept as they come, by many goroutines at once and without a
// lock, and made into one histogram when all is over. Memory is taken in
// blocks as it is needed.
const blockSize = 1024

// samples holds up to a known number of values.
type samples struct {
	n      atomic.Int64
	blocks []atomic.Pointer[[blockSize]int64]
}

func newSamples(atMost int64) *samples {
	return &samples{blocks: make([]atomic.Pointer[[blockSize]int64], atMost/blockSize+1)}
}

// block returns block i of blocks, made now if this is its first use.
func block[T any](blocks []atomic.Pointer[T], i int64) *T {
	if b := blocks[i].Load(); b != nil {
		return b
	}
	b := new(T)
	if blocks[i].CompareAndSwap(nil, b) {
		return b
	}
	return blocks[i].Load()
}

// add takes a value; beyond the known number it only counts.
func (s *samples) add(v int64) {
	i := s.n.Add(1) - 1
	if i/blockSize < int64(len(s.blocks)) {
		block(s.blocks, i/blockSize)[i%blockSize] = v
	}
}

// each calls f with every value. No add may be going on.
func (s *samples) each(f func(int64)) {
	held := min(s.n.Load(), int64(len(s.blocks))*blockSize)
	for i := range held {
		f(block(s.blocks, i/blockSize)[i%blockSize])
	}
}

// dropped is the number of values that found no room.
func (s *samples) dropped() int64 {
	return max(0, s.n.Load()-int64(len(s.blocks))*blockSize)
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
type delivered [result.LatencyBuckets + 1]atomic.Int64

func (d *delivered) add(latency int64) { d[result.LatencyBucket(time.Duration(latency))].Add(1) }

func (d *delivered) addUnknown() { d[result.LatencyBuckets].Add(1) }

// read returns what has come so far, and how many deliveries that is.
func (d *delivered) read() (latencies result.Latencies, all int64) {
	latencies = make(result.Latencies, len(d))
	for i := range d {
		latencies[i] = d[i].Load()
		all += latencies[i]
	}
	return latencies[:result.LatencyBuckets], all
}

// message is one message of the steady state, as this shard's clients get it.
type message struct {
	id        atomic.Uint64
	due       atomic.Int64
	at        atomic.Int64 // of its acceptance, Unix milliseconds by the server's clock; 0 where it does not say
	n         atomic.Int64 // clients that have it
	latencies atomic.Pointer[[]int64]
}

// room is what a shard knows of one room.
type room struct {
	index    int
	name     string
	server   string
	clients  int   // of this shard
	first    int64 // the first message of the steady state
	count    int64 // of the steady state's messages
	messages []atomic.Pointer[[blockSize]message]
}

// plan makes room for the messages from first on.
func (r *room) plan(first, count int64) {
	r.first, r.count = first, count
	r.messages = make([]atomic.Pointer[[blockSize]message], count/blockSize+1)
}

// message returns the steady state's message seq, or nil if it is none of it.
func (r *room) message(seq int64) *message {
	i := seq - r.first
	if i < 0 || i >= r.count {
		return nil
	}
	return &block(r.messages, i/blockSize)[i%blockSize]
}

// arrive records that one more client has message seq.
func (r *room) arrive(seq int64, d *Delivery, due, seen int64) {
	m := r.message(seq)
	if m == nil {
		return
	}
	held := m.latencies.Load()
	if held == nil {
		fresh := make([]int64, r.clients)
		m.id.Store(d.ID)
		m.due.Store(due)
		m.at.Store(acceptedAt(d.JSON))
		m.latencies.CompareAndSwap(nil, &fresh)
		held = m.latencies.Load()
	}
	if i := m.n.Add(1) - 1; i < int64(len(*held)) {
		(*held)[i] = seen - due
	}
}

// each calls f with every message that has reached a client of this shard.
func (r *room) each(f func(seq int64, m *message)) {
	for b := range r.messages {
		held := r.messages[b].Load()
		if held == nil {
			continue
		}
		for i := range held {
			if m := &held[i]; m.n.Load() > 0 {
				f(r.first+int64(b)*blockSize+int64(i), m)
			}
		}
	}
}

// arrived is the number of first deliveries of the steady state's messages.
func (r *room) arrived() (n int64) {
	r.each(func(_ int64, m *message) { n += m.n.Load() })
	return n
}

// dueOf finds when the message of an id was due, if any client here has it.
func (r *room) dueOf(id uint64) (due int64, ok bool) {
	r.each(func(_ int64, m *message) {
		if m.id.Load() == id {
			due, ok = m.due.Load(), true
		}
	})
	return due, ok
}

// report returns the room's latencies as one histogram and by message. The
// wall clock was ahead of the monotonic one by ahead.
func (r *room) report(h *hdrhistogram.Histogram, ahead int64) (messages []shard.Message, clamped int64) {
	r.each(func(seq int64, m *message) {
		latencies := *m.latencies.Load()
		latencies = latencies[:min(m.n.Load(), int64(len(latencies)))]
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

// acceptedAt reads "at" from a message object: when the server accepted it, in
// Unix milliseconds, or 0 where the message does not say. It is asked for once
// for each message and shard, and so is not among what is read of every
// delivery.
func acceptedAt(message []byte) int64 {
	name := []byte(`"at":`) // in a string its quotes would be escaped
	i := bytes.LastIndex(message, name)
	if i < 0 {
		return 0
	}
	s := scanner{text: message, at: i + len(name)}
	s.space()
	ms, ok := s.number()
	if !ok || ms > maxUnixMilli {
		return 0
	}
	return int64(ms)
}

// maxUnixMilli is in the year 2248: its nanoseconds still fit into an int64.
const maxUnixMilli = 1 << 43

// accepted is from due to the server's acceptance in microseconds, or 0 where
// that is not known. The server reports whole milliseconds, cut off: half of one
// is added, so that the error is half a millisecond either way, and none on
// average.
func (m *message) accepted(ahead int64) int64 {
	at := m.at.Load()
	if at == 0 || ahead == 0 {
		return 0
	}
	instant := at*int64(time.Millisecond) + int64(time.Millisecond)/2 - ahead
	us := (instant - m.due.Load()) / int64(time.Microsecond)
	if us == 0 {
		return 1 // 0 says that it is not known
	}
	return us
}
