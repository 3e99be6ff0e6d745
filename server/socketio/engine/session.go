package engine

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/server/wire"
)

// goodbyeTime is how long a session that has ended waits for the GET that is
// told so.
const goodbyeTime = 2 * time.Second

// Session is one client's, over however many connections.
type Session struct {
	id      string
	server  *Server
	handler Handler

	socket atomic.Pointer[wire.WebSocket] // nil while the client polls; never changes once it is set

	mu      sync.Mutex
	polling *polling // nil once there is a socket
	timer   *time.Timer
	due     time.Duration // of the next ping, or of the pong; since the server has started
	pinged  bool          // a pong is due
	busy    bool          // the handler is being called
	ended   bool
	reason  string
}

// newSession returns a session that queues what it is sent, or nil where there
// are too many. Its handler is still to be made, by begin.
func (s *Server) newSession() *Session {
	var id [15]byte
	rand.Read(id[:]) // never fails
	session := &Session{
		id:      base64.RawURLEncoding.EncodeToString(id[:]),
		server:  s,
		polling: &polling{wake: make(chan struct{}, 1)},
		due:     s.now() + s.config.PingInterval,
		busy:    true,
	}
	session.mu.Lock()
	defer session.mu.Unlock()
	session.timer = time.AfterFunc(s.config.PingInterval, session.beat)
	if !s.add(session) {
		session.timer.Stop()
		return nil
	}
	return session
}

func (s *Server) now() time.Duration { return time.Since(s.started) }

// begin makes the handler. Nobody but those whom Open tells knows of the session
// before.
func (s *Session) begin(r *http.Request) {
	panicking := true
	defer func() { s.called(panicking) }()
	s.handler = s.server.config.Open(s, r)
	panicking = false
}

// ID returns the name by which the client's requests find their session. Who
// knows it can take the session over.
func (s *Session) ID() string { return s.id }

// Send sends messages, in the order of the calls, and never waits for the
// client. If more than Backlog bytes are waiting then, the session ends as a
// slow reader. Once it has ended, Send does nothing.
func (s *Session) Send(p Packets) {
	if k := s.socket.Load(); k != nil {
		write(k, p)
		return
	}
	s.mu.Lock()
	if k := s.socket.Load(); k != nil { // since just now
		s.mu.Unlock()
		write(k, p)
		return
	}
	full := !s.ended && s.queue(p.Payload())
	s.mu.Unlock()
	if full {
		s.endSlow()
	}
}

func write(k *wire.WebSocket, p Packets) {
	if frames := p.Frames(); len(frames) > 0 {
		k.Write(frames) // fails only where the session is about to end
	}
}

// Close ends the session, after what was sent before. It may be called by a
// Handler, and more than once: only the first reason counts.
func (s *Session) Close(reason string) {
	e := closedHere
	e.reason = reason
	s.end(e)
}

// ending is how a session ends.
type ending struct {
	reason string
	frame  []byte // closes a socket
	last   []byte // the last packet of a polling client
	kept   bool   // for a GET still to come; where one is parked, it is answered in any case
}

var (
	byClose = []byte{closePacket}
	byNoop  = []byte{noopPacket}

	closedHere    = ending{"", wire.CloseFrame(websocket.CloseNormalClosure, ""), byClose, true}
	shutdown      = ending{ReasonShutdown, wire.CloseFrame(websocket.CloseGoingAway, ReasonShutdown), byClose, true}
	closedByPeer  = ending{ReasonClose, wire.CloseFrame(websocket.CloseNormalClosure, ""), byNoop, true}
	peerGone      = ending{ReasonClose, wire.CloseFrame(websocket.CloseNormalClosure, ""), byClose, false}
	overlap       = ending{ReasonError, wire.CloseFrame(websocket.ClosePolicyViolation, ReasonError), byClose, false}
	parseError    = ending{ReasonParse, wire.CloseFrame(websocket.CloseProtocolError, ReasonParse), byClose, false}
	oversize      = ending{ReasonTooLarge, wire.CloseFrame(websocket.CloseMessageTooBig, ReasonTooLarge), byClose, false}
	pingTimeout   = ending{ReasonPing, wire.CloseFrame(websocket.ClosePolicyViolation, ReasonPing), byClose, false}
	slowReader    = ending{ReasonSlow, wire.CloseFrame(websocket.ClosePolicyViolation, ReasonSlow), byClose, false}
	handlerFailed = ending{ReasonPanic, wire.CloseFrame(websocket.CloseInternalServerErr, ReasonPanic), byClose, false}
)

// end ends the session, unless it has ended; it says which. Where the handler is
// being called, its Closed comes right after that.
func (s *Session) end(e ending) (now bool) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	s.ended, s.reason = true, e.reason
	s.timer.Stop()
	kept := false
	if k := s.socket.Load(); k != nil {
		k.Close(e.frame)
	} else {
		kept = s.polling.end(e)
	}
	if kept {
		s.timer.Reset(goodbyeTime)
	}
	busy := s.busy
	s.mu.Unlock()
	s.server.ended(s, !kept)
	if !busy {
		s.closed()
	}
	return true
}

func (s *Session) endSlow() {
	if s.end(slowReader) && s.server.config.SlowReaders != nil {
		s.server.config.SlowReaders.Add(1)
	}
}

func (s *Session) closed() {
	if s.handler == nil { // it was never begun
		return
	}
	defer s.server.Guard("a session's end")
	s.handler.Closed(s.reason)
}

// message has the handler take one message, unless the session has ended.
func (s *Session) message(data []byte, binary bool) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.busy = true
	s.mu.Unlock()
	panicking := true
	defer func() { s.called(panicking) }()
	s.handler.Message(data, binary)
	panicking = false
}

// called follows a call of the handler, or of what makes it.
func (s *Session) called(panicking bool) {
	if panicking {
		s.end(handlerFailed)
	}
	s.mu.Lock()
	s.busy = false
	ended := s.ended
	s.mu.Unlock()
	if ended {
		s.closed()
	}
}

// take takes one packet of text, over either transport, and reports whether the
// session goes on.
func (s *Session) take(packet []byte) bool {
	if len(packet) == 0 {
		s.end(parseError)
		return false
	}
	switch packet[0] {
	case messagePacket:
		s.message(packet[1:], false)
	case binaryPacket:
		data, err := decodeBinary(packet)
		if err != nil {
			s.end(parseError)
			return false
		}
		s.message(data, true)
	case pongPacket:
		s.pong()
	case closePacket:
		s.end(closedByPeer)
	case noopPacket:
	default:
		s.end(parseError)
	}
	return s.isOpen()
}

func (s *Session) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended
}

var (
	pingPayload = []byte{pingPacket}
	pingFrame   = wire.AppendFrame(nil, websocket.TextMessage, pingPayload)
)

// beat is what the timer does: send a ping, or give up waiting for the pong, or
// for the last GET.
func (s *Session) beat() {
	s.mu.Lock()
	now, timeout := s.server.now(), s.server.config.PingTimeout
	switch {
	case s.ended:
		s.mu.Unlock()
		s.server.forget(s)
		return
	case now < s.due: // the pong came just now
		s.mu.Unlock()
		return
	case s.pinged:
		s.mu.Unlock()
		s.end(pingTimeout)
		return
	}
	s.pinged = true
	// The time runs from when the ping was due, unless that is so long ago that
	// the server was standing still: that is not the client's fault.
	s.due = max(s.due, now-timeout/10) + timeout
	s.timer.Reset(s.due - now)
	full := false
	if k := s.socket.Load(); k != nil {
		k.Write(pingFrame)
	} else {
		full = s.queue(pingPayload)
	}
	s.mu.Unlock()
	if full {
		s.endSlow()
	}
}

// pong takes the answer to a ping, or, where none is out, does nothing.
func (s *Session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || !s.pinged {
		return
	}
	interval := s.server.config.PingInterval
	s.pinged, s.due = false, s.server.now()+interval
	s.timer.Reset(interval)
}

// overdue says whether the session is over by time, though its timer may not have
// said so yet.
func (s *Session) overdue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended && s.pinged && s.server.now() >= s.due
}
