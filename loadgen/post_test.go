package loadgen

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// desk is a server whose answers the test gives one by one.
type desk struct {
	url     string
	server  *httptest.Server
	asked   chan *http.Request // with its body read
	answers chan http.HandlerFunc
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{asked: make(chan *http.Request), answers: make(chan http.HandlerFunc)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		select {
		case d.asked <- r:
			(<-d.answers)(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	d.url, d.server = server.URL, server
	return d
}

// answer answers the next request and returns it.
func (d *desk) answer(status int, body string, header ...string) *http.Request {
	r := <-d.asked
	d.answers <- reply(status, body, header...)
	return r
}

func reply(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// hangUp closes the connection in place of an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		conn.Close()
	}
}

// dial dials a client that does not publish.
func (d *desk) dial(t *testing.T, dial Dialer, after uint64) (Client, *Meter) {
	t.Helper()
	m := &Meter{}
	c, err := dial(t.Context(), Target{URL: d.url, Room: "lobby", User: "ada", After: after, Meter: m})
	assert.NilError(t, err)
	t.Cleanup(func() { c.Close() })
	return c, m
}

// page is an answer to a poll.
func page(ids ...int) string {
	var messages []string
	last := 0
	for _, id := range ids {
		messages = append(messages, messageJSON(id, fmt.Sprint("text ", id)))
		last = id
	}
	return fmt.Sprintf(`{"messages":[%s],"last":%d}`, strings.Join(messages, ","), last)
}

// idsOf lists deliveries by their ids, having looked at the rest of them.
func idsOf(t *testing.T, ds []Delivery) string {
	t.Helper()
	ids := []uint64{}
	for _, d := range ds {
		ids = append(ids, d.ID)
		if text := fmt.Sprint("text ", d.ID); string(d.Text) != text || string(d.JSON) != messageJSON(int(d.ID), text) {
			t.Errorf("message %d has text %q and JSON %s", d.ID, d.Text, d.JSON)
		}
	}
	return fmt.Sprint(ids)
}

// refusedWith checks that err is a refusal, and of what status.
func refusedWith(t *testing.T, err error, status int, text string) {
	t.Helper()
	var refused *AnswerError
	if !errors.As(err, &refused) || refused.Status != status || !strings.Contains(refused.Text, text) {
		t.Errorf("got %v, want %d with %q", err, status, text)
	}
}

func TestPostedMessages(t *testing.T) {
	d := newDesk(t)
	m := &Meter{}
	dialled := make(chan error, 1)
	var c Client
	go func() {
		var err error
		c, err = DialPoll(t.Context(), Target{URL: d.url, Room: "lobby", User: "ada", After: 7, Publishes: true, Meter: m})
		dialled <- err
	}()
	r := d.answer(200, page())
	assert.Check(t, r.URL.String() == "/api/rooms/lobby/messages?after=7&limit=1", "the connection to publish over begins with %s", r.URL)
	if err := <-dialled; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })

	published := make(chan error, 1)
	for _, a := range []struct {
		status int
		header []string
	}{
		{status: 201},
		{status: 429, header: []string{"Connection", "close"}},
		{status: 201}, // over another connection
	} {
		go func() { published <- c.Publish("hello") }()
		r := d.answer(a.status, "{}", a.header...)
		body, _ := io.ReadAll(r.Body)
		if got := r.Method + " " + r.URL.String() + " " + r.Header.Get("Content-Type") + " " + string(body); got !=
			`POST /api/rooms/lobby/messages application/json {"user":"ada","text":"hello"}` {
			t.Errorf("published by %s", got)
		}
		if err := <-published; a.status == 201 && err != nil {
			t.Error(err)
		} else if a.status != 201 {
			refusedWith(t, err, a.status, "{}")
		}
	}
	got := m.read()
	assert.Check(t, got.opened == 3 && got.requests == 4 && got.reconnects == 1 && got.lost == 0, "counted %+v", got)
}

// A connection that is being dialled to publish over does not hold up Close.
func TestCloseEndsTheDialToPublish(t *testing.T) {
	// A listener that accepts nothing and whose queue has one place.
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	assert.NilError(t, err)
	defer syscall.Close(fd)
	assert.NilError(t, errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)))
	name, err := syscall.Getsockname(fd)
	assert.NilError(t, err)
	port := name.(*syscall.SockaddrInet4).Port
	m := &Meter{}
	c, err := DialPoll(t.Context(), Target{URL: fmt.Sprintf("http://127.0.0.1:%d", port), Room: "lobby", Meter: m})
	assert.NilError(t, err)
	published := make(chan error, 1)
	go func() { published <- c.Publish("hello") }()
	const synSent = " 02 "
	for to := fmt.Sprintf(" 0100007F:%04X", port); ; {
		sockets, err := os.ReadFile("/proc/self/net/tcp")
		assert.NilError(t, err)
		if strings.Contains(string(sockets), to+synSent) {
			break
		}
	}
	c.Close()
	err = <-published
	assert.Check(t, errors.Is(err, errUnsent), "Publish ended with %v, want %v", err, errUnsent)
	assert.Check(t, is.Equal(m.read().failed, int64(0)), "dials are said to have failed")
}
