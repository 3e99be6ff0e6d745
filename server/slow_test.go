package server

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/chat"
)

// slowClient opens a WebSocket and then does not read.
func (h *harness) slowClient(path string) *net.TCPConn {
	h.t.Helper()
	c := beneath(h.open(path).NetConn())
	c.SetReadBuffer(4 << 10)
	return c
}

// beneath returns the TCP connection that a client's is.
func beneath(c net.Conn) *net.TCPConn {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	return c.(countingConn).Conn.(*net.TCPConn)
}

// startTurned starts a server whose seconds pass when the test turns its
// registry. No peer reads that fast: nobody is watched for it.
func startTurned(t *testing.T) *harness {
	h := startWith(t, Config{}, func(s *Server) { s.tally.Patience = 0 })
	h.members.second.Stop()
	return h
}

func TestSlowReaderIsClosedAndOthersGoOn(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	slow := h.slowClient("lobby/ws")
	good := h.open("lobby/ws")
	posted := h.fillUntilSlow(func(id int) { wantMessages(t, lines(t, good, 1), id) })
	h.await("websockets", &h.tally.websockets, 1) // although slow reads nothing
	h.await("connections", &h.tally.Open, 1)
	h.post("lobby", "still there?")
	wantMessages(t, lines(t, good, 1), posted+1)
	assert.Check(t, is.Equal(h.tally.SlowReaders.Load(), int64(1)), "slow readers")
	slow.Close()
}

func TestSlowReaderThatReadsAfterAllIsTold(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	ws := h.open("lobby/ws")
	h.fillUntilSlow(func(int) {})
	assert.Check(t, is.Equal(closeCode(ws), websocket.ClosePolicyViolation), "closed with")
}

func TestBacklogIsDeliveredInOrderOnceThePeerReads(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 20, History: 10_000})
	ws := h.open("lobby/ws")
	const n = 3000
	h.fill(n, chat.MaxText)
	h.await("deliveries", &h.tally.deliveries, n)
	wantMessages(t, lines(t, ws, n), 1)
}

func TestDeadPeersAreDropped(t *testing.T) {
	h := startTurned(t)
	silent, alive := h.slowClient("lobby/ws"), h.open("lobby/ws")
	defer silent.Close()
	h.await("websockets", &h.tally.websockets, 2)
	pinged := make(chan struct{}, 10)
	alive.SetPingHandler(func(string) error {
		alive.WriteControl(websocket.PongMessage, nil, time.Now().Add(patience))
		pinged <- struct{}{}
		return nil
	})
	go closeCode(alive)
	received := h.tally.FramesReceived.Load()
	for round := range 3 { // thirty seconds each
		for range pingSeconds {
			h.members.turn()
		}
		<-pinged
		h.await("frames received", &h.tally.FramesReceived, received+int64(round)+1)
	}
	h.await("websockets", &h.tally.websockets, 1)
}

func TestShutdownClosesSockets(t *testing.T) {
	h := start(t, Config{})
	reading := h.open("lobby/ws")
	h.slowClient("lobby/ws") // does not answer the close frame
	neverAsks, err := net.Dial("tcp", h.addr)
	assert.NilError(t, err)
	defer neverAsks.Close()
	code := make(chan int)
	go func() { code <- closeCode(reading) }()
	h.shutdown()
	assert.Check(t, is.Equal(<-code, websocket.CloseGoingAway), "closed with")
	h.await("websockets", &h.tally.websockets, 0)
	h.await("connections", &h.tally.Open, 0)
}

func TestShutdownObeysItsContext(t *testing.T) {
	h := start(t, Config{})
	for range 3 {
		h.slowClient("lobby/ws")
	}
	h.ended = true
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := h.Shutdown(ctx)
	assert.Check(t, err == context.Canceled, "Shutdown: %v", err)
	h.await("connections", &h.tally.Open, 0)
}

// Sockets of every kind, none of which closes, are told at once, and end together.
func TestShutdownTellsAllAtOnce(t *testing.T) {
	h := start(t, Config{})
	h.slowClient("lobby/ws")
	session, _, err := h.dialer().Dial(h.ws()+"/socket.io/?EIO=4&transport=websocket", nil)
	assert.NilError(t, err)
	defer session.Close()
	reading := h.open("lobby/ws")
	code := make(chan int, 1)
	go func() { code <- closeCode(reading) }()
	h.ended = true
	over := make(chan error, 1)
	go func() { over <- h.Shutdown(context.Background()) }()
	assert.Check(t, is.Equal(<-code, websocket.CloseGoingAway), "closed with")
	select {
	case <-over:
		t.Error("it did not wait for those that have not closed")
	default: // the one that reads was told before the others were given up
	}
	if err := <-over; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	h.await("connections", &h.tally.Open, 0)
}
