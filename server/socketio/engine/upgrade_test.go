package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pollpush/pollpush/internal/testkit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// probe connects a socket that is about to take a session over.
func (h *harness) probe(id string) *socket {
	h.t.Helper()
	k := h.connect(socketQuery + "&sid=" + id)
	k.Send("2probe")
	k.Want("3probe")
	return k
}

func TestUpgrade(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	parked := h.goGet(id)
	k := h.probe(id)
	(<-parked).want(t, 200, "6")
	h.get(id).want(t, 200, "6") // parked for a moment: the client is about to finish
	h.post(id, "4by polling").want(t, 200, "ok")
	h.get(id).want(t, 200, "4by polling")
	k.Send("5", "4by socket")
	k.Want("4by socket")
	h.wantOneSocket(k, id)
	assert.Check(t, is.Equal(h.Sessions(), 1), "sessions")
	k.Close()
	r.wantGone(t, ReasonClose)
}

// What waits when the socket takes over comes first, as frames.
func TestUpgradeTakesTheQueueAlong(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	k := h.probe(id)
	r.session.Send(Text([]byte("one"), []byte("two")))
	r.session.Send(Binary([]byte{1, 2, 3, 4}, nil))
	r.session.Send(Text())
	r.session.Send(Text([]byte("three")))
	k.Send("5", "4four")
	k.Want("4one", "4two", "binary:\x01\x02\x03\x04", "binary:", "4three", "4four")
}

// A client that finishes while its GET is parked has broken the rule; the GET is
// answered so, and nothing that was queued is lost with it.
func TestUpgradeWithParkedGet(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	parked := h.goGet(id)
	// As by a probe, which would release the GET, or park it for a moment only.
	k := h.connect(socketQuery + "&sid=" + id)
	h.awaitPolling("the socket", r.session, func(p *polling) bool {
		p.probed = p.probe != nil
		return p.probed
	})
	k.Send("5", "4x")
	k.Want("4x")
	(<-parked).want(t, 400, bodyBad)
}

// Messages keep their order while sessions are upgraded under them.
func TestOrderOverUpgrade(t *testing.T) {
	h := start(t, Config{})
	for range 20 {
		id, r := h.dialPolling()
		const n = 300
		upgraded := make(chan bool)
		go func() {
			for i := range n {
				if i == n-20 { // some are sent over the socket in any case
					select {
					case <-upgraded:
					case <-t.Context().Done():
					}
				}
				r.session.Send(Text(fmt.Append(nil, i)))
			}
		}()
		i := 0
		take := func(packet string) {
			want := fmt.Sprint("4", i)
			assert.Assert(t, packet == want, "got %q, want %q", packet, want)
			i++
		}
		k := h.probe(id)
		for packet := range strings.SplitSeq(h.get(id).body, "\x1e") {
			if packet != "6" {
				take(packet)
			}
		}
		k.Send("5")
		testkit.Await(h.t, "the upgrade", func() bool { return r.session.socket.Load() != nil })
		close(upgraded)
		for i < n {
			take(k.Next())
		}
		k.Close()
		r.wantGone(t, ReasonClose)
	}
}

// A socket that does not become the session's leaves it polling.
func TestFailedUpgrades(t *testing.T) {
	h := start(t, Config{})
	for _, c := range []struct {
		name    string
		packets []string
		code    int
	}{
		{"nothing asked", []string{"4x"}, 1002},
		{"not probed", []string{"5"}, 1002},
		{"another probe", []string{"2"}, 1002},
		{"empty", []string{""}, 1002},
		{"message after the probe", []string{"2probe", "4x"}, 1002},
		{"close after the probe", []string{"2probe", "1"}, 1002},
		{"upgrade with data", []string{"2probe", "5x"}, 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, r := h.dialPolling()
			k := h.connect(socketQuery + "&sid=" + id)
			k.Send(c.packets...)
			k.wantClosed(c.code)
			h.post(id, "4still polling").want(t, 200, "ok")
			h.get(id).want(t, 200, "4still polling")
			h.awaitPolling("the failed socket forgotten", r.session, func(p *polling) bool { return p.probe == nil })
			k = h.probe(id) // and may try again
			k.Send("5", "4x")
			k.Want("4x")
		})
	}
	t.Run("binary", func(t *testing.T) {
		id, _ := h.dialPolling()
		k := h.connect(socketQuery + "&sid=" + id)
		k.WriteMessage(websocket.BinaryMessage, []byte("2probe"))
		k.wantClosed(1002)
	})
	t.Run("vanishes", func(t *testing.T) {
		id, r := h.dialPolling()
		k := h.probe(id)
		k.Close()
		h.awaitPolling("the failed socket forgotten", r.session, func(p *polling) bool { return p.probe == nil && !p.probed })
		parked := h.goGet(id) // for as long as it takes, again
		r.session.Send(Text([]byte("x")))
		(<-parked).want(t, 200, "4x")
	})
}

func TestSecondProbeIsClosed(t *testing.T) {
	h := start(t, Config{})
	id, _ := h.dialPolling()
	k := h.probe(id)
	second := h.connect(socketQuery + "&sid=" + id)
	second.wantClosed(websocket.ClosePolicyViolation)
	k.Send("2probe", "5", "4x")
	k.Want("3probe", "4x")
}

func TestWebSocketSessionHasOneSocket(t *testing.T) {
	h := start(t, Config{})
	k, r := h.dialSocket()
	h.wantOneSocket(k, r.session.id)
}

// wantOneSocket checks that a session that has a socket takes nothing else.
func (h *harness) wantOneSocket(k *socket, id string) {
	h.t.Helper()
	h.get(id).want(h.t, 400, bodyBad)
	h.post(id, "4x").want(h.t, 400, bodyBad)
	h.connect(socketQuery + "&sid=" + id).wantClosed(websocket.ClosePolicyViolation)
	k.Send("4still there")
	k.Want("4still there")
}

func TestUpgradeDuringPostEndsTheSession(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	k := h.probe(id)
	taking, goOn := make(chan bool), make(chan bool)
	r.onEcho = func([]byte) { taking <- true; <-goOn }
	posted := h.goDo(t.Context(), "POST", id, strings.NewReader("4one"))
	<-taking
	k.Send("5", "4two")
	k.wantClosed(websocket.ClosePolicyViolation)
	goOn <- true
	<-posted
	r.wantGone(t, ReasonError)
}

func TestUpgradeHasItsTime(t *testing.T) {
	h := start(t, Config{UpgradeTimeout: 10 * time.Millisecond})
	id, _ := h.dialPolling()
	k := h.connect(socketQuery + "&sid=" + id)
	k.wantClosed(websocket.ClosePolicyViolation)
	h.post(id, "4still polling").want(t, 200, "ok")
	h.get(id).want(t, 200, "4still polling")
}

// A session that ends takes the socket with it that was about to take over.
func TestEndDuringUpgrade(t *testing.T) {
	h := start(t, Config{})
	id, r := h.dialPolling()
	k := h.probe(id)
	r.session.Close("enough")
	k.wantClosed(websocket.CloseNormalClosure)
	r.wantGone(t, "enough")
	h.get(id).want(t, 200, "1")
}
