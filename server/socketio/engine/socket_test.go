package engine

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/pollpush/pollpush/internal/testkit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestMessagesOverWebSocket(t *testing.T) {
	h := start(t, Config{})
	k, _ := h.dialSocket()
	k.Send("4hello")
	k.Want("4hello")
	k.Send("4", "6", "3", "4grüße 😀", "bAQIDBA==")
	k.Want("4", "4grüße 😀", "binary:\x01\x02\x03\x04")
	for _, data := range []string{"\x01\x02\x03\xff", ""} {
		assert.NilError(t, k.WriteMessage(websocket.BinaryMessage, []byte(data)))
		k.Want("binary:" + data)
	}
}

func TestCloseByTheWebSocketClient(t *testing.T) {
	h := start(t, Config{})
	t.Run("packet", func(t *testing.T) {
		k, r := h.dialSocket()
		k.Send("1")
		k.wantClosed(websocket.CloseNormalClosure)
		r.wantGone(t, ReasonClose)
	})
	t.Run("frame", func(t *testing.T) {
		k, r := h.dialSocket()
		k.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""))
		k.wantClosed(websocket.CloseGoingAway)
		r.wantGone(t, ReasonClose)
	})
	t.Run("vanishes", func(t *testing.T) {
		k, r := h.dialSocket()
		k.NetConn().(*net.TCPConn).SetLinger(0)
		k.Close()
		r.wantGone(t, ReasonClose)
	})
}

func TestCloseByTheServerOverWebSocket(t *testing.T) {
	h := start(t, Config{})
	k, r := h.dialSocket()
	r.session.Send(Text([]byte("bye")))
	r.session.Close("enough " + strings.Repeat("!", 200)) // more than a close frame holds
	r.session.Send(Text([]byte("not any more")))
	got := <-r.gone
	assert.Check(t, strings.HasPrefix(got, "enough"), "ended by %q", got)
	k.Want("4bye")
	k.wantClosed(websocket.CloseNormalClosure)
}

func TestBadFrames(t *testing.T) {
	h := start(t, Config{MaxPayload: 1000})
	for _, c := range []struct {
		name   string
		kind   int
		body   string
		code   int
		reason string
	}{
		{"empty", websocket.TextMessage, "", 1002, ReasonParse},
		{"no packet", websocket.TextMessage, "abc", 1002, ReasonParse},
		{"probe", websocket.TextMessage, "2probe", 1002, ReasonParse},
		{"half base64", websocket.TextMessage, "bAQI", 1002, ReasonParse},
		{"not UTF-8", websocket.TextMessage, "4\xff", 1007, ReasonClose},
		{"oversize text", websocket.TextMessage, "4" + strings.Repeat("x", 1000), 1009, ReasonClose},
		{"oversize binary", websocket.BinaryMessage, strings.Repeat("x", 1001), 1009, ReasonClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, r := h.dialSocket()
			r.onEcho = func([]byte) { t.Error("it was taken") }
			assert.NilError(t, k.WriteMessage(c.kind, []byte(c.body)))
			k.wantClosed(c.code)
			r.wantGone(t, c.reason)
		})
	}
}

// Nothing that follows a bad packet is taken.
func TestNothingIsTakenAfterTheEnd(t *testing.T) {
	h := start(t, Config{})
	k, r := h.dialSocket()
	r.onEcho = func([]byte) { t.Error("a message was taken") }
	k.Send("x", "4late", "4later")
	k.wantClosed(websocket.CloseProtocolError)
	r.wantGone(t, ReasonParse)
}

func TestSlowWebSocketIsDropped(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 10})
	slow, r := h.dialSocket()
	slow.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10)
	good, r2 := h.dialSocket()
	p := Text(make([]byte, 10_000))
	for h.tally.SlowReaders.Load() == 0 {
		r.session.Send(p)
		r2.session.Send(p)
		good.Next()
	}
	r.wantGone(t, ReasonClose)
	good.Send("4still there")
	good.Want("4still there")
	assert.Check(t, h.slow.Load() == 0, "a slow reader was counted twice")
}

// A message that is prepared costs a session over WebSocket nothing but a write:
// the bytes are shared, and nothing is allocated.
func TestSendAllocatesNothing(t *testing.T) {
	h := start(t, Config{})
	k, r := h.dialSocket()
	p := Text([]byte("hello"), []byte("world"))
	p.Frames()
	const runs = 100
	assert.Check(t, is.Equal(testing.AllocsPerRun(runs, func() { r.session.Send(p) }), float64(0)), "allocations")
	for range runs + 1 {
		k.Want("4hello", "4world")
	}
}

func TestCloseEndsAll(t *testing.T) {
	h := start(t, Config{})
	parkedID, parkedHandler := h.dialPolling()
	_, idleHandler := h.dialPolling()
	probedID, probedHandler := h.dialPolling()
	probing := h.connect(socketQuery + "&sid=" + probedID)
	probing.Send("2probe")
	probing.Want("3probe")
	k, socketHandler := h.dialSocket()
	deaf, deafHandler := h.dialSocket() // does not answer the close frame
	parked := h.goGet(parkedID)
	code := make(chan bool)
	go func() {
		k.wantClosed(websocket.CloseGoingAway)
		probing.wantClosed(websocket.CloseGoingAway)
		close(code)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.Close(ctx)
	<-code
	(<-parked).want(t, 200, "1")
	for _, r := range []*recorder{parkedHandler, idleHandler, probedHandler, socketHandler, deafHandler} {
		r.wantGone(t, ReasonShutdown)
	}
	h.do("GET", pollingQuery, nil).want(t, 503, `{"message":"No more sessions"}`)
	deaf.Close()
}

func TestCloseObeysItsContext(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 20})
	_, r := h.dialSocket() // reads nothing
	r.session.Send(Text(make([]byte, 32<<20)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Close(ctx)
	testkit.Await(h.t, "its connection closed", func() bool { return h.tally.Open.Load() == 0 })
	r.wantGone(t, ReasonShutdown)
}

// Sends from many goroutines reach every client whole, and each goroutine's in
// order.
func TestConcurrentSends(t *testing.T) {
	h := start(t, Config{})
	k, r := h.dialSocket()
	const senders, each = 4, 200
	for sender := range senders {
		go func() {
			for i := range each {
				r.session.Send(Text(fmt.Appendf(nil, "%d %d", sender, i)))
			}
		}()
	}
	next := map[int]int{}
	for range senders * each {
		var sender, i int
		_, err := fmt.Sscanf(k.Next(), "4%d %d", &sender, &i)
		assert.Assert(t, err == nil && next[sender] == i, "sender %d: %d, want %d (%v)", sender, i, next[sender], err)
		next[sender]++
	}
}
