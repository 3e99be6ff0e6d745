package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	g := &guest{server: s, socket: k, user: defaultUser}
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
	values, err := url.ParseQuery(raw)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	name := defaultRoom
	for key, value := range map[string]*string{"room": &name, "user": &g.user} {
		given := values[key]
		if len(given) > 1 {
			return fmt.Errorf("%s: found %q, want it once", key, strings.Join(given, ", "))
		}
		if len(given) == 1 {
			*value = strings.Clone(given[0])
		}
	}
	if g.room, err = g.server.hub.Room(name); err != nil {
		return err
	}
	if g.after = q.after; !q.resume {
		g.after = g.room.Last() // before the answer: who has it misses nothing
	}
	return nil
}

// arrive subscribes the guest, who has been told that it is in. A long history
// is replayed first, in a goroutine of its own: meanwhile the guest may talk, and
// has to answer pings.
func (g *guest) arrive() {
	if _, long := g.missed(g.after); long {
		go g.replay()
	} else {
		g.subscribe(g.after)
	}
}

// missed returns the first page of what a guest at the cursor has missed, and
// whether all of it is more than should wait for the guest.
func (g *guest) missed(after uint64) (page chat.Page, long bool) {
	page, err := g.room.After(after, chat.MaxPage)
	if err != nil {
		panic(err) // of the limit
	}
	size := 0
	for i := range page.Messages {
		size += len(page.Messages[i].JSON())
	}
	return page, size > g.server.config.Backlog/2 || len(page.Messages) == chat.MaxPage
}

func (g *guest) replay() {
	after := g.after
	for {
		page, long := g.missed(after)
		if !long {
			break
		}
		for len(page.Messages) > 0 {
			part := &chat.Batch{Messages: firstBytes(page.Messages, min(maxReplay, g.server.config.Backlog/2)), Truncated: page.Truncated}
			g.Deliver(part)
			if err := g.socket.Wait(replayTimeout); err != nil {
				g.socket.Close(err.Error())
				return
			}
			n := len(part.Messages)
			after, page.Messages, page.Truncated = part.Messages[n-1].ID, page.Messages[n:], false
		}
	}
	g.subscribe(after)
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
		user, text, err := parseMessage(args[0])
		if err != nil {
			return chat.Message{}, err
		}
		return g.room.Post(user, text)
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
