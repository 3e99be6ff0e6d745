package server

import (
	"context"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// pingSlots is the number of seconds between two pings to a socket. Each second
// has its share of the sockets, so that pings never come in a burst.
const pingSlots = 30

// registry knows all open sockets, which http.Server does not, and pings them:
// one goroutine for all. A socket from which nothing has come since its last
// ping, thirty seconds ago, is dropped.
type registry struct {
	stop chan struct{}
	open sync.WaitGroup // sockets

	mu     sync.Mutex
	slots  [pingSlots]map[*socket]struct{}
	added  int // so far, to spread them evenly
	now    int
	closed bool
}

func newRegistry() *registry {
	r := &registry{stop: make(chan struct{})}
	for i := range r.slots {
		r.slots[i] = map[*socket]struct{}{}
	}
	go r.run()
	return r
}

func (r *registry) run() {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-second.C:
			r.turn()
		case <-r.stop:
			return
		}
	}
}

// turn pings the sockets of the next second.
func (r *registry) turn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = (r.now + 1) % pingSlots
	for k := range r.slots[r.now] {
		k.ping()
	}
}

// add reports false where the registry is closed and the socket must not begin.
func (r *registry) add(k *socket) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	k.slot = r.added % pingSlots
	r.added++
	r.slots[k.slot][k] = struct{}{}
	r.open.Add(1)
	return true
}

func (r *registry) remove(k *socket) {
	r.mu.Lock()
	delete(r.slots[k.slot], k)
	r.mu.Unlock()
	r.open.Done()
}

// close closes every socket with 1001 and waits until all of them are gone: at
// most a little more than closeGrace, less where ctx is done before.
func (r *registry) close(ctx context.Context) {
	close(r.stop)
	goingAway := closeFrame(websocket.CloseGoingAway, "shutting down")
	r.each(func(k *socket) { k.outbox.close(goingAway) })
	gone := make(chan struct{})
	go func() {
		r.open.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		r.each(func(k *socket) { k.outbox.abandon() })
		<-gone
	}
}

func (r *registry) each(do func(*socket)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, slot := range r.slots {
		for k := range slot {
			do(k)
		}
	}
}
