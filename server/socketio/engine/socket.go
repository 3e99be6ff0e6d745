package engine

import (
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/server/wire"
)

// openSocket answers a handshake over WebSocket: twice, as a WebSocket and as a
// session.
func (s *Server) openSocket(w http.ResponseWriter, r *http.Request) {
	session := s.newSession()
	if session == nil {
		tooMany.answer(w)
		return
	}
	k, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil { // it has answered
		session.end(peerGone) // though it was never begun
		session.called(false)
		return
	}
	session.begin(r)
	session.mu.Lock()
	session.moveTo(k, wire.AppendFrame(nil, websocket.TextMessage, session.handshake("")))
	session.mu.Unlock()
	s.serve(k, session.takeFrame, func() { session.end(peerGone) })
}

// moveTo has the session sent over a socket from now on: first frames, then what
// is queued. It wants s.mu held.
func (s *Session) moveTo(k *wire.WebSocket, frames []byte) {
	for _, payload := range s.polling.payloads {
		frames = appendFrames(frames, payload)
	}
	if len(frames) > 0 {
		k.Write(frames)
	}
	if s.ended {
		k.Close(closedHere.frame)
	}
	s.polling.settle()
	s.polling = nil
	s.socket.Store(k)
}

var errEnded = errors.New("the session has ended")

// takeFrame takes one message of the socket that is the session's.
func (s *Session) takeFrame(kind int, body []byte) error {
	goesOn := true
	if kind == websocket.BinaryMessage {
		s.message(body, true)
		goesOn = s.isOpen()
	} else {
		goesOn = s.take(body)
	}
	if !goesOn {
		return errEnded // the socket is closing
	}
	return nil
}

// upgrading is a socket that is about to take a session over.
type upgrading struct {
	session *Session
	socket  *wire.WebSocket
	done    bool // it has
}

var refusedFrame = wire.CloseFrame(websocket.ClosePolicyViolation, "the session has a socket")

// upgrade answers a handshake that names the session. Where that has a socket
// already, or one about to take over, the new one is closed, and nothing changes.
func (s *Session) upgrade(w http.ResponseWriter, r *http.Request) {
	if !s.isOpen() {
		unknownSession.answer(w)
		return
	}
	k, err := s.server.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	u := &upgrading{session: s, socket: k}
	if !u.begin() {
		k.Close(refusedFrame)
	}
	s.server.serve(k, u.takeFrame, u.end)
}

func (u *upgrading) begin() bool {
	u.session.mu.Lock()
	defer u.session.mu.Unlock()
	p := u.session.polling
	if u.session.ended || p == nil || p.probe != nil {
		return false
	}
	p.probe = u.socket
	p.deadline = time.AfterFunc(u.session.server.config.UpgradeTimeout, u.giveUp)
	return true
}

func (u *upgrading) giveUp() {
	u.session.mu.Lock()
	defer u.session.mu.Unlock()
	if p := u.session.polling; p != nil && p.probe == u.socket {
		u.socket.Close(wire.CloseFrame(websocket.ClosePolicyViolation, "the upgrade took too long"))
	}
}

var (
	probeAnswer = wire.AppendFrame(nil, websocket.TextMessage, []byte("3probe"))
	misused     = &wire.CloseError{Code: websocket.CloseProtocolError, Reason: "want 2probe, then 5"}
)

func (u *upgrading) takeFrame(kind int, body []byte) error {
	switch {
	case u.done:
		return u.session.takeFrame(kind, body)
	case !u.socket.IsOpen():
		return errEnded
	case kind == websocket.TextMessage && string(body) == "2probe":
		return u.probe()
	case kind == websocket.TextMessage && string(body) == string(rune(upgradePacket)):
		return u.finish()
	default:
		return misused
	}
}

// probe answers the probe and a parked GET: the client has to be without one
// when it finishes.
func (u *upgrading) probe() error {
	u.session.mu.Lock()
	defer u.session.mu.Unlock()
	p := u.session.polling
	if u.session.ended || p.probe != u.socket {
		return errEnded
	}
	u.socket.Write(probeAnswer)
	p.probed = true
	p.release()
	return nil
}

// finish has the socket take the session over.
func (u *upgrading) finish() error {
	s := u.session
	s.mu.Lock()
	p := s.polling
	switch {
	case s.ended || p.probe != u.socket:
		s.mu.Unlock()
		return errEnded
	case !p.probed:
		s.mu.Unlock()
		return misused
	case p.posting:
		s.mu.Unlock()
		s.end(overlap)
		return errEnded
	}
	p.deadline.Stop()
	p.moved = true
	p.release()
	s.moveTo(u.socket, nil)
	u.done = true
	s.mu.Unlock()
	return nil
}

// end is called once nothing more comes from the socket.
func (u *upgrading) end() {
	if u.done {
		u.session.end(peerGone)
		return
	}
	u.session.mu.Lock()
	defer u.session.mu.Unlock()
	if p := u.session.polling; p != nil && p.probe == u.socket {
		p.deadline.Stop()
		p.probe, p.probed = nil, false
	}
}
