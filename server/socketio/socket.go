package socketio

import (
	"errors"
	"slices"
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
	client    *client
	namespace *Namespace
	state     atomic.Uint32

	// guarded by client.mu
	rooms  []string
	acks   map[int64]*pendingAck
	nextID int64
}

// States of a socket, which follow each other.
const (
	entering uint32 = iota // until Connect has let it in
	opening                // until Connected has returned
	open
	over
)

// Errors of an acknowledgement that does not come.
var (
	ErrAckTimeout   = errors.New("socketio: the event was not acknowledged in time")
	ErrDisconnected = errors.New("socketio: the socket is disconnected")
)

type pendingAck struct {
	done  func(Data, error)
	timer *time.Timer
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

func (s *Socket) isOpen() bool {
	state := s.state.Load()
	return state == opening || state == open
}

// Send sends what is encoded already for the socket's namespace. Like all that
// sends it does not wait for the client, and does nothing where the socket is
// disconnected.
func (s *Socket) Send(p engine.Packets) {
	if s.isOpen() {
		s.session.Send(p)
	}
}

// Emit sends an event.
func (s *Socket) Emit(name string, d Data) {
	s.Send(newMessage(event, s.namespace.name, -1, name, d))
}

// EmitAck sends an event and calls done once, with the client's acknowledgement
// or with ErrAckTimeout or ErrDisconnected. done may be called from another
// goroutine, and before EmitAck has returned.
func (s *Socket) EmitAck(name string, d Data, timeout time.Duration, done func(Data, error)) {
	c := s.client
	c.mu.Lock()
	if !s.isOpen() {
		c.mu.Unlock()
		done(Data{}, ErrDisconnected)
		return
	}
	id := s.nextID
	s.nextID++
	if s.acks == nil {
		s.acks = map[int64]*pendingAck{}
	}
	s.acks[id] = &pendingAck{done, time.AfterFunc(timeout, func() {
		if a := s.takeAck(id); a != nil {
			done(Data{}, ErrAckTimeout)
		}
	})}
	c.mu.Unlock()
	s.Send(newMessage(event, s.namespace.name, id, name, d))
}

// takeAck returns what waits for an acknowledgement, or nil where nothing does
// any more.
func (s *Socket) takeAck(id int64) *pendingAck {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	a := s.acks[id]
	delete(s.acks, id)
	return a
}

func (s *Socket) acknowledged(p *packet) {
	if a := s.takeAck(int64(p.id)); a != nil {
		a.timer.Stop()
		a.done(p.data, nil)
	}
}

// Wait returns when nothing waits for the client any more. The error says that
// it is gone, or that it does not read within the limit. It must not be called by
// a namespace's functions: the client's own packets would have to wait.
func (s *Socket) Wait(limit time.Duration) error { return s.session.Wait(limit) }

// Close ends the whole session.
func (s *Socket) Close(reason string) { s.session.Close(reason) }

// Disconnect puts the client out of the namespace. The session stays, and may
// enter again.
func (s *Socket) Disconnect() {
	goodbye := appendHead([]byte{engineMessage}, disconnect, s.namespace.name, -1, 0)
	s.Send(&message{text: goodbye})
	s.end()
}

// end undoes all that the socket has. It may be called more than once.
func (s *Socket) end() {
	was := s.state.Swap(over)
	if was == over {
		return
	}
	s.client.mu.Lock()
	rooms, acks := s.rooms, s.acks
	s.rooms, s.acks = nil, nil
	s.client.mu.Unlock()
	for _, name := range rooms {
		s.namespace.rooms.remove(name, s)
	}
	for _, a := range acks {
		a.timer.Stop()
		a.done(Data{}, ErrDisconnected)
	}
	if was == open && s.namespace.Disconnected != nil {
		s.namespace.Disconnected(s)
	}
}

// Join takes the socket into a room of its namespace; rooms exist while somebody
// is in them. A socket that is disconnected leaves all its rooms.
func (s *Socket) Join(room string) {
	s.client.mu.Lock()
	if !slices.Contains(s.rooms, room) {
		s.rooms = append(s.rooms, room)
	}
	s.client.mu.Unlock()
	s.namespace.rooms.add(room, s)
	if s.state.Load() == over { // and end may have been faster
		s.namespace.rooms.remove(room, s)
	}
}

// Leave takes the socket out of a room.
func (s *Socket) Leave(room string) {
	s.client.mu.Lock()
	s.rooms = slices.DeleteFunc(s.rooms, func(name string) bool { return name == room })
	s.client.mu.Unlock()
	s.namespace.rooms.remove(room, s)
}
