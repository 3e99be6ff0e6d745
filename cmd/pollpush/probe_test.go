package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/transport"
)

// say posts texts in the room lobby.
func say(t *testing.T, url string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		body, err := json.Marshal(map[string]string{"user": "ada", "text": text})
		assert.NilError(t, err)
		r, err := http.Post(url+"/api/rooms/lobby/messages", "application/json", strings.NewReader(string(body)))
		assert.NilError(t, err)
		r.Body.Close()
		assert.Assert(t, r.StatusCode == http.StatusCreated, r.Status)
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
		err := json.Unmarshal([]byte(line), &m)
		assert.Check(t, err == nil && m.User != "", "line %q: %v", line, err)
		want := first + uint64(len(got))
		assert.Check(t, m.ID == want, "line %q where message %d should be", line, want)
		got = append(got, m.Text)
	}
	assert.Check(t, fmt.Sprintf("%q", got) == fmt.Sprintf("%q", texts), "%q, want %q", got, texts)
}

func TestProbeByAllTransports(t *testing.T) {
	t.Parallel()
	line := serveBy(t, "--deflate")
	say(t, line.URL, "before", "just before")
	var probes []*process
	for i, name := range transport.Names() {
		args := []string{"probe", name, line.URL, "--interval", "50ms"}
		if i%2 == 1 {
			args = append(args, "--after", "1")
		}
		probes = append(probes, launch(t, t.TempDir(), program(t, "pollpush"), args...))
	}
	for i, probe := range probes {
		probe.await("room lobby of " + line.URL + " over " + transport.Names()[i] + ", after message ")
	}
	const odd = "\"three\" \\ <&> ä€😀\u2028 \n \x1b[2J \x00"
	say(t, line.URL, odd, "four")
	for i, probe := range probes {
		probe.awaitIn(&probe.stdout, `"four"`)
		probe.signal([]syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i%2])
		e := probe.end()
		if e.wantExit(t, fine); strings.Count(e.stderr, "\n") != 1 {
			t.Errorf("stderr: %s", e.stderr)
		}
		if i%2 == 1 {
			wantLines(t, e.stdout, 2, "just before", odd, "four")
		} else {
			wantLines(t, e.stdout, 3, odd, "four")
		}
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
	assert.Check(t, is.Equal(strangers.Load(), int64(1)), "requests came without the cookie")
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

// Streams that are cut off are asked for again, from the last whole event on.
func TestProbeCutStreams(t *testing.T) {
	t.Parallel()
	event := func(id int, text string) string {
		return fmt.Sprintf("id: %d\ndata: {\"id\":%[1]d,\"room\":\"lobby\",\"user\":\"ada\",\"text\":%q,\"at\":1763850000123}\n", id, text)
	}
	streams := make(chan string, 2)
	streams <- event(1, "one") + "\n" + event(2, "cut off")
	streams <- event(1, "again") + "\n" + event(2, "two") + "\n" + event(5, "five") + "\n"
	resumed := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case text := <-streams:
			resumed <- r.Header.Get("Last-Event-ID")
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			fmt.Fprint(w, text)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler) // without the last chunk
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	p := launch(t, workplace(t), program(t, "pollpush"), "probe", "sse", server.URL, "--after", "0")
	p.await("after message 5")
	p.signal(syscall.SIGINT)
	e := p.end()
	e.wantExit(t, fine, "after message 0\n", "trying again in ", "after message 1\n", "messages 3 to 4 are missing")
	lines := strings.SplitAfter(e.stdout, "\n")
	wantLines(t, strings.Join(lines[:2], ""), 1, "one", "two")
	wantLines(t, strings.Join(lines[2:], ""), 5, "five")
	if first, second := <-resumed, <-resumed; first != "" || second != "1" {
		t.Errorf("Last-Event-ID %q, then %q", first, second)
	}
}

// Who reads no further, as head does, ends it.
func TestProbeUnread(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	r, w, err := os.Pipe()
	assert.NilError(t, err)
	p := prepared(t, workplace(t), program(t, "pollpush"), "probe", "ws", url, "--after", "0")
	p.cmd.Stdout = w
	p.start()
	w.Close()
	say(t, url, "one")
	line, err := bufio.NewReader(r).ReadString('\n')
	assert.Check(t, err == nil, "%q, %v", line, err)
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
