package server

import (
	"fmt"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

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
	n := h.tally.deliveries.Load()
	assert.Check(t, n == waiting, "%d deliveries counted, want %d", n, waiting)
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
	r := <-waits
	assert.Check(t, r.status == 200 && r.body == `{"messages":[],"last":0}`, "at the shutdown: %d %s", r.status, r.body)
}

// To wait for longer than a request may take to arrive must not cut it off.
func TestLongPollOutlivesTheTimeLimits(t *testing.T) {
	h := startWith(t, Config{}, func(s *Server) {
		s.http.ReadTimeout, s.http.WriteTimeout = 900*time.Millisecond, 900*time.Millisecond
	})
	p, _ := h.poll("/api/rooms/lobby/messages?after=0&wait=1s")
	assert.Check(t, p.Last == 0, "got %+v", p)
}
