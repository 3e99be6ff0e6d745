package wire

import (
	"sync"
)

// holding are the outboxes that have been written to since the last sweep, or
// held something for their peer then. An idle connection is not among them, and
// costs a sweep nothing.
type holding struct {
	mu    sync.Mutex
	now   []*Outbox
	spare []*Outbox // empty, for the next sweep
}

func (h *holding) add(o *Outbox) {
	h.mu.Lock()
	h.now = append(h.now, o)
	h.mu.Unlock()
}

// Sweep looks at what waits for the peers of connections that have been taken
// over, and ends as slow readers those that have taken nothing of it at Patience
// sweeps in a row: a WebSocket with 1008, another connection by dropping it. What
// lies in the kernel waits as well, until the peer's kernel has acknowledged it.
// What that has acknowledged is out of sight, whether or not the peer reads it.
func (t *Tally) Sweep() {
	h := &t.holding
	h.mu.Lock()
	due := h.now
	h.now, h.spare = h.spare, nil
	h.mu.Unlock()

	var n int // what look finds; one function for all, so that a look allocates nothing
	look := func(fd uintptr) { n = unacknowledged(fd) }
	for _, o := range due {
		if o.inspect(&n, look) {
			h.add(o)
		}
	}

	clear(due)
	h.mu.Lock()
	h.spare = due[:0]
	h.mu.Unlock()
}

// watch has the next sweep look at the outbox. It wants o.mu held.
func (o *Outbox) watch() {
	if !o.watched && o.tally.Patience > 0 {
		o.watched = true
		o.tally.holding.add(o)
	}
}

// inspect reports whether the next sweep is to look again. look leaves in n how
// many bytes the kernel holds.
func (o *Outbox) inspect(n *int, look func(fd uintptr)) (again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*n = 0
	if o.state == open {
		o.raw.Control(look) // fails where the connection has just been closed
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
	if o.still++; int(o.still) < o.tally.Patience {
		return true
	}
	o.stalled = true
	o.tally.StalledReaders.Add(1)
	o.dismiss()
	return true // and it will be found to be ending
}
