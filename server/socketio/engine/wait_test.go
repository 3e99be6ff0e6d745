package engine

import (
	"net"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/server/wire"
)

func TestWait(t *testing.T) {
	h := start(t, Config{Backlog: 64 << 20})
	wait := func(s *Session) <-chan error {
		c := make(chan error, 1)
		go func() { c <- s.Wait(patience) }()
		return c
	}
	awaitWaiting := func(s *Session) {
		h.awaitPolling("Wait to wait", s, func(p *polling) bool { return p.taken != nil })
	}
	want := func(what string, got, want error) {
		t.Helper()
		assert.Check(t, got == want, "%s: %v, want %v", what, got, want)
	}
	id, r := h.dialPolling()
	s := r.session
	want("nothing sent", s.Wait(0), nil)
	s.Send(Text([]byte("x")))
	want("nobody asks", s.Wait(time.Millisecond), wire.ErrStalled)
	waited := wait(s)
	awaitWaiting(s)
	h.get(id).want(t, 200, "4x")
	want("taken", <-waited, nil)

	s.Send(Text([]byte("y")))
	k := h.probe(id)
	waited = wait(s)
	awaitWaiting(s)
	k.Send("5")
	want("taken over", <-waited, nil)
	k.Want("4y")
	s.Send(Text(make([]byte, 32<<20)))
	want("nobody reads", s.Wait(time.Millisecond), wire.ErrStalled)
	s.Close("")
	k.Close()
	r.wantGone(t, "")
	want("ended over WebSocket", s.Wait(patience), net.ErrClosed)

	_, r = h.dialPolling()
	r.session.Send(Text([]byte("x")))
	waited = wait(r.session)
	awaitWaiting(r.session)
	r.session.Close("")
	want("ended while polling", <-waited, net.ErrClosed)
}
