package live

import (
	"bufio"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) *Page {
	t.Helper()
	p, err := Listen("127.0.0.1:0")
	assert.NilError(t, err)
	t.Cleanup(func() {
		p.End("over")
		http.DefaultClient.CloseIdleConnections()
	})
	return p
}

// reader reads a stream as an EventSource does.
type reader struct {
	t *testing.T
	*bufio.Scanner
	id string // of the last event
}

func open(t *testing.T, p *Page, lastID string) *reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"events", nil)
	assert.NilError(t, err)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(r)
	assert.NilError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v", answer.Status, answer.Header)
	}
	return &reader{t: t, Scanner: bufio.NewScanner(answer.Body)}
}

// next is the data of the next event; "" at the end of the stream.
func (r *reader) next() (data string) {
	r.t.Helper()
	for r.Scan() {
		name, value, _ := strings.Cut(r.Text(), ": ")
		switch name {
		case "":
			return data
		case "id":
			r.id = value
		case "data":
			data = value
		case "retry":
		default:
			r.t.Errorf("field %q", r.Text())
		}
	}
	return ""
}

func (r *reader) want(all ...string) {
	r.t.Helper()
	for _, want := range all {
		assert.Assert(r.t, is.Equal(r.next(), want), "event")
	}
}

const greeting = `{"hello":true}`

func TestStream(t *testing.T) {
	p := listen(t)
	early := open(t, p, "")
	early.want(greeting)
	p.Tell(map[string]int{"a": 1})
	early.want(`{"a":1}`)
	p.Tell("two\nlines <script>")
	early.want(`"two\nlines \u003cscript\u003e"`)
	late := open(t, p, "") // gets the history
	late.want(greeting, `{"a":1}`, `"two\nlines \u003cscript\u003e"`)
	p.Tell(3)
	early.want("3")
	again := open(t, p, late.id) // goes on where it has left off
	again.want("3")
	for _, foreign := range []string{"other-1", "x", p.word + "-99", p.word + "--1", p.word + "-"} {
		open(t, p, foreign).want(greeting, `{"a":1}`)
	}
	p.End("bye")
	for _, r := range []*reader{early, late, again} {
		if r == late {
			r.want("3")
		}
		r.want(`"bye"`, "")
	}
	_, err := http.Get(p.URL)
	assert.Check(t, err != nil, "it is still served")
	p.Tell("nobody is there any more")
}

// Events beyond those kept are forgotten; a reader goes on with the oldest.
func TestHistoryIsBounded(t *testing.T) {
	p := listen(t)
	const more = 50
	for i := range kept + more {
		p.Tell(i)
	}
	assert.Check(t, len(p.events) == kept, "%d events are kept", len(p.events))
	for _, last := range []string{"", p.word + "-3"} {
		r := open(t, p, last)
		if last == "" {
			r.want(greeting, "0") // the first is kept apart
		}
		for i := more; i < kept+more; i++ {
			r.want(fmt.Sprint(i))
		}
	}
}

// What JSON cannot hold is left out, and the end comes all the same.
func TestEventsThatAreNone(t *testing.T) {
	p := listen(t)
	r := open(t, p, "")
	p.Tell(math.NaN())
	p.Tell(map[string]any{"f": func() {}})
	p.Tell(1)
	r.want(greeting, "1")
	p.End(math.Inf(1))
	r.want("{}", "")
}

// A reader that stands still holds up neither the run nor its end.
func TestStuckReader(t *testing.T) {
	p := listen(t)
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.URL, "http://"), "/"))
	assert.NilError(t, err)
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(1 << 10)
	fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	_, err = conn.Read(make([]byte, 1))
	assert.NilError(t, err)
	big := strings.Repeat("x", 10_000)
	for range 5000 { // far more than the kernel holds
		p.Tell(big)
	}
	other := open(t, p, "")
	other.want(greeting)
	for range 5000 {
		assert.Assert(t, len(other.next()) == len(big)+2, "an event is not whole")
	}
	p.End("over")
	other.want(`"over"`, "")
}

func TestReadersAreBounded(t *testing.T) {
	p := listen(t)
	var open32 []*reader
	for range readers {
		r := open(t, p, "")
		r.want(greeting)
		open32 = append(open32, r)
	}
	answer, err := http.Get(p.URL + "events")
	assert.NilError(t, err)
	defer answer.Body.Close()
	assert.Check(t, answer.StatusCode == http.StatusServiceUnavailable, "one reader more: %s", answer.Status)
	p.Tell(1)
	for _, r := range open32 {
		r.want("1")
	}
}

func TestWhoMayAsk(t *testing.T) {
	p := listen(t)
	port := p.URL[strings.LastIndex(p.URL, ":"):]
	port = strings.TrimSuffix(port, "/")
	for _, c := range []struct {
		method, path, host string
		want               int
	}{
		{"GET", "/", "127.0.0.1" + port, 200},
		{"HEAD", "/", "127.0.0.1" + port, 200},
		{"HEAD", "/events", "127.0.0.1" + port, 200},
		{"GET", "/live.js", "localhost" + port, 200},
		{"GET", "/live.css", "LOCALHOST", 200},
		{"GET", "/chart.js", "[::1]" + port, 200},
		{"GET", "/palette.css", "localhost", 200},
		{"GET", "/transports.js", "localhost", 200},
		{"GET", "/format.js", "localhost", 200},
		{"GET", "/", "evil.example" + port, 421},
		{"GET", "/events", "evil.example", 421},
		{"GET", "/events", "127.0.0.1.evil.example", 421},
		{"GET", "/events", "localhost.evil.example" + port, 421},
		{"POST", "/", "localhost", 405},
		{"PUT", "/events", "localhost", 405},
		{"OPTIONS", "/events", "localhost", 405},
		{"GET", "/none", "localhost", 404},
		{"GET", "/..%2flive.go", "localhost", 404},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, strings.TrimSuffix(p.URL, "/")+c.path, nil)
		assert.NilError(t, err)
		r.Host = c.host
		answer, err := http.DefaultTransport.RoundTrip(r)
		assert.NilError(t, err)
		answer.Body.Close()
		assert.Check(t, answer.StatusCode == c.want, "%s %s of %s: %s, want %d", c.method, c.path, c.host, answer.Status, c.want)
		h := answer.Header
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, h)
		}
	}
}

func TestListen(t *testing.T) {
	taken := listen(t)
	for _, address := range []string{strings.Trim(strings.TrimPrefix(taken.URL, "http://"), "/"), "127.0.0.1", "256.0.0.1:0", "127.0.0.1:99999"} {
		if p, err := Listen(address); err == nil {
			p.End("")
			t.Errorf("%s was listened on", address)
		}
	}
	p, err := Listen(":0")
	assert.NilError(t, err)
	defer p.End("")
	assert.Check(t, strings.HasPrefix(p.URL, "http://127.0.0.1:"), "without a host it is %s", p.URL)
}

// FuzzResume: whatever a reader says it has had, it goes on within the history.
func FuzzResume(f *testing.F) {
	p := &Page{word: "ABCDEFGH", news: make(chan struct{})}
	for i := range 10 {
		p.Tell(i)
	}
	for _, id := range []string{"", "ABCDEFGH-3", "ABCDEFGH-9", "ABCDEFGH-10", "ABCDEFGH-99999999999999999999", "ABCDEFGH--1", "\x00"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		next, known := p.resume(id)
		if next < 0 || next > 10 || !known && next != 0 {
			t.Errorf("%q: %d, %v", id, next, known)
		}
		p.after(next)
	})
}
