package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/proc"
)

// server is a chatserver in a process of its own.
type server struct {
	*proc.Process
	t   *testing.T
	url string
}

func startServer(t *testing.T) *server {
	t.Helper()
	return startServerAt(t, "127.0.0.1:0")
}

func startServerAt(t *testing.T, address string) *server {
	t.Helper()
	p, err := proc.Start(chatserver, "--listen", address, "--exit-with-stdin", "--deflate")
	assert.NilError(t, err)
	s := &server{Process: p, t: t}
	t.Cleanup(s.stop)
	var ready struct{ URL string }
	stdout := bufio.NewReader(p.Stdout)
	line, err := stdout.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &ready) != nil {
		t.Fatalf("the first line is %q (%v); %s", line, err, p.Log())
	}
	s.url = ready.URL
	return s
}

func (s *server) address() string { return strings.TrimPrefix(s.url, "http://") }

// stop ends the process, if it still runs.
func (s *server) stop() {
	s.Stdin.Close()
	if err := s.WaitOrKill(patience); err != nil {
		s.t.Errorf("chatserver: %v; %s", err, s.Log())
	}
	s.Stdout.Close()
}

func (s *server) get(path string) string {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	assert.NilError(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	assert.Assert(s.t, err == nil && res.StatusCode == http.StatusOK, "GET %s: %s %q (%v)", path, res.Status, body, err)
	return string(body)
}

func (s *server) post(room, text string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"user":"ada","text":%s}`, strconv.Quote(text))
	res, err := http.Post(s.url+"/api/rooms/"+room+"/messages", "application/json", strings.NewReader(body))
	assert.NilError(s.t, err)
	defer res.Body.Close()
	assert.Assert(s.t, res.StatusCode == http.StatusCreated, "POST %s: %s", body, res.Status)
}

// messages returns the JSON of each message of a room.
func (s *server) messages(room string) (each []json.RawMessage) {
	s.t.Helper()
	var page struct{ Messages []json.RawMessage }
	assert.NilError(s.t, json.Unmarshal([]byte(s.get("/api/rooms/"+room+"/messages?after=0&limit=1000")), &page))
	return page.Messages
}

// metric returns one of the server's counts. Asking is itself a request.
func (s *server) metric(name string) int {
	s.t.Helper()
	for line := range strings.Lines(s.get("/metrics")) {
		if value, ok := strings.CutPrefix(line, "pollpush_"+name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			assert.NilError(s.t, err)
			return int(n)
		}
	}
	s.t.Fatalf("/metrics has no pollpush_%s", name)
	return 0
}
