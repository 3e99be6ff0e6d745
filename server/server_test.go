package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/chat"
)

// patience bounds every wait of the tests; none of them measures time.
const patience = 2 * time.Minute

// harness is a server on a port of its own, and a client that counts.
type harness struct {
	*Server
	t     *testing.T
	url   string
	addr  string
	log   lockedBuffer
	ended bool

	tls            *tls.Config // that clients use; nil in the clear
	client         *http.Client
	sent, received atomic.Int64
}

func start(t *testing.T, config Config) *harness {
	t.Helper()
	return startWith(t, config, func(*Server) {})
}

// startWith starts a server that has been changed before.
func startWith(t *testing.T, config Config, change func(*Server)) *harness {
	t.Helper()
	h := &harness{t: t}
	if overTLS(t) {
		config.Certificate, h.tls = trusted(t)
	}
	config.Log = slog.New(slog.NewTextHandler(&h.log, nil))
	h.Server = New(config)
	change(h.Server)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	h.addr, h.url = l.Addr().String(), "http://"+l.Addr().String()
	if h.tls != nil {
		h.url = "https://" + h.addr
	}
	h.client = &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: h.dial, TLSClientConfig: h.tls, DisableCompression: true}}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		h.shutdown()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		goleak.VerifyNone(t)
	})
	return h
}

func (h *harness) shutdown() {
	if h.ended {
		return
	}
	h.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.Check(h.t, h.Shutdown(ctx), "Shutdown")
}

// countingConn counts what a client sends and receives.
type countingConn struct {
	net.Conn
	h *harness
}

func (h *harness) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	return countingConn{c, h}, err
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.h.received.Add(int64(n))
	return n, err
}

func (c countingConn) Write(b []byte) (int, error) {
	// Before the write: the server may have answered before it returns.
	c.h.sent.Add(int64(len(b)))
	n, err := c.Conn.Write(b)
	c.h.sent.Add(int64(n - len(b)))
	return n, err
}

type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; header lines are "Name: value".
func (h *harness) do(method, path, body string, header ...string) reply {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	assert.NilError(h.t, err)
	r.Header = headerOf(header)
	res, err := h.client.Do(r)
	assert.NilError(h.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	assert.NilError(h.t, err)
	return reply{res.StatusCode, res.Header, string(b)}
}

// headerOf is a header of lines "Name: value".
func headerOf(lines []string) http.Header {
	header := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		header.Set(name, value)
	}
	return header
}

func (h *harness) lobby() *chat.Room {
	room, err := h.hub.Room("lobby")
	assert.NilError(h.t, err)
	return room
}

// fill posts n messages of a size to the lobby, past the transports.
func (h *harness) fill(n, size int) {
	room := h.lobby()
	for range n {
		room.Post("ada", strings.Repeat("x", size))
	}
}

// fillUntilSlow posts until somebody is taken for a slow reader; seen follows
// each message.
func (h *harness) fillUntilSlow(seen func(id int)) (posted int) {
	h.t.Helper()
	for h.tally.SlowReaders.Load() == 0 {
		h.fill(1, chat.MaxText)
		posted++
		seen(posted)
	}
	return posted
}

func (h *harness) post(room, text string) reply {
	h.t.Helper()
	return h.do("POST", "/api/rooms/"+room+"/messages", `{"user":"ada","text":`+strconv.Quote(text)+`}`, "Content-Type: application/json")
}

// scrape returns what /metrics says, by name.
func (h *harness) scrape() map[string]float64 {
	h.t.Helper()
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(h.do("GET", "/metrics", "").body))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[strings.TrimPrefix(name, "pollpush_")] = v
		}
	}
	return values
}

// await returns when the value reaches want.
func (h *harness) await(what string, value *atomic.Int64, want int64) {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for value.Load() != want {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s is %d, want %d", what, value.Load(), want)
		}
		runtime.Gosched()
	}
}

// dialer opens WebSockets to below h.ws().
func (h *harness) dialer() *websocket.Dialer {
	return &websocket.Dialer{NetDialContext: h.dial, TLSClientConfig: h.tls, HandshakeTimeout: patience}
}

func (h *harness) ws() string { return "ws" + strings.TrimPrefix(h.url, "http") }

// connect opens a connection that has asked for nothing yet.
func (h *harness) connect() net.Conn {
	h.t.Helper()
	c, err := h.dial(h.t.Context(), "tcp", h.addr)
	assert.NilError(h.t, err)
	if h.tls != nil {
		config := h.tls.Clone()
		config.ServerName = "127.0.0.1"
		c = tls.Client(c, config)
	}
	h.t.Cleanup(func() { c.Close() })
	return c
}

// open opens a WebSocket; path is what follows the room's name and "/ws".
func (h *harness) open(path string, header ...string) *websocket.Conn {
	h.t.Helper()
	ws, res, err := h.tryOpen(path, header...)
	assert.NilError(h.t, err, "open %s: %v (%v)", path, err, res)
	return ws
}

func (h *harness) tryOpen(path string, header ...string) (*websocket.Conn, *http.Response, error) {
	ws, res, err := h.dialer().Dial(h.ws()+"/api/rooms/"+path, headerOf(header))
	if err == nil {
		h.t.Cleanup(func() { ws.Close() })
		ws.SetReadDeadline(time.Now().Add(patience))
	}
	return ws, res, err
}

// lines reads n messages, however many a frame holds.
func lines(t *testing.T, ws *websocket.Conn, n int) []string {
	t.Helper()
	var got []string
	for len(got) < n {
		kind, b, err := ws.ReadMessage()
		assert.Assert(t, err == nil && kind == websocket.TextMessage, "after %d of %d messages: kind %d, %v", len(got), n, kind, err)
		got = append(got, strings.Split(string(b), "\n")...)
	}
	return got
}

// closeCode reads until the server closes and returns the code.
func closeCode(ws *websocket.Conn) int {
	for {
		_, _, err := ws.ReadMessage()
		if closed, ok := err.(*websocket.CloseError); ok {
			return closed.Code
		}
		if err != nil {
			return -1
		}
	}
}

// lockedBuffer takes a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
