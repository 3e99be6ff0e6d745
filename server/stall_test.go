package server

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/chat"
)

// pushed are the ways to be pushed to. Each joins the lobby, and reads nothing
// from then on; told returns how the connection ended for a client that reads
// after all.
var pushed = []struct {
	name string
	join func(h *harness) (told func() error)
}{
	{"sse", func(h *harness) func() error { return brokenOff(h.streamThatStalls()) }},
	{"ws", socketThatStalls("lobby/ws", false)},
	{"ws-deflate", socketThatStalls("lobby/ws", true)},
	{"ws-batch", socketThatStalls("lobby/ws?batch=true", false)},
	{"socketio-ws", func(h *harness) func() error {
		return closedAsSlow(h.join("&room=lobby").Conn)
	}},
}

func (h *harness) streamThatStalls() net.Conn {
	h.t.Helper()
	c := h.connect()
	beneath(c).SetReadBuffer(4 << 10)
	fmt.Fprint(c, "GET /api/rooms/lobby/events HTTP/1.1\r\nHost: x\r\n\r\n")
	h.await("streams", &h.tally.streams, 1)
	return c
}

func brokenOff(c net.Conn) func() error {
	return func() error {
		c.SetDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c); err == nil {
			return errors.New("the stream came to an end of its own")
		}
		return nil
	}
}

func socketThatStalls(path string, deflated bool) func(*harness) func() error {
	return func(h *harness) func() error {
		d := h.dialer()
		d.EnableCompression = deflated
		ws, _, err := d.Dial(h.ws()+"/api/rooms/"+path, nil)
		assert.NilError(h.t, err)
		h.t.Cleanup(func() { ws.Close() })
		return closedAsSlow(ws)
	}
}

// closedAsSlow expects a client that reads after all to find a close frame.
func closedAsSlow(ws *websocket.Conn) func() error {
	return func() error {
		if code := closeCode(ws); code != websocket.ClosePolicyViolation {
			return fmt.Errorf("closed with %d, want 1008", code)
		}
		return nil
	}
}

// incompressible is a message's text, which deflate makes hardly smaller.
func incompressible(size int) string {
	text := make([]byte, size)
	for i := range text {
		text[i] = byte(' ' + 1 + rand.N(90))
	}
	return string(text)
}

// A client that does not read is cut 8 to 10 s after something began to wait for
// it, however little that is, and whether the kernel holds all of it or the outbox
// too. A client that reads stays.
func TestStalledReaderIsCut(t *testing.T) {
	for _, c := range []struct {
		transport    int
		count, bytes int // of messages
	}{{0, 2000, 300}, {0, 2000, chat.MaxText}, {1, 2000, 300}, {2, 2000, 300}, {3, 2000, 300}, {4, 2000, 300}} {
		transport := pushed[c.transport]
		t.Run(fmt.Sprintf("%s, %d B", transport.name, c.bytes), func(t *testing.T) {
			h := startWith(t, Config{History: 10_000, Deflate: true, Batch: time.Millisecond, Backlog: 64 << 20}, func(s *Server) { s.members.second.Stop() })
			good := h.open("lobby/ws")
			told := transport.join(h)
			room := h.lobby()
			for range c.count {
				room.Post("ada", incompressible(c.bytes))
			}
			wantMessages(t, lines(t, good, c.count), 1)
			h.await("deliveries", &h.tally.deliveries, int64(2*c.count))
			seconds := h.passUntilStalled()
			// Later than after ten only where the kernels were still at work.
			if seconds < stallSeconds-sweepSeconds || seconds >= pingSeconds {
				t.Errorf("cut after %d seconds, want about %d", seconds, stallSeconds)
			}
			assert.Check(t, told())
			h.await("connections", &h.tally.Open, 1)
			if n := h.scrape(); n["stalled_readers_total"] != 1 || n["slow_readers_total"] != 0 {
				t.Errorf("%v stalled and %v slow readers, want 1 and 0", n["stalled_readers_total"], n["slow_readers_total"])
			}
			h.post("lobby", "still there?")
			wantMessages(t, lines(t, good, 1), c.count+1)
		})
	}
}

// passUntilStalled has seconds pass, up to the second ping, and returns how many.
// They are short, but leave kernels time for what they put off: they acknowledge
// up to 200 ms late.
func (h *harness) passUntilStalled() (seconds int) {
	short := time.NewTicker(50 * time.Millisecond)
	defer short.Stop()
	for h.tally.StalledReaders.Load() == 0 && seconds < pingSeconds {
		<-short.C
		h.members.turn()
		seconds++
	}
	return seconds
}

// An answer that is not read in time ends its connection.
func TestStalledAnswerIsCut(t *testing.T) {
	for _, path := range []string{
		"/api/rooms/lobby/messages?after=0&limit=1000",
		"/api/rooms/lobby/messages?after=0&limit=1000&wait=60s",
	} {
		t.Run(path, func(t *testing.T) {
			h := startWith(t, Config{History: 2000}, func(s *Server) { s.http.WriteTimeout = 50 * time.Millisecond })
			room := h.lobby()
			for range 2000 { // as JSON a page is larger than what kernels hold
				room.Post("ada", strings.Repeat("\x01", chat.MaxText))
			}
			c := h.connect()
			beneath(c).SetReadBuffer(4 << 10)
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
			h.await("stalled readers", &h.tally.StalledReaders, 1)
			h.await("connections", &h.tally.Open, 0)
		})
	}
}

// deadlines is an answer that takes down when it has to be written.
type deadlines struct {
	http.ResponseWriter
	write atomic.Pointer[time.Time]
}

func (d *deadlines) Header() http.Header                { return http.Header{} }
func (d *deadlines) WriteHeader(int)                    {}
func (d *deadlines) Write(p []byte) (int, error)        { return len(p), nil }
func (d *deadlines) SetReadDeadline(time.Time) error    { return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write.Store(&t); return nil }

// The time to read the answer begins with the news, not with the request: who
// asks to wait long does not get longer.
func TestLongPollAnswerHasTheUsualTime(t *testing.T) {
	h := start(t, Config{})
	answered := make(chan struct{})
	d := &deadlines{}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "/api/rooms/lobby/messages?after=0&wait=60s", nil)
	assert.NilError(t, err)
	begun := time.Now()
	go func() {
		h.http.Handler.ServeHTTP(d, r)
		close(answered)
	}()
	h.await("waiting polls", &h.tally.waiting, 1)
	h.post("lobby", "news")
	<-answered
	over := d.write.Load()
	assert.Check(t, over != nil && over.Sub(begun) <= time.Minute, "to be written until %v, asked at %v", over, begun)
}
