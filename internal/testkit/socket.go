package testkit

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
)

// Patience bounds every wait here; no test measures time by it.
const Patience = 2 * time.Minute

// Await returns once something holds.
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !holds(); runtime.Gosched() {
		assert.Assert(t, !time.Now().After(end), "waited in vain for: %s", what)
	}
}

// Socket is a client's WebSocket, and what a test sends and expects by it.
type Socket struct {
	*websocket.Conn
	T     testing.TB
	Pongs bool // a "2" is a ping of Engine.IO, which is answered, and not handed on
}

// Dial opens a WebSocket, which ends with the test.
func Dial(t testing.TB, d *websocket.Dialer, url string, header http.Header) *Socket {
	t.Helper()
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		url = "ws" + rest
	}
	ws, _, err := d.Dial(url, header)
	assert.NilError(t, err)
	t.Cleanup(func() { ws.Close() })
	assert.NilError(t, ws.SetReadDeadline(time.Now().Add(Patience)))
	return &Socket{Conn: ws, T: t}
}

// Send sends messages of text.
func (s *Socket) Send(messages ...string) {
	s.T.Helper()
	for _, m := range messages {
		assert.NilError(s.T, s.WriteMessage(websocket.TextMessage, []byte(m)))
	}
}

// SendBinary sends binary messages.
func (s *Socket) SendBinary(messages ...[]byte) {
	s.T.Helper()
	for _, m := range messages {
		assert.NilError(s.T, s.WriteMessage(websocket.BinaryMessage, m))
	}
}

// Next waits for the next message; a binary one begins with "binary:".
func (s *Socket) Next() string {
	s.T.Helper()
	for {
		kind, b, err := s.ReadMessage()
		assert.NilError(s.T, err)
		switch {
		case kind == websocket.BinaryMessage:
			return "binary:" + string(b)
		case s.Pongs && string(b) == "2":
			s.Send("3")
		default:
			return string(b)
		}
	}
}

// Want waits for these messages.
func (s *Socket) Want(messages ...string) {
	s.T.Helper()
	for _, want := range messages {
		got := s.Next()
		assert.Assert(s.T, got == want, "got %.300q, want %.300q", got, want)
	}
}

// WantPrefix waits for a message that begins so, and returns it.
func (s *Socket) WantPrefix(prefix string) string {
	s.T.Helper()
	got := s.Next()
	assert.Assert(s.T, strings.HasPrefix(got, prefix), "got %.300q, want %s…", got, prefix)
	return got
}
