package engine

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/testkit"
	"github.com/pollpush/pollpush/server/wire"
)

const patience = testkit.Patience

// harness is a server on a port of its own, whose handlers echo and record, and
// a client of it.
type harness struct {
	*Server
	t      *testing.T
	url    string
	tally  wire.Tally
	slow   atomic.Int64
	client *http.Client
	opened chan *recorder
}

// recorder is a handler that sends back what it gets.
type recorder struct {
	session *Session
	gone    chan string // the reason, once
	onEcho  func(data []byte)
	ended   atomic.Bool
	calls   atomic.Int64 // under way
	wrong   atomic.Pointer[string]
}

func (r *recorder) Message(data []byte, binary bool) {
	if r.calls.Add(1) > 1 {
		r.fail("two messages at a time")
	}
	defer r.calls.Add(-1)
	if r.ended.Load() {
		r.fail("a message after Closed")
	}
	if r.onEcho != nil {
		r.onEcho(data)
	}
	if binary {
		r.session.Send(Binary(data))
	} else {
		r.session.Send(Text(data))
	}
}

func (r *recorder) Closed(reason string) {
	if r.calls.Load() > 0 {
		r.fail("Closed during a message")
	}
	if r.ended.Swap(true) {
		r.fail("Closed twice")
		return
	}
	r.gone <- reason
}

func (r *recorder) fail(how string) { r.wrong.Store(&how) }

func start(t *testing.T, config Config) *harness {
	t.Helper()
	return startWith(t, config, patience)
}

// startWith is start with a limit on how long requests and answers may take.
func startWith(t *testing.T, config Config, limit time.Duration) *harness {
	t.Helper()
	h := &harness{t: t, opened: make(chan *recorder, 1000)}
	if config.Open == nil {
		config.Open = h.open
	}
	config.SlowReaders = &h.slow
	h.Server = New(config)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	h.url = "http://" + l.Addr().String() + "/engine.io/"
	h.client = &http.Client{Timeout: patience, Transport: &http.Transport{DisableCompression: true}}
	server := &http.Server{Handler: h.Server, ReadTimeout: limit, WriteTimeout: limit}
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire.Listen(l, &h.tally, nil)) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Close(ctx)
		h.client.CloseIdleConnections()
		assert.Check(t, server.Shutdown(ctx), "Shutdown")
		<-served
		assert.Check(t, is.Equal(h.Sessions(), 0), "sessions are left")
		testkit.Await(h.t, "connections closed", func() bool { return h.tally.Open.Load() == 0 })
		goleak.VerifyNone(t)
	})
	return h
}

func (h *harness) open(s *Session, _ *http.Request) Handler {
	r := &recorder{session: s, gone: make(chan string, 1)}
	h.opened <- r
	h.t.Cleanup(func() {
		if wrong := r.wrong.Load(); wrong != nil {
			h.t.Error(*wrong)
		}
	})
	return r
}

// wantGone waits until a session has ended.
func (r *recorder) wantGone(t *testing.T, reason string) {
	t.Helper()
	select {
	case got := <-r.gone:
		assert.Check(t, got == reason, "ended by %q, want %q", got, reason)
	case <-time.After(patience):
		t.Fatalf("it has not ended; want %q", reason)
	}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (h *harness) do(method, query string, body io.Reader) reply {
	h.t.Helper()
	got, err := h.try(context.Background(), method, query, body)
	assert.NilError(h.t, err)
	return got
}

func (h *harness) try(ctx context.Context, method, query string, body io.Reader) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, h.url+"?"+query, body)
	if err != nil {
		return reply{}, err
	}
	res, err := h.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

const (
	pollingQuery = "EIO=4&transport=polling"
	socketQuery  = "EIO=4&transport=websocket"
)

func (h *harness) get(id string) reply {
	h.t.Helper()
	return h.do("GET", pollingQuery+"&sid="+id, nil)
}

func (h *harness) post(id, payload string) reply {
	h.t.Helper()
	return h.do("POST", pollingQuery+"&sid="+id, strings.NewReader(payload))
}

// goDo sends a request for a session, and returns without the answer.
func (h *harness) goDo(ctx context.Context, method, id string, body io.Reader) <-chan reply {
	c := make(chan reply, 1)
	go func() {
		got, err := h.try(ctx, method, pollingQuery+"&sid="+id, body)
		if err != nil {
			got.body = err.Error()
		}
		c <- got
	}()
	return c
}

// goGet sends a GET and returns when it is parked.
func (h *harness) goGet(id string) <-chan reply {
	h.t.Helper()
	c := h.goDo(context.Background(), "GET", id, nil)
	h.awaitPolling("a parked GET", h.session(id), func(p *polling) bool { return p.parked })
	return c
}

// awaitPolling returns once the session's client polls and something holds of that.
func (h *harness) awaitPolling(what string, s *Session, is func(p *polling) bool) {
	h.t.Helper()
	testkit.Await(h.t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.polling != nil && is(s.polling)
	})
}

func (h *harness) session(id string) *Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[id]
}

func (r reply) want(t *testing.T, status int, body string) {
	t.Helper()
	assert.Check(t, r.status == status && r.body == body, "%d %q, want %d %q", r.status, r.body, status, body)
}

const (
	bodyUnknown = `{"code":1,"message":"Session ID unknown"}`
	bodyBad     = `{"code":3,"message":"Bad request"}`
)

// opening is what a handshake says.
type opening struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

func (h *harness) parse(packet string) (o opening) {
	h.t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(packet, "0")))
	d.DisallowUnknownFields()
	err := d.Decode(&o)
	assert.Assert(h.t, err == nil && packet[0] == '0' && o.SID != "", "handshake %q: %v", packet, err)
	return o
}

// dialPolling begins a session.
func (h *harness) dialPolling() (id string, r *recorder) {
	h.t.Helper()
	got := h.do("GET", pollingQuery, nil)
	assert.Assert(h.t, got.status == 200, "handshake: %d %q", got.status, got.body)
	return h.parse(got.body).SID, <-h.opened
}

type socket struct{ *testkit.Socket }

func (h *harness) connect(query string) *socket {
	h.t.Helper()
	return &socket{testkit.Dial(h.t, websocket.DefaultDialer, h.url+"?"+query, nil)}
}

// dialSocket begins a session.
func (h *harness) dialSocket() (*socket, *recorder) {
	h.t.Helper()
	k := h.connect(socketQuery)
	h.parse(k.Next())
	return k, <-h.opened
}

// wantClosed reads until the socket is closed, and closes it.
func (k *socket) wantClosed(code int) {
	k.T.Helper()
	defer k.Close()
	var err error
	for err == nil {
		_, _, err = k.ReadMessage()
	}
	assert.Check(k.T, websocket.IsCloseError(err, code), "%v, want close %d", err, code)
}
