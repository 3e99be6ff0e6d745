package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/transport"
)

// say posts texts in the room lobby.
func say(t *testing.T, url string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		body, err := json.Marshal(map[string]string{"user": "ada", "text": text})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(url+"/api/rooms/lobby/messages", "application/json", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusCreated {
			t.Fatal(r.Status)
		}
	}
}

// wantLines checks that lines are messages, one each, with these texts and
// ids from first on.
func wantLines(t *testing.T, lines string, first uint64, texts ...string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(lines) {
		var m struct {
			ID         uint64
			User, Text string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.User == "" {
			t.Errorf("line %q: %v", line, err)
		}
		if want := first + uint64(len(got)); m.ID != want {
			t.Errorf("line %q where message %d should be", line, want)
		}
		got = append(got, m.Text)
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", texts) {
		t.Errorf("%q, want %q", got, texts)
	}
}

func TestProbeByAllTransports(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), program(t, "chatserver"), "--listen", "127.0.0.1:0", "--deflate")
	p.awaitIn(&p.stdout, "\n")
	var line struct{ URL string }
	if err := json.Unmarshal([]byte(p.stdout.String()), &line); err != nil {
		t.Fatal(err)
	}
	say(t, line.URL, "before", "just before")
	probes := map[string]*process{}
	for _, name := range transport.Names() {
		probes[name] = launch(t, t.TempDir(), program(t, "pollpush"), "probe", name, line.URL, "--interval", "50ms")
		probes[name+" from the first on"] = launch(t, t.TempDir(), program(t, "pollpush"), "probe", name, line.URL, "--interval", "50ms", "--after", "1")
	}
	for name, probe := range probes {
		name, _, _ = strings.Cut(name, " ")
		probe.await("room lobby of " + line.URL + " by " + name + ", from message ")
	}
	const odd = "\"three\" \\ <&> ä€😀\u2028 \n \x1b[2J \x00"
	say(t, line.URL, odd, "four")
	for name, probe := range probes {
		probe.awaitIn(&probe.stdout, `"four"`)
		probe.signal([]syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[len(name)%2])
		e := probe.end()
		e.wantExit(t, fine)
		if strings.Count(e.stderr, "\n") != 1 {
			t.Errorf("%s: stderr: %s", name, e.stderr)
		}
		if strings.Contains(name, " ") {
			wantLines(t, e.stdout, 2, "just before", odd, "four")
		} else {
			wantLines(t, e.stdout, 3, odd, "four")
		}
	}
	p.signal(syscall.SIGTERM)
	p.end().wantExit(t, fine)
}

func TestProbeRefused(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/messages") && !strings.Contains(r.URL.RawQuery, "after") {
			fmt.Fprint(w, `{"messages":[],"last":0}`)
			return
		}
		http.Error(w, "there is nothing", http.StatusNotFound)
	}))
	t.Cleanup(bare.Close)
	moved := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	t.Cleanup(moved.Close)
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	}))
	t.Cleanup(failing.Close)
	type refusal struct {
		args string
		code int
		said string
	}
	table := []refusal{
		{"wss " + bare.URL, badInput, `transport "wss": there is none of this name; there are poll, poll-etag, `},
		{"ws nonsense", badInput, "give a server's base address, as"},
		{"ws http://127.0.0.1:99999", badInput, "give a server's base address, as"},
		{"sse http://:8080 --after 0", badInput, "give a server's base address, as"},
		{"ws " + bare.URL + " --room a.b", badInput, `--room "a.b": want 1 to 64 of`},
		{"ws " + bare.URL + " --after x", badInput, "--after"},
		{"ws " + bare.URL + " --after -1", badInput, "--after"},
		{"poll " + bare.URL + " --interval 0s", badInput, "--interval 0s: want at least 10ms"},
		{"ws http://" + closed.Addr().String(), refused, "connection refused; is the server running there?"},
		{"ws http://" + closed.Addr().String() + " --after 0", refused, "connection refused"},
		{"ws " + bare.URL + "/nowhere", badInput, "give the server's base address"},
		{"ws " + moved.URL, refused, "is redirected to " + moved.URL + "/elsewhere: redirects are not followed"},
		{"ws " + moved.URL + " --after 0", refused, "the server answered 302: a redirect to /elsewhere, which is not followed"},
	}
	for _, name := range transport.Names() {
		table = append(table,
			refusal{name + " " + bare.URL, refused, "cannot be received by " + name + ": the server answered 404: there is nothing"},
			refusal{name + " " + failing.URL + " --after 0", refused, "cannot be received by " + name + ": the server answered 503: out of order"})
	}
	for _, c := range table {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			e := pollpush(t, dir, append([]string{"probe"}, strings.Fields(c.args)...)...)
			e.wantExit(t, c.code, c.said)
			if e.stdout != "" {
				t.Errorf("stdout: %s", e.stdout)
			}
		})
	}
}

// To a load balancer, a probe is one visitor from its first question on.
func TestProbeKeepsCookies(t *testing.T) {
	t.Parallel()
	var strangers atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		messages := ""
		if c, err := r.Cookie("SRV"); err != nil || c.Value != "one" {
			strangers.Add(1)
			w.Header().Set("Set-Cookie", "SRV=one; path=/")
		} else if r.URL.Query().Get("after") == "0" {
			messages = `{"id":1,"room":"lobby","user":"ada","text":"hello","at":1763850000123}`
		}
		fmt.Fprintf(w, `{"messages":[%s],"last":0}`, messages)
	}))
	t.Cleanup(server.Close)
	p := launch(t, t.TempDir(), program(t, "pollpush"), "probe", "poll", server.URL, "--interval", "10ms")
	p.awaitIn(&p.stdout, "hello")
	p.signal(syscall.SIGTERM)
	p.end().wantExit(t, fine)
	if n := strangers.Load(); n != 1 {
		t.Errorf("%d requests came without the cookie, want 1", n)
	}
}

// A session that was let in is opened again, also where no message has come yet.
func TestProbeQuietSession(t *testing.T) {
	t.Parallel()
	var polls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			fmt.Fprint(w, "ok")
		case !r.URL.Query().Has("sid"):
			fmt.Fprint(w, `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)
		case polls.Add(1) == 1:
			fmt.Fprint(w, `40{"sid":"y"}`)
		default:
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	p := launch(t, workplace(t), program(t, "pollpush"), "probe", "socketio-polling", s.URL, "--after", "0")
	p.await("trying again in ")
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, fine)
}

// Without its room's last message a server cannot be asked for what is new.
func TestProbeNeedsLast(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}\x1b[2J") }))
	defer s.Close()
	pollpush(t, workplace(t), "probe", "ws", s.URL).wantExit(t, refused, `found 200 OK with "{}\x1b[2J", want the room's last message; --after ID does without it`)
}

// streams serves one text of an event stream after the other, each cut off at
// its end, piece by piece.
type streams struct {
	t      *testing.T
	texts  []string
	resume []string // Last-Event-ID of each connection
	mu     sync.Mutex
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := len(s.resume)
	s.resume = append(s.resume, r.Header.Get("Last-Event-ID"))
	s.mu.Unlock()
	if n >= len(s.texts) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	for i := range len(s.texts[n]) { // byte by byte, so that all is cut apart
		if _, err := io.WriteString(w, s.texts[n][i:i+1]); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
	}
	panic(http.ErrAbortHandler) // without the last chunk
}

// What the HTML standard says of event streams (9.2.6), end to end: odd line
// ends, comments, fields and pieces, and streams that are cut off.
func TestProbeOddStreams(t *testing.T) {
	t.Parallel()
	message := func(id int, text string) string {
		return fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":%q,"at":1763850000123}`, id, text)
	}
	s := &streams{t: t, texts: []string{
		"\ufeff: a byte order mark, and a comment\n" +
			"id: 1\nevent: message\ndata: " + message(1, "LF") + "\n\n" +
			"id: 2\rdata: " + message(2, "CR") + "\r\r" +
			"id: 3\r\ndata: " + message(3, "CRLF") + "\r\n\r\n" +
			"data:" + message(4, "no space") + "\nid:4\n\n" +
			"data: {\"id\":5,\"room\":\"lobby\",\ndata: \"user\":\"ada\",\r\ndata:\"text\":\r" + "data: \"many lines\"" + "\ndata\ndata: ,\"at\":1}\n\n" +
			"retry: 10\nretry: soon\ncolour: blue\n:\n\n" +
			"event: weather\ndata: rain\n\n" +
			"event: message\n\n" + // without data: no event
			"id: 7\x00\ndata: " + message(6, "an id with NUL") + "\n\n" +
			"event: truncated\ndata: {\"truncated\":true}\n\n" +
			"event:\ndata: " + message(7, "an empty type") + "\n\n" +
			"data: " + message(8, "cut off, and so no event") + "\n",
		"data: " + message(7, "again") + "\n\n" + "id: 8\ndata: " + message(8, "after the cut") + "\n\n" + "id: 11\ndata: " + message(11, "later"),
		"id: 11\ndata: " + message(11, "after a gap") + "\n\n",
	}}
	server := httptest.NewServer(s)
	defer server.Close()
	p := launch(t, workplace(t), program(t, "pollpush"), "probe", "sse", server.URL, "--after", "0")
	p.awaitIn(&p.stdout, "after a gap")
	p.await("after message 11")
	p.signal(syscall.SIGINT)
	e := p.end()
	e.wantExit(t, fine, "from message 1 on", "trying again in ", "after message 7\n", "after message 8\n", "messages 9 to 10 did not come")
	lines := strings.SplitAfter(e.stdout, "\n")
	wantLines(t, strings.Join(lines[:8], ""), 1, "LF", "CR", "CRLF", "no space", "many lines", "an id with NUL", "an empty type", "after the cut")
	wantLines(t, strings.Join(lines[8:], ""), 11, "after a gap")
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := fmt.Sprintf("%q", s.resume[:3]); got != `["" "7" "8"]` {
		t.Errorf("Last-Event-ID %s", got)
	}
}

// A refusal that comes later ends it as well.
func TestProbeRefusedLater(t *testing.T) {
	t.Parallel()
	var first sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusForbidden
		first.Do(func() { status = http.StatusOK })
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(status)
	}))
	defer s.Close()
	pollpush(t, workplace(t), "probe", "sse", s.URL, "--after", "5").wantExit(t, refused, "trying again in ", "the server answered 403")
}

// Who reads no further, as head does, ends it.
func TestProbeUnread(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := prepared(t, workplace(t), program(t, "pollpush"), "probe", "ws", url, "--after", "0")
	p.cmd.Stdout = w
	p.start()
	w.Close()
	say(t, url, "one")
	if line, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Errorf("%q, %v", line, err)
	}
	r.Close()
	// A child that is just being started may hold the pipe a moment longer.
	for ended := false; !ended; {
		say(t, url, "two")
		select {
		case <-p.over:
			ended = true
		default:
		}
	}
	p.end().wantExit(t, fine)
}
