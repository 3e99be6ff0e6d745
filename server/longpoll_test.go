package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestConditionalPoll(t *testing.T) {
	h := start(t, Config{})
	h.post("lobby", "one")
	h.post("lobby", "two")
	tests := []struct {
		path, condition string
		status          int
		tag             string
	}{
		{"?after=2", `"2"`, 304, `"2"`},
		{"?after=2", `W/"2"`, 304, `"2"`},
		{"?after=2", `"7", "2"`, 304, `"2"`},
		{"?after=2", `*`, 304, `"2"`},
		{"?after=2", `"1"`, 200, `"2"`},
		{"?after=2", `2`, 200, `"2"`},
		{"?after=2", `""`, 200, `"2"`},
		{"?after=1", `"1"`, 200, `"2"`},
		{"?after=0", `"2"`, 304, `"2"`},
		{"?after=0&limit=1", `"2"`, 200, `"1"`},
		{"", `"2"`, 304, `"2"`},
		{"?after=2&wait=1s", `"1"`, 200, `"2"`},
		{"?after=2&wait=1s", `"2"`, 304, `"2"`},
	}
	for _, tt := range tests {
		r := h.do("GET", "/api/rooms/lobby/messages"+tt.path, "", "If-None-Match: "+tt.condition)
		if r.status != tt.status || r.header.Get("ETag") != tt.tag || r.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s, If-None-Match %s: %d %v", tt.path, tt.condition, r.status, r.header)
		}
		assert.Check(t, (r.body == "") == (tt.status == 304), "%s, If-None-Match %s: body %q", tt.path, tt.condition, r.body)
	}
}

// Whoever has the newest message, but not what history no longer holds, is told
// of the gap.
func TestConditionalPollOfATruncatedPage(t *testing.T) {
	h := start(t, Config{History: 2})
	for range 4 {
		h.post("lobby", "again")
	}
	r := h.do("GET", "/api/rooms/lobby/messages?after=1", "", `If-None-Match: "4"`)
	assert.Check(t, r.status == 200 && strings.Contains(r.body, `"truncated":true`), "got %d %s", r.status, r.body)
}

func TestLongPollAnswersWhenThereIsNews(t *testing.T) {
	h := start(t, Config{})
	h.post("lobby", "before")
	const waiting = 5
	replies := make(chan reply, waiting)
	for i := range waiting {
		limit := 1 + i%2
		go func() {
			replies <- h.do("GET", fmt.Sprintf("/api/rooms/lobby/messages?after=1&wait=60s&limit=%d", limit), "")
		}()
	}
	h.await("waiting polls", &h.tally.waiting, waiting)
	want := h.post("lobby", "news").body
	for range waiting {
		if r := <-replies; r.status != 200 || r.body != `{"messages":[`+want+`],"last":2}` || r.header.Get("ETag") != `"2"` {
			t.Errorf("got %d %s %v", r.status, r.body, r.header)
		}
	}
	h.await("waiting polls", &h.tally.waiting, 0)
	if n := h.tally.deliveries.Load(); n != waiting {
		t.Errorf("%d deliveries counted, want %d", n, waiting)
	}
}

func TestLongPollAnswersAtOnceWhereThereIsNews(t *testing.T) {
	h := start(t, Config{History: 2})
	for _, text := range []string{"one", "two", "three"} {
		h.post("lobby", text)
	}
	for path, n := range map[string]int{"?after=2&wait=60s": 1, "?after=0&wait=60s": 2} {
		if p, _ := h.poll("/api/rooms/lobby/messages" + path); len(p.Messages) != n || (p.Truncated != nil) != (n == 2) {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

func TestLongPollEndsEmpty(t *testing.T) {
	h := start(t, Config{})
	p, r := h.poll("/api/rooms/lobby/messages?after=0&wait=1s")
	if len(p.Messages) != 0 || p.Messages == nil || p.Last != 0 || r.header.Get("ETag") != `"0"` {
		t.Errorf("got %s %v", r.body, r.header)
	}
}

// A request that waits is answered at a shutdown, and what has been cut off
// leaves nothing behind.
func TestLongPollEnds(t *testing.T) {
	h := start(t, Config{})
	gone := h.connect()
	fmt.Fprint(gone, "GET /api/rooms/lobby/messages?after=0&wait=60s HTTP/1.1\r\nHost: x\r\n\r\n")
	h.await("waiting polls", &h.tally.waiting, 1)
	gone.Close()
	h.await("waiting polls", &h.tally.waiting, 0)

	waits := make(chan reply, 1)
	go func() { waits <- h.do("GET", "/api/rooms/lobby/messages?after=0&wait=60s", "") }()
	h.await("waiting polls", &h.tally.waiting, 1)
	h.shutdown()
	if r := <-waits; r.status != 200 || r.body != `{"messages":[],"last":0}` {
		t.Errorf("at the shutdown: %d %s", r.status, r.body)
	}
}

// To wait for longer than a request may take to arrive must not cut it off.
func TestLongPollOutlivesTheTimeLimits(t *testing.T) {
	h := startWith(t, Config{}, func(s *Server) {
		s.http.ReadTimeout, s.http.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	})
	if p, _ := h.poll("/api/rooms/lobby/messages?after=0&wait=1s"); p.Last != 0 {
		t.Errorf("got %+v", p)
	}
}

func TestBadWaits(t *testing.T) {
	h := start(t, Config{})
	for _, query := range []string{"after=0&wait=", "after=0&wait=25", "after=0&wait=500ms", "after=0&wait=61s", "after=0&wait=-1s", "after=0&wait=2s&wait=2s", "wait=2s"} {
		if r := h.do("GET", "/api/rooms/lobby/messages?"+query, ""); r.status != 400 || !strings.Contains(r.body, "wait: found") {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}
