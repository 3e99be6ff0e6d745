package socketio

import (
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/server/socketio/engine"
)

// Socket is what a session has in one namespace. It may be used by any
// goroutine.
type Socket struct {
	// State is the application's. It is set by Connect, if at all.
	State any

	session   *engine.Session
	namespace *Namespace
	in        atomic.Bool // from when Connect has let it in to its end
}

// Event is what a client has emitted.
type Event struct {
	Data
	socket     *Socket
	id         int64
	unanswered bool
}

// WantsAck says whether the client waits for an acknowledgement.
func (e *Event) WantsAck() bool { return e.unanswered }

// Ack acknowledges the event, where the client waits for it; once only.
func (e *Event) Ack(d Data) {
	if e.unanswered {
		e.unanswered = false
		e.socket.Send(newMessage(ack, e.socket.namespace.name, e.id, "", d))
	}
}

// Send sends what is encoded already for the socket's namespace. Like all that
// sends it does not wait for the client, and does nothing where the socket is
// disconnected.
func (s *Socket) Send(p engine.Packets) {
	if s.in.Load() {
		s.session.Send(p)
	}
}

// Emit sends an event.
func (s *Socket) Emit(name string, d Data) {
	s.Send(newMessage(event, s.namespace.name, -1, name, d))
}

// Wait returns when nothing waits for the client any more. The error says that
// it is gone, or that it does not read within the limit. It must not be called by
// a namespace's functions: the client's own packets would have to wait.
func (s *Socket) Wait(limit time.Duration) error { return s.session.Wait(limit) }

// Close ends the whole session.
func (s *Socket) Close(reason string) { s.session.Close(reason) }

// end tells the application.
func (s *Socket) end() {
	if s.in.Swap(false) && s.namespace.Disconnected != nil {
		s.namespace.Disconnected(s)
	}
}
