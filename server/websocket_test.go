package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/chat"
)

func send(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	assert.NilError(t, ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

// wantMessages checks that lines are the messages first, first+1, ….
func wantMessages(t *testing.T, lines []string, first int) {
	t.Helper()
	for i, line := range lines {
		var m chat.Message
		err := json.Unmarshal([]byte(line), &m)
		assert.Assert(t, err == nil && m.ID == uint64(first+i), "line %d is %.80s (%v), want message %d", i, line, err, first+i)
	}
}

func TestWebSocketFragmentsAreOneMessage(t *testing.T) {
	h := start(t, Config{})
	ws := h.open("lobby/ws")
	frame := func(b0 byte, payload string) []byte { // masked by zeros
		return append([]byte{b0, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
	}
	var b []byte
	b = append(b, frame(1, `{"user":"ada",`)...)
	b = append(b, frame(0x80|9, "in between")...)
	b = append(b, frame(0x80, `"text":"hello"}`)...)
	_, err := ws.NetConn().Write(b)
	assert.NilError(t, err)
	lines(t, ws, 2)
	assert.Check(t, is.Equal(h.tally.FramesReceived.Load(), int64(3)), "frames received")
}

// A client may have missed more than an outbox may hold: that makes it no slow
// reader.
func TestWebSocketResumeOfMoreThanTheBacklog(t *testing.T) {
	h := start(t, Config{History: 2500, Backlog: 16 << 10})
	h.fill(3000, chat.MaxText)
	ws := h.open("lobby/ws?after=0")
	got := lines(t, ws, 2501)
	assert.Check(t, got[0] == `{"truncated":true}`, "first came %.80s", got[0])
	wantMessages(t, got[1:], 501)
	h.post("lobby", "and on")
	wantMessages(t, lines(t, ws, 1), 3001)
}

func TestWebSocketCloses(t *testing.T) {
	h := start(t, Config{})
	long := strings.Repeat("x", maxFrame)
	tests := []struct {
		name string
		code int
		kind int
		text string
	}{
		{"a frame too large", 1009, websocket.TextMessage, long + "x"},
		{"much too large", 1009, websocket.TextMessage, strings.Repeat(long, 20)},
		{"invalid UTF-8", 1007, websocket.TextMessage, "{\"user\":\"\xff\"}"},
		{"binary", 1003, websocket.BinaryMessage, "{}"},
		{"reserved opcode", 1002, 3, "{}"},
		{"the client's own close", 1000, websocket.CloseMessage, "\x03\xe8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws := h.open("lobby/ws")
			if tt.kind == 3 {
				ws.NetConn().Write([]byte{0x80 | 3, 0x80, 0, 0, 0, 0})
			} else if err := ws.WriteMessage(tt.kind, []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			assert.Check(t, is.Equal(closeCode(ws), tt.code), "closed with")
			ws.Close()
			h.await("websockets", &h.tally.websockets, 0)
		})
	}
	ws := h.open("lobby/ws")
	send(t, ws, long)
	assert.Check(t, strings.HasPrefix(lines(t, ws, 1)[0], `{"error"`), "a frame of exactly the limit is not read")
}

// A WebSocket and Socket.IO are refused to pages of other origins.
func TestOrigin(t *testing.T) {
	h := start(t, Config{Origins: []string{"https://chat.example"}})
	for origin, allowed := range map[string]bool{
		"": true, h.url: true, "https://chat.example": true,
		"http://chat.example": false, "https://chat.example.org": false, "null": false, "http://127.0.0.1": false,
	} {
		var header []string
		if origin != "" {
			header = []string{"Origin: " + origin}
		}
		r := h.do("GET", "/api/rooms/lobby/ws", "", header...)
		assert.Check(t, (r.status == 426) == allowed && (r.status == 403) == !allowed && r.header.Get("Content-Type") == "application/problem+json", "origin %q: %+v", origin, r)
		r = h.do("GET", "/socket.io/?EIO=4&transport=polling", "", header...)
		assert.Check(t, (r.status == 200) == allowed && (r.status == 403) == !allowed, "origin %q: %+v", origin, r)
	}
}

// The tally is compared with what a client counts for itself, to the byte.
func TestCountsAreTheClients(t *testing.T) {
	h := start(t, Config{})
	ws := h.open("lobby/ws?after=0")
	pings := 0.0 // of which some come where the machine is slow
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		pings++
		return pong(text)
	})
	const n = 20
	for i := range n {
		h.post("lobby", fmt.Sprint(i))
		send(t, ws, `{"user":"ada","text":"`+strings.Repeat("x", 200*i)+`y"}`)
		h.do("GET", "/api/rooms/lobby/messages?after=0", "")
		h.do("GET", "/nothing", "")
		h.do("POST", "/api/rooms/lobby/messages", strings.Repeat(" ", maxBody+1), "Content-Type: application/json")
	}
	frames := 0
	for got := 0; got < 3*n; frames++ { // messages and acks
		_, b, err := ws.ReadMessage()
		assert.NilError(t, err)
		got += strings.Count(string(b), "\n") + 1
	}
	ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
	closeCode(ws)
	h.await("websockets", &h.tally.websockets, 0)
	received := float64(h.received.Load())
	counts := h.scrape()
	want := map[string]float64{
		"http_requests_total":   1 + 4*n + 1,
		"frames_sent_total":     float64(frames) + 1 + pings,
		"frames_received_total": n + 1 + pings,
		"bytes_sent_total":      received,
		"bytes_received_total":  float64(h.sent.Load()),
		"messages_posted_total": 2 * n,
		"websockets":            0,
		"slow_readers_total":    0,
		"panics_total":          0,
	}
	for name, want := range want {
		got, ok := counts[name]
		assert.Check(t, ok && got == want, "%s is %v, want %v", name, got, want)
	}
	for _, name := range []string{"connections_total", "connections", "deliveries_total", "go_goroutines", "go_memstats_heap_inuse_bytes", "go_memstats_stack_inuse_bytes"} {
		assert.Check(t, counts[name] > 0, "%s is %v", name, counts[name])
	}
}

func TestDeflateIsAgreedOnOnlyWhereItCanBeKept(t *testing.T) {
	offers := []struct {
		offer  string
		agreed bool
	}{
		{"permessage-deflate", true},
		{"permessage-deflate; client_max_window_bits", true},
		{"permessage-deflate; server_max_window_bits=10", false},
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", true},
		{"x-webkit-deflate-frame", false},
		{"", false},
	}
	for _, deflate := range []bool{true, false} {
		t.Run(fmt.Sprint(deflate), func(t *testing.T) {
			h := start(t, Config{Deflate: deflate})
			for _, o := range offers {
				c, err := h.dial(t.Context(), "tcp", h.addr)
				assert.NilError(t, err)
				fmt.Fprintf(c, "GET /api/rooms/lobby/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: %s\r\n\r\n", o.offer)
				res, err := http.ReadResponse(bufio.NewReader(c), nil)
				c.Close()
				assert.Assert(t, err == nil && res.StatusCode == 101, "offer %q: %v %v", o.offer, res, err)
				agreed := res.Header.Get("Sec-WebSocket-Extensions") != ""
				assert.Check(t, agreed == (o.agreed && deflate), "deflate %t, offer %q: %v, %v", deflate, o.offer, res.Header, err)
			}
		})
	}
}

// What is posted within the window comes in one frame to those that asked for
// it, and at once to the others.
func TestBatchedWebSocket(t *testing.T) {
	h := start(t, Config{Batch: time.Hour}) // ends only when somebody joins
	h.post("lobby", "before")
	batched, res, err := h.tryOpen("lobby/ws?batch=true&after=0")
	assert.NilError(t, err)
	assert.Check(t, is.Equal(res.Header.Get("Batch-Window"), "1h0m0s"), "Batch-Window")
	wantMessages(t, lines(t, batched, 1), 1) // what it has missed comes at once
	plain, res, err := h.tryOpen("lobby/ws?batch=false")
	assert.Assert(t, err == nil && res.Header.Get("Batch-Window") == "", "%v %v", res, err)
	send(t, batched, `{"user":"ada","text":"one"}`)
	assert.Check(t, is.Equal(lines(t, batched, 1)[0], `{"ack":2}`), "before the window's end came")
	h.post("lobby", "two")
	wantMessages(t, lines(t, plain, 2), 2)
	for range 2 { // one of them shares a dispatcher with batched
		h.open("lobby/ws?batch=true")
	}
	_, b, err := batched.ReadMessage()
	assert.NilError(t, err)
	wantMessages(t, strings.Split(string(b), "\n"), 2)
	n := strings.Count(string(b), "\n")
	assert.Check(t, n == 1, "%d line breaks in a batch of two: %s", n, b)
}

func TestBatchThatIsNotOffered(t *testing.T) {
	h := start(t, Config{})
	ws, res, err := h.tryOpen("lobby/ws?batch=true")
	assert.Assert(t, err == nil && res.Header.Get("Batch-Window") == "", "%v %v", res, err)
	h.post("lobby", "at once")
	wantMessages(t, lines(t, ws, 1), 1)
	if _, res, err := h.tryOpen("lobby/ws?batch=1"); err == nil || res.StatusCode != 400 {
		t.Errorf("batch=1: %v %v", res, err)
	}
}
