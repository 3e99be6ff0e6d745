package socketio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
	"github.com/pollpush/pollpush/server/wire"
)

const patience = testkit.Patience

// harness is a server on a port of its own.
type harness struct {
	*Server
	t    *testing.T
	addr string
	http *http.Client
}

func start(t *testing.T, config Config) *harness {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	h := &harness{t: t, Server: New(config), addr: l.Addr().String(), http: &http.Client{Timeout: patience, Transport: &http.Transport{}}}
	server := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire.Listen(l, &wire.Tally{}, nil)) }()
	t.Cleanup(func() {
		h.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Close(ctx)
		server.Shutdown(ctx)
		<-served
		goleak.VerifyNone(t)
	})
	return h
}

// peer is a client over WebSocket.
type peer struct{ *testkit.Socket }

// open opens a session; query is what follows the transport.
func (h *harness) open(query string) *peer {
	h.t.Helper()
	p := &peer{testkit.Dial(h.t, websocket.DefaultDialer, "ws://"+h.addr+"/socket.io/?EIO=4&transport=websocket"+query, nil)}
	p.WantPrefix(`0{"sid":`)
	return p
}

// enter opens a session that is in the main namespace.
func (h *harness) enter() *peer {
	h.t.Helper()
	p := h.open("")
	p.Send("40")
	p.WantPrefix(`40{"sid":"`)
	return p
}

// settle returns when the server has done all that was asked of it so far, also
// what follows an answer.
func (p *peer) settle() {
	p.T.Helper()
	p.Send(`42["echo"]`)
	p.Want(`42["echo"]`)
}

// wantEnd reads until the server closes, and fails where anything comes before.
func (p *peer) wantEnd() {
	p.T.Helper()
	_, b, err := p.ReadMessage()
	closed, ok := err.(*websocket.CloseError)
	assert.Assert(p.T, ok && closed.Code != websocket.CloseAbnormalClosure, "got %.300q and %v, want a close", b, err)
}

// poller is a client over long polling.
type poller struct {
	h   *harness
	url string
}

func (h *harness) openPolling() *poller {
	h.t.Helper()
	p := &poller{h, "http://" + h.addr + "/socket.io/?EIO=4&transport=polling"}
	_, body := p.do("GET", "")
	_, after, _ := strings.Cut(body, `"sid":"`)
	id, _, found := strings.Cut(after, `"`)
	assert.Assert(h.t, found, "the handshake is %.100q", body)
	p.url += "&sid=" + id
	return p
}

func (p *poller) do(method, body string) (status int, answer string) {
	p.h.t.Helper()
	r, err := http.NewRequest(method, p.url, strings.NewReader(body))
	assert.NilError(p.h.t, err)
	res, err := p.h.http.Do(r)
	assert.NilError(p.h.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	assert.NilError(p.h.t, err)
	return res.StatusCode, string(b)
}

func (p *poller) post(packets ...string) {
	p.h.t.Helper()
	status, body := p.do("POST", strings.Join(packets, "\x1e"))
	assert.Assert(p.h.t, status == 200, "the post is answered by %d %.100q", status, body)
}

// poll returns the packets of one GET.
func (p *poller) poll() []string {
	p.h.t.Helper()
	status, body := p.do("GET", "")
	assert.Assert(p.h.t, status == 200, "the poll is answered by %d %.100q", status, body)
	return strings.Split(body, "\x1e")
}

// log takes what happens, in its order.
type log chan string

func newLog() log { return make(chan string, 1000) }

func (l log) add(format string, args ...any) { l <- fmt.Sprintf(format, args...) }

func (l log) want(t *testing.T, lines ...string) {
	t.Helper()
	for _, want := range lines {
		select {
		case got := <-l:
			assert.Assert(t, got == want, "got %q, want %q", got, want)
		case <-time.After(patience):
			t.Fatalf("waited in vain for %q", want)
		}
	}
}

// echo answers "echo" by the same event and the same arguments, also where an
// acknowledgement is wanted.
func echo(s *Socket, e *Event) {
	if e.WantsAck() {
		e.Ack(e.Data)
	} else {
		s.Emit("echo", e.Data)
	}
}

func echoing() *Namespace {
	return &Namespace{Events: map[string]func(*Socket, *Event){"echo": echo}}
}

func attachments(n, size int) (found [][]byte) {
	for i := range n {
		found = append(found, bytes.Repeat([]byte{byte(i)}, size))
	}
	return found
}
