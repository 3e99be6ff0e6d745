package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/chat"
)

const (
	maxFrame         = 16 << 10 // bytes of one message from a client, in however many frames
	handshakeTimeout = 10 * time.Second
)

func (s *Server) newUpgrader() *websocket.Upgrader {
	return &websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   256,
		WriteBufferPool:  &sync.Pool{}, // stays empty: frames are written by the outbox
		CheckOrigin:      func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			refuse(w, status, reason.Error())
		},
	}
}

// openSocket answers a handshake. The socket lives on in a goroutine of its own:
// to return from the handler gives back what net/http holds for a request.
func (s *Server) openSocket(w http.ResponseWriter, r *http.Request) {
	room, err := s.hub.Room(chi.URLParam(r, "room"))
	if err != nil {
		refuseInput(w, err)
		return
	}
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		refuseInput(w, err)
		return
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "only WebSockets are served here")
		return
	}
	if !mayConnect(r, s.config.Origins) {
		refuse(w, http.StatusForbidden, "the origin "+strconv.Quote(r.Header.Get("Origin"))+" is neither the server's own nor on its allow list")
		return
	}
	after := q.after
	if !q.resume {
		after = room.Last() // before the answer: who has it misses nothing
	}
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s.startSocket(ws, room, after)
}

// textFrames is how batches go out: a frame that says where history was too
// short, and one with all the messages.
var textFrames = &chat.Format{Encode: func(b *chat.Batch) []byte {
	var frames []byte
	if b.Truncated {
		frames = appendFrame(nil, websocket.TextMessage, []byte(`{"truncated":true}`))
	}
	return appendMessages(frames, b.Messages)
}}

// appendMessages appends one frame that holds the messages, with a line break
// between two, or nothing where there are none.
func appendMessages(b []byte, messages []chat.Message) []byte {
	if len(messages) == 0 {
		return b
	}
	n := len(messages) - 1
	for i := range messages {
		n += len(messages[i].JSON())
	}
	if b == nil {
		b = make([]byte, 0, n+10)
	}
	b = appendFrameHeader(b, websocket.TextMessage, n)
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
	return appendFrame(nil, websocket.TextMessage, append(ack, '}'))
}

// errorFrame tells a client what was wrong with its frame.
func errorFrame(bad error) []byte {
	payload, err := json.Marshal(map[string]problem{"error": {Status: http.StatusBadRequest, Title: bad.Error()}})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return appendFrame(nil, websocket.TextMessage, payload)
}
