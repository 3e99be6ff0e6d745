package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// member is a connection that has left its HTTP handler.
type member interface {
	// beat is called when the member's time has come, and says in how many
	// seconds, 1 to maxBeat, it wants to be called again. It must not block.
	beat(now int64) (next int)
	goAway()  // says that the server is shutting down, and ends soon
	abandon() // ends at once
	seat() *int
}

// maxBeat is the longest time between two beats, in seconds.
const maxBeat = 30

// registry knows all connections that http.Server does not know any more. One
// goroutine for all of them sees to their heartbeats, and has slow readers swept
// out. A member's slot is the second in which its time comes.
type registry struct {
	stop    chan struct{}
	second  *time.Ticker
	sweep   func() // called every sweepSeconds
	members sync.WaitGroup
	now     atomic.Int64 // seconds since the registry was made

	mu     sync.Mutex
	slots  [maxBeat + 1]map[member]struct{}
	added  int // so far, to spread first beats evenly
	closed bool
}

func newRegistry(sweep func()) *registry {
	r := &registry{stop: make(chan struct{}), second: time.NewTicker(time.Second), sweep: sweep}
	for i := range r.slots {
		r.slots[i] = map[member]struct{}{}
	}
	go r.run()
	return r
}

func (r *registry) run() {
	defer r.second.Stop()
	for {
		select {
		case <-r.second.C:
			r.turn()
		case <-r.stop:
			return
		}
	}
}

// turn beats those whose time has come, after a sweep where one is due.
func (r *registry) turn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now.Add(1)
	if now%sweepSeconds == 0 {
		r.sweep()
	}
	due := r.slots[now%int64(len(r.slots))]
	for k := range due {
		delete(due, k)
		r.put(k, now+int64(k.beat(now)))
	}
}

// put wants r.mu held.
func (r *registry) put(k member, at int64) {
	slot := int(at % int64(len(r.slots)))
	*k.seat() = slot
	r.slots[slot][k] = struct{}{}
}

// add has the member's first beat come within the given number of seconds. It
// reports false where the registry is closed and the member must not begin.
func (r *registry) add(k member, within int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.put(k, r.now.Load()+1+int64(r.added%within))
	r.added++
	r.members.Add(1)
	return true
}

func (r *registry) remove(k member) {
	r.mu.Lock()
	delete(r.slots[*k.seat()], k)
	r.mu.Unlock()
	r.members.Done()
}

// close asks every member to leave and waits until all have left: at most a
// little more than the grace of their outboxes, less if ctx is done before.
func (r *registry) close(ctx context.Context) {
	close(r.stop)
	r.each(member.goAway)
	defer context.AfterFunc(ctx, func() { r.each(member.abandon) })()
	r.members.Wait()
}

func (r *registry) each(do func(member)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, slot := range r.slots {
		for k := range slot {
			do(k)
		}
	}
}
