package server

import (
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/server/wire"
)

const (
	// replayTimeout is how long a client that resumes may take for one part of
	// its history.
	replayTimeout = 20 * time.Second
	// maxReplay is about how large such a part is, in bytes.
	maxReplay = 32 << 10

	// stallSeconds is how long a pushed client may take nothing of what waits for
	// it: it is cut 8 to 10 s after that began to wait, at a sweep.
	stallSeconds = 10
	// sweepSeconds is the time between two looks for those that do not. Each costs
	// a system call for every connection written to since the last one.
	sweepSeconds = 2
)

// pushFormat is how batches go out: what says that history was too short, where
// it was, and all the messages as encode appends them.
func pushFormat(truncated []byte, encode func(b []byte, messages []chat.Message) []byte) *chat.Format {
	return &chat.Format{Encode: func(b *chat.Batch) []byte {
		var encoded []byte
		if b.Truncated {
			encoded = append(encoded, truncated...)
		}
		if len(b.Messages) > 0 {
			encoded = encode(encoded, b.Messages)
		}
		return encoded
	}}
}

// push leads a room's messages into an outbox.
type push struct {
	server *Server
	room   *chat.Room
	outbox *wire.Outbox
	format *chat.Format
	window time.Duration // for which messages are gathered; 0 sends each at once
	slot   int           // in the registry
	cancel func()        // ends the subscription; nil before it
}

func (p *push) abandon()   { p.outbox.Abandon() }
func (p *push) seat() *int { return &p.slot }

// ended is called when the member k has been served, with what was recovered from:
// it closes, and takes k out of what is counted.
func (p *push) ended(bug any, k member, what string, drop func(), open *atomic.Int64) {
	if bug != nil {
		p.server.panicked(what+" of room "+p.room.Name(), bug)
	}
	if p.cancel != nil {
		p.cancel()
	}
	drop()
	open.Add(-1)
	p.server.members.remove(k)
}

// Deliver writes a batch to the client. Like all of the outbox it does not wait.
func (p *push) Deliver(b *chat.Batch) {
	p.server.tally.deliveries.Add(int64(len(b.Messages)))
	p.outbox.Write(b.As(p.format)) // fails where the connection is ending, and its reader knows
}

// follow hands everything after the cursor to sink, which is p or wraps it: a
// long history at the client's own pace, and then as it is posted.
func (p *push) follow(after uint64, sink chat.Sink) error {
	after, err := p.server.replay(p.room, after, sink, p.outbox.Wait)
	if err == nil {
		p.cancel = p.room.Subscribe(after, p.window, sink)
	}
	return err
}

// replay hands a client that has missed more than may wait for it its history,
// part by part, until what is left can be left to the dispatcher. Between two
// parts it has wait wait for the client. It returns the cursor reached.
func (s *Server) replay(room *chat.Room, after uint64, sink chat.Sink, wait func(time.Duration) error) (uint64, error) {
	for {
		page, long := s.missed(room, after)
		if !long {
			return after, nil
		}
		for len(page.Messages) > 0 {
			part := firstBytes(page.Messages, min(maxReplay, s.config.Backlog/2))
			sink.Deliver(&chat.Batch{Messages: part, Truncated: page.Truncated})
			if err := wait(replayTimeout); err != nil {
				return after, err
			}
			after, page.Messages, page.Truncated = part[len(part)-1].ID, page.Messages[len(part):], false
		}
	}
}

// missed returns the first page of what a client at the cursor has missed, and
// whether all of it is more than should wait for the client.
func (s *Server) missed(room *chat.Room, after uint64) (page chat.Page, long bool) {
	page = room.After(after, chat.MaxPage)
	size := 0
	for i := range page.Messages {
		size += len(page.Messages[i].JSON())
	}
	return page, size > s.config.Backlog/2 || len(page.Messages) == chat.MaxPage
}

// firstBytes returns the first message and those after it that together stay
// below a size.
func firstBytes(messages []chat.Message, size int) []chat.Message {
	n, sum := 1, len(messages[0].JSON())
	for n < len(messages) && sum+len(messages[n].JSON()) < size {
		sum += len(messages[n].JSON())
		n++
	}
	return messages[:n]
}
