package server

import (
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/server/wire"
)

// silentSeconds is after how much silence a stream gets a comment, so that
// whatever lies between does not take it for dead.
const silentSeconds = 15

// eventsHeader begins the answer to a client that asks for a stream of events. The
// stream is chunked: a client can tell an end from a break.
const eventsHeader = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n" +
	"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

// openStream answers a request for Server-Sent Events. Like a WebSocket the
// stream leaves its HTTP handler, and for the same reasons.
func (s *Server) openStream(w http.ResponseWriter, r *http.Request) {
	room, q, err := s.asked(r)
	if err != nil {
		refuseInput(w, err)
		return
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		q.resume = true
		if q.after, err = strconv.ParseUint(last, 10, 64); err != nil {
			refuseInput(w, fmt.Errorf("Last-Event-ID: found %q, want the id of the last message seen", last))
			return
		}
	}
	if !r.ProtoAtLeast(1, 1) {
		refuse(w, http.StatusHTTPVersionNotSupported, "an event stream needs HTTP/1.1")
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header()["Cache-Control"] = noCache
		return
	}
	after := q.from(room)
	k := &stream{push: push{server: s, room: room, format: eventChunks}}
	if k.conn, k.outbox, err = wire.TakeOver(w, s.config.Backlog); err != nil {
		s.config.Log.Error("taking over a connection", "error", err)
		return
	}
	k.outbox.Write([]byte(eventsHeader))
	k.spoke.Store(s.members.now.Load())
	if !s.members.add(k, silentSeconds) {
		k.goAway()
		k.conn.Close()
		return
	}
	s.tally.streams.Add(1)
	go k.serve(after)
}

// stream is one client's stream of events.
type stream struct {
	push
	conn  *wire.Conn
	spoke atomic.Int64 // when something was last sent, in the registry's seconds
}

func (k *stream) serve(after uint64) {
	defer k.leave()
	if k.follow(after, k) == nil {
		k.watch()
	}
}

func (k *stream) leave() {
	k.ended(recover(), k, "a stream", func() {
		k.outbox.Abandon()
		k.conn.Close()
	}, &k.server.tally.streams)
}

// watch returns when the connection has ended. What a client still sends is of
// no interest, and of that there is a limit.
func (k *stream) watch() {
	buffer := make([]byte, 64)
	for left := maxHeaderBytes; left > 0; {
		n, err := k.conn.Read(buffer)
		if err != nil {
			return
		}
		left -= n
	}
}

// Deliver writes a batch to the client, and records that it was not silent.
func (k *stream) Deliver(b *chat.Batch) {
	k.spoke.Store(k.server.members.now.Load())
	k.push.Deliver(b)
}

func (k *stream) beat(now int64) (next int) {
	if silent := now - k.spoke.Load(); silent < silentSeconds {
		return int(silentSeconds - silent)
	}
	k.spoke.Store(now)
	k.outbox.Write(commentChunk)
	return silentSeconds
}

func (k *stream) goAway() { k.outbox.Close(lastChunk) }

var (
	commentChunk   = appendChunk(nil, []byte(":\n\n"))
	truncatedChunk = appendChunk(nil, []byte("event: truncated\ndata: {\"truncated\":true}\n\n"))
	lastChunk      = []byte("0\r\n\r\n")
)

// eventChunks is an event for each message, in one chunk.
var eventChunks = pushFormat(truncatedChunk, func(b []byte, messages []chat.Message) []byte {
	var events []byte
	for _, m := range messages {
		events = append(events, "id: "...)
		events = strconv.AppendUint(events, m.ID, 10)
		events = append(events, "\nevent: message\ndata: "...)
		events = append(events, m.JSON()...)
		events = append(events, "\n\n"...)
	}
	return appendChunk(b, events)
})

// appendChunk appends a chunk of a body (RFC 9112, 7.1).
func appendChunk(b, data []byte) []byte {
	b = strconv.AppendInt(b, int64(len(data)), 16)
	b = append(b, "\r\n"...)
	b = append(b, data...)
	return append(b, "\r\n"...)
}
