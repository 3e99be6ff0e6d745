package loadgen

import (
	"bytes"
	_ "embed"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Arrivals of messages at a room.
const (
	Poisson  = "poisson"  // independent people: gaps are exponential
	Constant = "constant" // one after the other, evenly
)

// Schedule says when each message of a room is due. It is pure: the same
// schedule gives the same dues in every process, whatever happens meanwhile.
type Schedule struct {
	Rate     float64 // messages per second; 0 is none ever
	Arrivals string
	Seed     uint64
	Room     int
}

// Dues returns the schedule's walk from the start. Each call of the walk gives
// the next message's due time after the start; without messages it is as far
// off as a Duration can say.
func (s Schedule) Dues() func() time.Duration {
	if s.Rate <= 0 {
		return func() time.Duration { return math.MaxInt64 }
	}
	gap := float64(time.Second) / s.Rate
	if s.Arrivals == Constant {
		// Half a gap in, so that no message falls on the edge of a phase; other
		// rooms at other parts of the gap (multiples of the golden ratio never
		// come close), so that they do not all speak at once.
		_, n := math.Modf(0.5 + float64(s.Room)/math.Phi)
		n--
		return func() time.Duration {
			n++
			return time.Duration(n * gap)
		}
	}
	random := rand.New(rand.NewPCG(s.Seed, uint64(s.Room)))
	at := 0.0
	return func() time.Duration {
		at += random.ExpFloat64() * gap
		return time.Duration(at)
	}
}

// Count returns how many messages are due before from and before to.
func (s Schedule) Count(from, to time.Duration) (before, upTo int64) {
	for due := s.Dues(); ; upTo++ {
		at := due()
		if at >= to {
			return before, upTo
		}
		if at < from {
			before++
		}
	}
}

// Phase returns how far into each interval a client polls, so that clients do
// not march in step: uniform, and the same for the same seed and client.
func Phase(seed uint64, client int, interval time.Duration) time.Duration {
	random := rand.New(rand.NewPCG(seed, ^uint64(client)))
	return time.Duration(random.Int64N(int64(interval)))
}

// Tag is what a message's text begins with: it tells whose message it is and
// when it was due, so that whoever receives it needs no other knowledge.
//
//	~nonce.seq.due~
//
// seq counts a room's messages from 0; due is in nanoseconds from the start of
// the warm-up; both are in base 36.
type Tag struct {
	Seq int64
	Due time.Duration
}

// Text makes a message of size bytes: the tag, and then words as people use
// them in chats, so that compression meets what it would meet outside. It is
// a pure function of its arguments.
func Text(nonce string, seed uint64, room int, tag Tag, size int) string {
	b := make([]byte, 0, size+16)
	b = append(b, '~')
	b = append(b, nonce...)
	b = append(b, '.')
	b = strconv.AppendInt(b, tag.Seq, 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(tag.Due), 36)
	b = append(b, '~')
	random := rand.New(rand.NewPCG(seed^uint64(room)<<32, uint64(tag.Seq)))
	for len(b) < size {
		b = append(b, ' ')
		// Squaring favours the front of the list, where the common words are.
		u := random.Float64()
		b = append(b, words[int(u*u*float64(len(words)))]...)
	}
	return string(b[:size])
}

// parseTag reads a text's tag; ok is false where the text is not of this nonce.
func parseTag(nonce string, text []byte) (tag Tag, ok bool) {
	if len(text) < len(nonce)+2 || text[0] != '~' || string(text[1:1+len(nonce)]) != nonce || text[1+len(nonce)] != '.' {
		return tag, false
	}
	rest := text[len(nonce)+2:]
	end := bytes.IndexByte(rest, '~')
	if end < 0 || end > 32 {
		return tag, false
	}
	seq, due, found := bytes.Cut(rest[:end], []byte("."))
	s, okSeq := base36(seq)
	d, okDue := base36(due)
	return Tag{s, time.Duration(d)}, found && okSeq && okDue
}

func base36(b []byte) (v int64, ok bool) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			v = v*36 + int64(c-'0')
		case c >= 'a' && c <= 'z':
			v = v*36 + int64(c-'a') + 10
		default:
			return 0, false
		}
	}
	return v, len(b) > 0 && len(b) <= 12 // 36^12 still fits
}

// words, the common ones first. None needs escaping in JSON.
var words = strings.Split(strings.TrimSpace(wordList), "\n")

//go:embed words.txt
var wordList string
