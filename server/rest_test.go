package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/chat"
)

type pageJSON struct {
	Messages  []chat.Message
	Last      uint64
	Truncated *bool
}

func (h *harness) poll(path string) (pageJSON, reply) {
	h.t.Helper()
	r := h.do("GET", path, "")
	var p pageJSON
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || r.status != 200 {
		h.t.Fatalf("GET %s: %d %q (%v)", path, r.status, r.body, err)
	}
	return p, r
}

func TestPostAnswersWithTheMessage(t *testing.T) {
	h := start(t, Config{})
	r := h.post("lobby", "<hello> \\ 🙂")
	var m chat.Message
	assert.NilError(t, json.Unmarshal([]byte(r.body), &m))
	if r.status != 201 || m.ID != 1 || m.Room != "lobby" || m.User != "ada" || m.Text != "<hello> \\ 🙂" || m.At == 0 {
		t.Errorf("got %d %+v", r.status, m)
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	p, _ := h.poll(r.header.Get("Location"))
	if len(p.Messages) != 1 || p.Messages[0].Text != m.Text || p.Messages[0].ID != m.ID {
		t.Errorf("Location %q leads to %+v", r.header.Get("Location"), p)
	}
}

func TestPoll(t *testing.T) {
	h := start(t, Config{History: 5})
	for i := range 8 {
		h.post("lobby", fmt.Sprint(i+1))
	}
	h.post("short", "1")
	tests := []struct {
		path      string
		first, n  int
		last      uint64
		truncated bool
	}{
		{"lobby/messages", 4, 5, 8, false},
		{"lobby/messages?limit=2", 7, 2, 8, false},
		{"lobby/messages?after=0", 4, 5, 8, true},
		{"lobby/messages?after=2&limit=2", 4, 2, 5, true},
		{"lobby/messages?after=3", 4, 5, 8, false},
		{"lobby/messages?after=6&limit=1000", 7, 2, 8, false},
		{"lobby/messages?after=8", 0, 0, 8, false},
		{"lobby/messages?after=18446744073709551615", 0, 0, 8, false},
		{"lobby/messages?after=7&unknown=1", 8, 1, 8, false},
		{"short/messages?after=0", 1, 1, 1, false},
		{"empty/messages", 0, 0, 0, false},
	}
	for _, tt := range tests {
		p, r := h.poll("/api/rooms/" + tt.path)
		if len(p.Messages) != tt.n || p.Last != tt.last || (p.Truncated != nil) != tt.truncated || p.Messages == nil {
			t.Errorf("%s: got %s", tt.path, r.body)
			continue
		}
		for i, m := range p.Messages {
			if m.ID != uint64(tt.first+i) || m.Text != fmt.Sprint(m.ID) {
				t.Errorf("%s: message %d is %+v, want id %d", tt.path, i, m, tt.first+i)
			}
		}
		if got, want := r.header.Get("ETag"), fmt.Sprintf(`"%d"`, tt.last); got != want {
			t.Errorf("%s: ETag %s, want %s", tt.path, got, want)
		}
		if got := r.header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", tt.path, got)
		}
		if got := r.header.Get("Content-Length"); got != fmt.Sprint(len(r.body)) {
			t.Errorf("%s: Content-Length %q, want %d", tt.path, got, len(r.body))
		}
	}
}

func TestProblems(t *testing.T) {
	h := start(t, Config{})
	const (
		messages = "/api/rooms/lobby/messages"
		typed    = "Content-Type: application/json"
		good     = `{"user":"ada","text":"hello"}`
	)
	tests := []struct {
		status int
		detail string // part of it
		method string
		path   string
		body   string
		header string
	}{
		{400, "room", "GET", "/api/rooms/a.b/messages", "", typed},
		{400, "room", "GET", "/api/rooms/" + strings.Repeat("x", 65) + "/messages", "", typed},
		{400, "room", "POST", "/api/rooms/a%20b/messages", good, typed},
		{400, "room", "GET", "/api/rooms/a.b/ws", "", typed},
		{400, "after", "GET", messages + "?after=", "", typed},
		{400, "after", "GET", messages + "?after=-1", "", typed},
		{400, "after", "GET", messages + "?after=1&after=2", "", typed},
		{400, "after", "GET", messages + "?after=18446744073709551616", "", typed},
		{400, "after", "GET", "/api/rooms/lobby/ws?after=x", "", typed},
		{400, "limit", "GET", messages + "?limit=0", "", typed},
		{400, "limit", "GET", messages + "?limit=1001", "", typed},
		{400, "limit", "GET", messages + "?limit=ten", "", typed},
		{400, "query", "GET", messages + "?after=%zz", "", typed},
		{400, "object", "POST", messages, "", typed},
		{400, "object", "POST", messages, "[]", typed},
		{400, "object", "POST", messages, "null", typed},
		{400, "body", "POST", messages, `{"user":"ada"`, typed},
		{400, "body", "POST", messages, `{"user":"ada",}`, typed},
		{400, "body", "POST", messages, `{"user":7,"text":"hello"}`, typed},
		{400, "more", "POST", messages, good + "{}", typed},
		{400, "colour", "POST", messages, `{"user":"ada","text":"hello","colour":"red"}`, typed},
		{400, "User", "POST", messages, `{"User":"ada","text":"hello"}`, typed},
		{400, "user", "POST", messages, `{"user":"ada","user":"bob","text":"hello"}`, typed},
		{400, "UTF-8", "POST", messages, "{\"user\":\"ada\",\"text\":\"\xff\"}", typed},
		{400, "surrogate", "POST", messages, `{"user":"ada","text":"\ud800"}`, typed},
		{400, "user", "POST", messages, `{"text":"hello"}`, typed},
		{400, "user", "POST", messages, `{"user":"` + strings.Repeat("é", 65) + `","text":"hello"}`, typed},
		{400, "text", "POST", messages, `{"user":"ada","text":""}`, typed},
		{400, "text", "POST", messages, `{"user":"ada","text":null}`, typed},
		{400, "text", "POST", messages, `{"user":"ada","text":"` + strings.Repeat("x", 4097) + `"}`, typed},
		{413, "32768", "POST", messages, strings.Repeat(" ", maxBody) + good, typed},
		{415, "text/plain", "POST", messages, good, "Content-Type: text/plain"},
		{415, `""`, "POST", messages, good, "X: y"},
		{404, "/api/rooms", "GET", "/nothing", "", typed},
		{400, "room", "POST", "/api/rooms//messages", good, typed},
		{405, "GET, HEAD, POST", "DELETE", messages, "", typed},
		{405, "GET, HEAD", "POST", "/healthz", "", typed},
		{405, "GET, HEAD", "BREW", "/", "", typed},
		{426, "WebSocket", "GET", "/api/rooms/lobby/ws", "", typed},
	}
	for _, tt := range tests {
		r := h.do(tt.method, tt.path, tt.body, tt.header)
		var p problem
		if err := json.Unmarshal([]byte(r.body), &p); err != nil {
			t.Errorf("%s %s %.40q: %q is no JSON", tt.method, tt.path, tt.body, r.body)
		}
		if r.status != tt.status || p.Status != tt.status || p.Title != http.StatusText(tt.status) || !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s %s %.40q: got %d %+v, want %d with %q", tt.method, tt.path, tt.body, r.status, p, tt.status, tt.detail)
		}
		if got := r.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: Content-Type %q", tt.method, tt.path, got)
		}
		if allow := r.header.Get("Allow"); tt.status == 405 && allow != tt.detail {
			t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, allow, tt.detail)
		}
	}
	if h.tally.posted.Load() != 0 {
		t.Errorf("%d refused messages were posted", h.tally.posted.Load())
	}
}

func TestTooManyRooms(t *testing.T) {
	h := start(t, Config{})
	for i := range chat.MaxRooms {
		if _, err := h.hub.Room(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if r := h.do("GET", "/api/rooms/one-more/messages", ""); r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("got %d %v", r.status, r.header)
	}
}

func TestAround(t *testing.T) {
	h := start(t, Config{})
	if r := h.do("GET", "/healthz", ""); r.status != 200 || r.body != `{"status":"ok"}` {
		t.Errorf("healthz: %d %s", r.status, r.body)
	}
	if r := h.do("GET", "/", ""); r.status != 200 || !strings.Contains(r.body, "<html") {
		t.Errorf("/: %d %s", r.status, r.body)
	}
	h.post("lobby", "hello")
	if r := h.do("HEAD", "/api/rooms/lobby/messages", ""); r.status != 200 || r.header.Get("ETag") != `"1"` || r.body != "" {
		t.Errorf("HEAD: %d %v", r.status, r.header)
	}
	h.drain()
	for _, path := range []string{"/healthz", "/api/rooms/lobby/messages"} {
		if r := h.do("GET", path, ""); r.status != 503 || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s while shutting down: %d %v", path, r.status, r.header)
		}
	}
	if r := h.do("GET", "/metrics", ""); r.status != 200 {
		t.Errorf("metrics while shutting down: %d", r.status)
	}
}

func TestPanicsBecomeProblems(t *testing.T) {
	h := start(t, Config{})
	h.http.Handler = h.arrive(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }))
	r := h.do("GET", "/", "")
	if r.status != 500 || strings.Contains(r.body, "bug") || strings.Contains(r.body, "goroutine") {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if !strings.Contains(h.log.String(), "a bug") || h.tally.panics.Load() != 1 {
		t.Errorf("%d panics counted; log %s", h.tally.panics.Load(), h.log.String())
	}
}
