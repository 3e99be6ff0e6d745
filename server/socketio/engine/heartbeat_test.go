package engine

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
)

const (
	beat = 20 * time.Millisecond
	long = time.Minute
)

func TestHeartbeat(t *testing.T) {
	h := start(t, Config{PingInterval: beat, PingTimeout: long})
	t.Run("polling", func(t *testing.T) {
		id, _ := h.dialPolling()
		for range 3 {
			h.get(id).want(t, 200, "2")
			h.post(id, "3").want(t, 200, "ok")
		}
	})
	t.Run("websocket", func(t *testing.T) {
		k, _ := h.dialSocket()
		for range 3 {
			k.Want("2")
			k.Send("3")
		}
	})
	t.Run("over an upgrade", func(t *testing.T) {
		id, _ := h.dialPolling()
		k := h.connect(socketQuery + "&sid=" + id)
		k.Send("2probe", "5")
		k.Want("3probe")
		for range 3 {
			k.Want("2")
			k.Send("3")
		}
	})
}

func TestClientsWithoutPongAreDropped(t *testing.T) {
	h := start(t, Config{PingInterval: beat, PingTimeout: beat})
	t.Run("polling", func(t *testing.T) {
		id, r := h.dialPolling() // and never asks
		r.wantGone(t, ReasonPing)
		h.get(id).want(t, 400, bodyUnknown)
	})
	t.Run("websocket", func(t *testing.T) {
		k, r := h.dialSocket()
		k.Want("2")
		k.wantClosed(websocket.ClosePolicyViolation)
		r.wantGone(t, ReasonPing)
	})
}

// Whatever a client without a pong has out is answered or closed.
func TestClientWithoutPongIsTold(t *testing.T) {
	h := start(t, Config{PingInterval: beat, PingTimeout: 3 * time.Second})
	id, r := h.dialPolling()
	h.get(id).want(t, 200, "2")
	k := h.connect(socketQuery + "&sid=" + id)
	h.get(id).want(t, 200, "1")
	k.wantClosed(websocket.ClosePolicyViolation)
	r.wantGone(t, ReasonPing)
}

// Pongs that nobody asked for keep nobody alive.
func TestUnaskedPongs(t *testing.T) {
	h := start(t, Config{PingInterval: long})
	k, r := h.dialSocket()
	r.session.mu.Lock()
	due := r.session.due
	r.session.mu.Unlock()
	k.Send("3", "3", "4x")
	k.Want("4x")
	r.session.mu.Lock()
	defer r.session.mu.Unlock()
	assert.Check(t, r.session.due == due, "the next ping was put off")
}
