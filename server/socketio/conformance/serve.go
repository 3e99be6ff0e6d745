package main

import (
	"net/http"
	"time"

	"github.com/pollpush/pollpush/server/socketio"
	"github.com/pollpush/pollpush/server/socketio/engine"
	"github.com/pollpush/pollpush/server/wire"
)

// echo is an Engine.IO session whose messages are sent back.
type echo struct{ session *engine.Session }

func (e echo) Message(data []byte, binary bool) {
	if binary {
		e.session.Send(engine.Binary(data))
	} else {
		e.session.Send(engine.Text(data))
	}
}

func (e echo) Closed(string) {}

// authDelay is between the answer to a CONNECT and the event "auth". The official
// suite begins to listen for an event when it has seen the one before, and its
// WebSocket library hands over at once what comes in one segment.
const authDelay = 50 * time.Millisecond

func namespace() *socketio.Namespace {
	return &socketio.Namespace{
		Connect: func(s *socketio.Socket, h socketio.Handshake) *socketio.ConnectError {
			s.State = socketio.JSON(struct{}{})
			if h.Auth != nil {
				s.State = socketio.JSON(h.Auth)
			}
			return nil
		},
		Connected: func(s *socketio.Socket) {
			time.AfterFunc(authDelay, func() { s.Emit("auth", s.State.(socketio.Data)) })
		},
		Events: map[string]func(*socketio.Socket, *socketio.Event){
			"message":          func(s *socketio.Socket, e *socketio.Event) { s.Emit("message-back", e.Data) },
			"message-with-ack": func(_ *socketio.Socket, e *socketio.Event) { e.Ack(e.Data) },
		},
	}
}

const (
	// maxMessage is as much as the largest case of the Autobahn test suite.
	maxMessage = 16 << 20
	maxBacklog = 4 * maxMessage
)

// echoes is /ws-echo.
type echoes struct {
	upgrader wire.Upgrader
	open     wire.Sockets
}

func newEchoes() *echoes {
	return &echoes{upgrader: wire.Upgrader{
		MaxMessage: maxMessage,
		Backlog:    maxBacklog,
		Binary:     true,
		Refuse:     func(w http.ResponseWriter, status int, detail string) { http.Error(w, detail, status) },
	}}
}

func (e *echoes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k, err := e.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	echo := func(kind int, body []byte) error { return k.Write(wire.AppendFrame(nil, byte(kind), body)) }
	if !e.open.Go(k, func() { k.Serve(echo) }) {
		k.Drop()
	}
}
