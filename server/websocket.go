package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/server/wire"
)

// maxFrame is how many bytes one message from a client may have, in however
// many frames.
const maxFrame = 16 << 10

// pingSeconds is the time between two pings to a socket. One from which nothing
// has come in between is dropped.
const pingSeconds = 30

// openSocket answers a handshake.
func (s *Server) openSocket(w http.ResponseWriter, r *http.Request) {
	room, q, err := s.asked(r)
	if err != nil {
		refuseInput(w, err)
		return
	}
	batch, err := parseBatch(r.URL.RawQuery)
	if err != nil {
		refuseInput(w, err)
		return
	}
	if !mayConnect(r, s.config.Origins) {
		refuse(w, http.StatusForbidden, "the origin "+strconv.Quote(r.Header.Get("Origin"))+" is neither the server's own nor on its allow list")
		return
	}
	after := q.from(room)
	k := &socket{push: push{server: s, room: room, format: textFrames}}
	var header http.Header
	if batch && s.config.Batch > 0 {
		k.window = s.config.Batch
		header = http.Header{"Batch-Window": {s.config.Batch.String()}}
	}
	if k.ws, err = s.upgrader.Upgrade(w, r, header); err != nil {
		return // the upgrader has answered
	}
	k.outbox = k.ws.Outbox
	if k.ws.Deflated {
		k.format = deflatedFrames
	}
	if !s.members.add(k, pingSeconds) {
		k.goAway()
		k.ws.Drop()
		return
	}
	s.tally.websockets.Add(1)
	go func() {
		defer k.leave()
		if k.join(after) == nil {
			k.ws.Serve(k.take)
		}
	}()
}

// socket is one client's WebSocket.
type socket struct {
	push
	ws        *wire.WebSocket
	replaying atomic.Bool // nothing is read from it yet
}

// leave is deferred by the goroutine that serves the socket.
func (k *socket) leave() {
	k.ended(recover(), k, "a WebSocket", k.ws.Drop, &k.server.tally.websockets)
}

func (k *socket) join(after uint64) error {
	k.replaying.Store(true)
	defer k.replaying.Store(false)
	return k.follow(after, k)
}

// take posts one message and acknowledges it, or says what is wrong with it.
func (k *socket) take(_ int, body []byte) error {
	if !k.outbox.IsOpen() {
		return nil // it could not be acknowledged any more
	}
	m, err := postTo(k.room, body)
	if err != nil {
		k.outbox.Write(errorFrame(err))
		return nil
	}
	k.server.tally.posted.Add(1)
	k.outbox.Write(ackFrame(m.ID))
	return nil
}

// beat asks the peer for a sign of life, and drops it where it has given none
// since it was last asked.
func (k *socket) beat(int64) (next int) {
	if !k.ws.Heard() && !k.replaying.Load() {
		k.outbox.Abandon()
	}
	k.outbox.Write(pingFrame)
	return pingSeconds
}

func (k *socket) goAway() {
	k.outbox.Close(wire.CloseFrame(websocket.CloseGoingAway, "shutting down"))
}

var (
	pingFrame      = wire.AppendFrame(nil, websocket.PingMessage)
	truncatedFrame = wire.AppendFrame(nil, websocket.TextMessage, []byte(`{"truncated":true}`))
)

// textFrames is a frame with all the messages of a batch, a line break between
// two; deflatedFrames is the same where compression is agreed on.
var (
	textFrames = pushFormat(truncatedFrame, func(b []byte, messages []chat.Message) []byte {
		n := linesLength(messages)
		if b == nil {
			b = make([]byte, 0, n+10)
		}
		return appendLines(wire.AppendFrameHeader(b, websocket.TextMessage, n), messages)
	})
	deflatedFrames = pushFormat(truncatedFrame, func(b []byte, messages []chat.Message) []byte {
		lines := appendLines(make([]byte, 0, linesLength(messages)), messages)
		return wire.AppendDeflated(b, websocket.TextMessage, lines)
	})
)

func linesLength(messages []chat.Message) int {
	n := len(messages) - 1
	for i := range messages {
		n += len(messages[i].JSON())
	}
	return n
}

func appendLines(b []byte, messages []chat.Message) []byte {
	for i := range messages {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, messages[i].JSON()...)
	}
	return b
}

func ackFrame(id uint64) []byte {
	var payload [32]byte
	ack := strconv.AppendUint(append(payload[:0], `{"ack":`...), id, 10)
	return wire.AppendFrame(nil, websocket.TextMessage, append(ack, '}'))
}

// errorFrame tells a client what was wrong with its frame.
func errorFrame(bad error) []byte {
	payload, err := json.Marshal(map[string]problem{"error": {Status: http.StatusBadRequest, Title: bad.Error()}})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return wire.AppendFrame(nil, websocket.TextMessage, payload)
}
