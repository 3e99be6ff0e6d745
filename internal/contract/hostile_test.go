package contract

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// peer starts something that takes connections, and does with each whatever it
// does, once the first request is there.
func peer(t *testing.T, f func(c net.Conn)) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					f(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// Whatever it talks to, each point ends in its time, with a verdict.
func TestHostile(t *testing.T) {
	endless := func(c net.Conn, head, again string) {
		_, err := io.WriteString(c, head)
		for again = strings.Repeat(again, 1000); err == nil; {
			_, err = io.WriteString(c, again)
		}
	}
	const limit = 500 * time.Millisecond
	for name, base := range map[string]string{
		"silent":         peer(t, func(c net.Conn) { io.Copy(io.Discard, c) }),
		"hangs up":       peer(t, func(net.Conn) {}),
		"endless header": peer(t, func(c net.Conn) { endless(c, "HTTP/1.1 200 OK\r\n", "X: y\r\n") }),
		"endless line":   peer(t, func(c net.Conn) { endless(c, "HTTP/1.1 101 ", "x") }),
		"endless body":   peer(t, func(c net.Conn) { endless(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", "id: 5\n") }),
		"endless events": peer(t, func(c net.Conn) {
			endless(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", "data: 5\n\n")
		}),
		"broken chunks": peer(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") }),
		"noise": peer(t, func(c net.Conn) {
			noise := make([]byte, 1<<16)
			rand.NewChaCha8([32]byte{}).Read(noise)
			c.Write(noise)
		}),
		"redirects":       handle(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }),
		"deep JSON":       handle(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("[", 1<<20)) }),
		"null":            handle(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "null") }),
		"nulls in a page": handle(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"messages":[null,{}],"last":1}`) }),
		"empty packets": handle(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" && !strings.Contains(r.URL.RawQuery, "sid") {
				fmt.Fprint(w, `0{"sid":"\u0000&x= ","upgrades":["websocket"],"pingInterval":1,"pingTimeout":1,"maxPayload":1}`)
			}
		}),
		"pings": handle(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.RawQuery, "sid") {
				fmt.Fprint(w, `0{"sid":"x","upgrades":["websocket"],"pingInterval":1,"pingTimeout":1,"maxPayload":1}`)
				return
			}
			fmt.Fprint(w, "2\x1e2")
		}),
		"odd sockets": handle(t, func(w http.ResponseWriter, r *http.Request) {
			u := websocket.Upgrader{EnableCompression: true, CheckOrigin: func(*http.Request) bool { return true }}
			c, err := u.Upgrade(w, r, http.Header{"Batch-Window": {"1ns"}})
			if err != nil {
				return
			}
			defer c.Close()
			for i := 0; err == nil; i++ {
				err = c.WriteMessage(websocket.TextMessage, []byte([]string{"", "null", "0", "\n\n", `{"id":1}`, "42[null]", "40{}", strings.Repeat(" ", 1<<20)}[i%8]))
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCheck(t.Context(), base, nil)
			c.limit = limit
			c.answers = func() error { return nil } // or the first point to fail would be the last to be tried
			defer c.client.CloseIdleConnections()
			began := testkit.Now()
			err := c.reach(t.Context())
			assert.Check(t, err != nil, "it is taken for a chat server")
			results := make(chan Result)
			points := Points()
			for _, p := range points {
				go func() {
					r := Result{Point: p}
					r.take(c.try(p), Part{})
					results <- r
				}()
			}
			for range points {
				r := <-results
				if r.Fault != nil {
					said := r.Fault.Found
					if len(said) > 2000 || strings.ContainsFunc(said, func(c rune) bool { return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 }) {
						t.Errorf("%v: found %.3000q", r.Point, said)
					}
				}
				const head = "the answer is a text/event-stream" // asks for no more than a header
				if r.Verdict == Passed && r.Name != head && slices.Contains([]string{"publishing", "polling", "conditional", "long poll", "sse"}, r.Group) {
					t.Errorf("%v passed", r.Point)
				}
			}
			took := began.Calm()
			assert.Check(t, took <= patience, "it took %v", took)
		})
	}
}

// patience is far more than points with half a second each take, and far less
// than forever.
const patience = time.Minute

// answering is a server that gives the same bytes to a hundred questions.
type answering struct {
	body  []byte
	asked int
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.asked++; a.asked > 100 {
		return nil, io.EOF
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(bytes.NewReader(a.body)), Request: r,
	}, nil
}

// FuzzAnswers gives what HTTP can carry to all that reads it.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"messages":[{"id":1,"room":"a","user":"b","text":"c","at":5}],"last":1}`,
		`0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":1,"maxPayload":1}`,
		"40{\"sid\":\"x\"}\x1e42[\"chat message\",{}]\x1e431[{}]\x1e2",
		"id: 1\nevent: message\ndata: {}\n\n: \r\ndata\n\n", "id\n:\n", "2", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newCheck(t.Context(), "http://127.0.0.1:1", nil)
		c.client.Transport = &answering{body: b}
		v := &visit{check: c, ctx: t.Context()}
		attempt(func() {
			for _, m := range v.poll("x", "").messages {
				assert.Check(t, m.ID != 0, "%q: a message without an id", b)
			}
		})
		attempt(func() {
			for s := v.stream("x", ""); ; {
				s.message()
			}
		})
		k := &link{v: v}
		k.more, k.write = k.poll, k.post
		talk := &conversation{link: k}
		for range 10 {
			attempt(func() { talk.message() })
		}
		attempt(func() { new(link).opened(question{}, string(b)) })
	})
}

// FuzzFrames gives what a frame can carry to what reads it.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{`{"id":1,"room":"a","user":"b","text":"c","at":5}`, `{"ack":1}` + "\n" + `{"error":{"status":400,"title":"x"}}`, `{"truncated":true}`, "\n", "null"} {
		f.Add([]byte(seed))
	}
	v := &visit{check: newCheck(f.Context(), "http://127.0.0.1:1", nil), ctx: f.Context()}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &socket{v: v, rest: b}
		attempt(func() {
			for len(bytes.TrimSpace(s.rest)) > 0 {
				p := s.next()
				m, wrong := parseMessage(p.raw)
				assert.Check(t, wrong != "" || m.ID != 0, "%q: a message without an id", p.raw)
			}
		})
	})
}
