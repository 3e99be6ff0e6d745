package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
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
	err := json.Unmarshal([]byte(r.body), &p)
	assert.Assert(h.t, err == nil && r.status == 200, "GET %s: %d %q (%v)", path, r.status, r.body, err)
	return p, r
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
		{400, "room", "POST", "/api/rooms/a%20b/messages", good, typed},
		{400, "room", "GET", "/api/rooms/a.b/ws", "", typed},
		{400, "after", "GET", messages + "?after=", "", typed},
		{400, "after", "GET", messages + "?after=1&after=2", "", typed},
		{400, "after", "GET", "/api/rooms/lobby/ws?after=x", "", typed},
		{400, "limit", "GET", messages + "?limit=0", "", typed},
		{400, "query", "GET", messages + "?after=%zz", "", typed},
		{400, "object", "POST", messages, "", typed},
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
		got := r.header.Get("Content-Type")
		assert.Check(t, got == "application/problem+json", "%s %s: Content-Type %q", tt.method, tt.path, got)
		allow := r.header.Get("Allow")
		assert.Check(t, tt.status != 405 || allow == tt.detail, "%s %s: Allow %q, want %q", tt.method, tt.path, allow, tt.detail)
	}
	if h.tally.posted.Load() != 0 {
		t.Errorf("%d refused messages were posted", h.tally.posted.Load())
	}
}

func TestAround(t *testing.T) {
	h := start(t, Config{})
	h.post("lobby", "hello")
	r := h.do("HEAD", "/api/rooms/lobby/messages", "")
	assert.Check(t, r.status == 200 && r.header.Get("ETag") == `"1"` && r.body == "", "HEAD: %d %v", r.status, r.header)
	h.drain()
	r = h.do("GET", "/metrics", "")
	assert.Check(t, r.status == 200, "metrics while shutting down: %d", r.status)
}

func TestPanicsBecomeProblems(t *testing.T) {
	h := start(t, Config{})
	buggy := chi.NewRouter()
	buggy.Get("/", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	h.http.Handler = h.arrive(buggy)
	r := h.do("GET", "/", "")
	assert.Check(t, r.status == 500 && !strings.Contains(r.body, "bug") && !strings.Contains(r.body, "goroutine"), "got %d %s", r.status, r.body)
	if !strings.Contains(h.log.String(), "a bug") || h.tally.panics.Load() != 1 {
		t.Errorf("%d panics counted; log %s", h.tally.panics.Load(), h.log.String())
	}
}
