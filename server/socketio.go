package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/pollpush/pollpush/internal/chat"
	"github.com/pollpush/pollpush/server/socketio"
	"github.com/pollpush/pollpush/server/socketio/engine"
)

const (
	// maxPayload is how many bytes a client may post at once, or send as one
	// message: official clients keep to it, as the handshake tells them.
	maxPayload = 64 << 10

	defaultRoom = "chat"
	defaultUser = "anonymous"

	// Events.
	chatMessage  = "chat message"
	errorMessage = "error message"
)

// newSocketIO returns the chat as Socket.IO clients see it.
func (s *Server) newSocketIO() *socketio.Server {
	return socketio.New(socketio.Config{
		Engine: engine.Config{
			MaxPayload:  maxPayload,
			Backlog:     s.config.Backlog,
			MayConnect:  func(r *http.Request) bool { return mayConnect(r, s.config.Origins) },
			SlowReaders: &s.tally.SlowReaders,
			Panicked:    s.panicked,
		},
		Namespaces: map[string]*socketio.Namespace{"/": {
			Connect:      s.admit,
			Connected:    func(k *socketio.Socket) { k.State.(*guest).arrive() },
			Disconnected: func(k *socketio.Socket) { k.State.(*guest).leave() },
			Events: map[string]func(*socketio.Socket, *socketio.Event){
				chatMessage: func(k *socketio.Socket, e *socketio.Event) { k.State.(*guest).post(e) },
			},
		}},
	})
}

// guest is a client of the chat by Socket.IO.
type guest struct {
	server *Server
	socket *socketio.Socket
	room   *chat.Room
	user   string // of messages that name none
	after  uint64

	mu     sync.Mutex
	gone   bool
	cancel func() // nil while the history is replayed
}

// admit lets a client into the room of its handshake, or says why not.
func (s *Server) admit(k *socketio.Socket, h socketio.Handshake) *socketio.ConnectError {
	g := &guest{server: s, socket: k}
	if err := g.read(h.Query); err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, chat.ErrTooManyRooms) {
			status = http.StatusTooManyRequests
		}
		return &socketio.ConnectError{Message: err.Error(), Data: map[string]int{"status": status}}
	}
	k.State = g
	return nil
}

// read takes what the handshake's query says.
func (g *guest) read(raw string) error {
	q, err := parseQuery(raw)
	if err != nil {
		return err
	}
	room, user := parameter{name: "room"}, parameter{name: "user"}
	if err := find(raw, &room, &user); err != nil {
		return err
	}
	name, err := room.once(defaultRoom)
	if err != nil {
		return err
	}
	if g.user, err = user.once(defaultUser); err != nil {
		return err
	}
	if g.room, err = g.server.hub.Room(name); err != nil {
		return err
	}
	g.after = q.from(g.room)
	return nil
}

// once returns the only value of a parameter, or the default where it has none.
func (p parameter) once(byDefault string) (string, error) {
	switch p.times {
	case 0:
		return byDefault, nil
	case 1:
		return strings.Clone(p.value), nil // not the whole query with it
	default:
		return "", fmt.Errorf("%s: found %q, want it once", p.name, p.value)
	}
}

// arrive subscribes the guest, who has been told that it is in. A long history
// is replayed first, in a goroutine of its own: meanwhile the guest may talk, and
// has to answer pings.
func (g *guest) arrive() {
	if _, long := g.server.missed(g.room, g.after); long {
		go g.replay()
	} else {
		g.subscribe(g.after)
	}
}

func (g *guest) replay() {
	after, err := g.server.replay(g.room, g.after, g, g.socket.Wait)
	if err != nil {
		g.socket.Close(err.Error())
		return
	}
	g.subscribe(after)
}

func (g *guest) subscribe(after uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.gone {
		g.cancel = g.room.Subscribe(after, 0, g)
	}
}

func (g *guest) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	if g.cancel != nil {
		g.cancel()
	}
}

// Deliver sends a batch. It does not wait for the client.
func (g *guest) Deliver(b *chat.Batch) {
	g.server.tally.deliveries.Add(int64(len(b.Messages)))
	g.socket.Send(packets{b})
}

// post accepts a message, or says what is wrong with it.
func (g *guest) post(e *socketio.Event) {
	m, err := g.accept(e.Args)
	switch {
	case err == nil:
		g.server.tally.posted.Add(1)
		e.Ack(socketio.Data{Args: []json.RawMessage{m.JSON()}})
	case e.WantsAck():
		e.Ack(socketio.JSON(map[string]problem{"error": {Status: http.StatusBadRequest, Title: err.Error()}}))
	default:
		g.socket.Emit(errorMessage, socketio.JSON(problem{Status: http.StatusBadRequest, Title: err.Error()}))
	}
}

func (g *guest) accept(args []json.RawMessage) (chat.Message, error) {
	if len(args) != 1 {
		return chat.Message{}, fmt.Errorf("%s: found %d arguments, want one: a string or {\"user\":…,\"text\":…}", chatMessage, len(args))
	}
	if args[0][0] == '{' {
		return postTo(g.room, args[0])
	}
	var text string
	if err := json.Unmarshal(args[0], &text); err != nil || args[0][0] != '"' {
		return chat.Message{}, fmt.Errorf("%s: found %.20q, want a string or {\"user\":…,\"text\":…}", chatMessage, args[0])
	}
	if replaced(args[0], text) {
		return chat.Message{}, fmt.Errorf(`%s: found half a surrogate pair (\ud800 to \udfff), which is no character`, chatMessage)
	}
	return g.room.Post(g.user, text)
}

// packets is a batch as Engine.IO sends it, an event for each message. It is
// encoded once for all guests of each transport.
type packets struct{ *chat.Batch }

func (p packets) Frames() []byte  { return p.As(eventFrames) }
func (p packets) Payload() []byte { return p.As(eventPayload) }

var (
	eventFrames  = &chat.Format{Encode: encodeEvents(engine.AppendTextFrame)}
	eventPayload = &chat.Format{Encode: encodeEvents(engine.AppendTextPacket)}

	truncatedEvent = []byte(`2["truncated"]`)
	beforeMessage  = []byte(`2["` + chatMessage + `",`)
	afterMessage   = []byte(`]`)
)

// eventOverhead is more than what each message takes on the wire beside its JSON.
const eventOverhead = 40

func encodeEvents(appendText func(b []byte, pieces ...[]byte) []byte) func(*chat.Batch) []byte {
	return func(b *chat.Batch) []byte {
		size := eventOverhead
		for i := range b.Messages {
			size += len(b.Messages[i].JSON()) + eventOverhead
		}
		encoded := make([]byte, 0, size)
		if b.Truncated {
			encoded = appendText(encoded, truncatedEvent)
		}
		for i := range b.Messages {
			encoded = appendText(encoded, beforeMessage, b.Messages[i].JSON(), afterMessage)
		}
		return encoded
	}
}
