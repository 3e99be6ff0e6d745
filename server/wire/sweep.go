package wire

import (
	"sync"
	"sync/atomic"
)

// Tally is what connections count, to the byte, and has the watch over those
// whose peers do not read.
//
// What is sent is counted just before the kernel gets it, and what the kernel
// did not take is taken off again: counted afterwards, a peer could see bytes
// that a reader of the tally does not know of yet.
type Tally struct {
	Connections    atomic.Int64 // accepted
	Open           atomic.Int64 // now
	FramesSent     atomic.Int64 // of WebSockets, in full, control frames included; by TLS, as they are encrypted
	FramesReceived atomic.Int64
	BytesSent      atomic.Int64 // everything above TCP, TLS included
	BytesReceived  atomic.Int64
	SlowReaders    atomic.Int64 // closed because too much was waiting for them
	StalledReaders atomic.Int64 // closed because what was waiting for them was not read in time

	// Patience is at how many sweeps in a row a peer may have taken nothing of what
	// waits for it; 0 watches nobody. It is set before the first connection.
	Patience int

	// The outboxes that have been written to since the last sweep, or held
	// something for their peer then. An idle connection is not among them, and
	// costs a sweep nothing.
	mu      sync.Mutex
	awaited []*Outbox
	spare   []*Outbox // empty, for the next sweep
}

// await has the next sweep look at an outbox.
func (t *Tally) await(o *Outbox) {
	t.mu.Lock()
	t.awaited = append(t.awaited, o)
	t.mu.Unlock()
}

// Sweep looks at what waits for the peers of connections that have been taken
// over, and ends as slow readers those that have taken nothing of it at Patience
// sweeps in a row: a WebSocket with 1008, another connection by dropping it. What
// lies in the kernel waits as well, until the peer's kernel has acknowledged it.
// What that has acknowledged is out of sight, whether or not the peer reads it.
func (t *Tally) Sweep() {
	t.mu.Lock()
	due := t.awaited
	t.awaited, t.spare = t.spare, nil
	t.mu.Unlock()

	var n int // what look finds; one function for all, so that a look allocates nothing
	look := func(fd uintptr) { n = unacknowledged(fd) }
	for _, o := range due {
		if o.inspect(&n, look) {
			t.await(o)
		}
	}

	clear(due)
	t.mu.Lock()
	t.spare = due[:0]
	t.mu.Unlock()
}

// watch has the next sweep look at the outbox. It wants o.mu held.
func (o *Outbox) watch() {
	if !o.watched && o.conn.tally.Patience > 0 {
		o.watched = true
		o.conn.tally.await(o)
	}
}

// inspect reports whether the next sweep is to look again. look leaves in n how
// many bytes the kernel holds.
func (o *Outbox) inspect(n *int, look func(fd uintptr)) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*n = 0
	if o.state == open {
		o.conn.raw.Control(look) // fails where the connection has just been closed
	}
	taken := o.given - uint32(*n)
	switch {
	case o.state != open, *n == 0 && len(o.pending) == 0:
		o.watched = false
		fallthrough
	case taken != o.taken:
		o.taken, o.still = taken, 0
		return o.watched
	}
	if o.still++; int(o.still) < o.conn.tally.Patience {
		return true
	}
	o.stalled = true
	o.conn.tally.StalledReaders.Add(1)
	o.dismiss()
	return true // and it will be found to be ending
}
