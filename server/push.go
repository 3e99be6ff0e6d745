package server

import (
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
)

// push leads a room's messages into an outbox.
type push struct {
	server *Server
	room   *chat.Room
	outbox *wire.Outbox
	format *chat.Format
	window time.Duration // for which messages are gathered; 0 sends each at once
}

// Deliver writes a batch to the client. Like all of the outbox it does not wait.
func (p *push) Deliver(b *chat.Batch) {
	p.server.tally.deliveries.Add(int64(len(b.Messages)))
	p.outbox.Write(b.As(p.format)) // fails where the connection is ending, and its reader knows
}

// follow hands everything after the cursor to sink, which is p or wraps it: a
// long history at the client's own pace, and then as it is posted.
func (p *push) follow(after uint64, sink chat.Sink) (cancel func(), err error) {
	if after, err = p.replay(after); err != nil {
		return nil, err
	}
	return p.room.Subscribe(after, p.window, sink), nil
}

// replay sends a client that has missed more than its outbox may hold its
// history, until what is left can be left to the dispatcher. It returns the
// cursor reached.
func (p *push) replay(after uint64) (uint64, error) {
	half := p.server.config.Backlog / 2
	part := min(maxReplay, half)
	for {
		page, err := p.room.After(after, chat.MaxPage)
		if err != nil {
			return after, err
		}
		size := 0
		for _, m := range page.Messages {
			size += len(m.JSON())
		}
		if size <= half && len(page.Messages) < chat.MaxPage {
			return after, nil
		}
		truncated := page.Truncated
		for m := page.Messages; len(m) > 0; {
			n, size := 1, len(m[0].JSON())
			for n < len(m) && size+len(m[n].JSON()) < part {
				size += len(m[n].JSON())
				n++
			}
			p.server.tally.deliveries.Add(int64(n))
			p.outbox.Write(p.format.Encode(&chat.Batch{Messages: m[:n], Truncated: truncated}))
			if err := p.outbox.Wait(replayTimeout); err != nil {
				return after, err
			}
			after, m, truncated = m[n-1].ID, m[n:], false
		}
	}
}
