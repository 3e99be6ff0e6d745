package server

import (
	"hash/maphash"
	"strconv"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/chat"
)

// page is an answer to a poll.
type page struct {
	body        []byte
	tag, length []string // header values
	messages    int
	last        uint64
	truncated   bool

	at cursor
}

// cursor is where a client stands in a room whose newest message is last. Of one
// that has seen it all, the room is of no interest, and nil.
type cursor struct {
	room        *chat.Room
	after, last uint64
}

// pages keeps answers for the next client that stands where another has stood:
// like a push, a poll is encoded once for all. Each cursor has one place,
// which it shares with others.
type pages struct {
	seed maphash.Seed
	kept [256]atomic.Pointer[page]
}

// maxKept is the largest body that is kept.
const maxKept = 8 << 10

func (p *pages) page(room *chat.Room, q query) *page {
	if !q.resume {
		return encode(room.Newest(q.limit))
	}
	at := cursor{room, q.after, room.Last()}
	if at.after >= at.last {
		at.room, at.after = nil, at.last
	}
	place := &p.kept[maphash.Comparable(p.seed, at)%uint64(len(p.kept))]
	if kept := place.Load(); kept != nil && kept.at == at && kept.messages <= q.limit {
		return kept
	}
	found := encode(room.After(q.after, q.limit))
	if found.last == at.last && len(found.body) <= maxKept { // neither cut by limit nor grown meanwhile
		found.at = at
		place.Store(found)
	}
	return found
}

func encode(p chat.Page) *page {
	const overhead = 64 // more than is around the messages
	size := overhead
	for i := range p.Messages {
		size += len(p.Messages[i].JSON()) + 1
	}
	b := append(make([]byte, 0, size), `{"messages":[`...)
	for i := range p.Messages {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.Messages[i].JSON()...)
	}
	b = append(b, `],"last":`...)
	b = strconv.AppendUint(b, p.Last, 10)
	if p.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	b = append(b, '}')
	return &page{
		body: b, tag: []string{`"` + strconv.FormatUint(p.Last, 10) + `"`}, length: lengthOf(b),
		messages: len(p.Messages), last: p.Last, truncated: p.Truncated,
	}
}
