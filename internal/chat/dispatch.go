package chat

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// dispatcher is one goroutine that delivers to the subscriptions given to it.
type dispatcher struct {
	wake chan struct{}   // holds one token while something may be queued
	quit context.Context // done when the hub is closed

	mu    sync.Mutex
	dirty []*group // in the order in which they became so
}

// group is the subscriptions of one room and window that one dispatcher serves.
// All of them have got everything up to the same cursor, so they need none of
// their own.
type group struct {
	room       *Room
	dispatcher *dispatcher
	window     time.Duration // for which messages are gathered
	gathering  atomic.Bool   // a window is running

	// guarded by dispatcher.mu
	queued  bool
	joining []*subscription
	leaving []*subscription

	// the dispatcher's goroutine alone
	cursor uint64
	subs   []*subscription
}

type subscription struct {
	sink  Sink
	group *group
	after uint64 // where it began
	index int32  // in group.subs, or -1; the dispatcher's goroutine alone
	state atomic.Uint32
}

// States of a subscription.
const (
	idle uint32 = iota
	delivering
	cancelled
)

// Subscribe hands every message after the cursor to sink, in order, beginning
// with those that are already there; a cursor that the room has not reached
// means from now on. It returns at once; deliveries come from another goroutine.
//
// With a window, what is posted within that time of a first message comes
// together with it, at the window's end or a little earlier. Windows should be
// few: subscriptions are grouped by them.
//
// No delivery starts after cancel has returned; one that had started before may
// still be running. cancel never blocks on a sink, may be called from within
// Deliver, and may be called again.
func (r *Room) Subscribe(after uint64, window time.Duration, sink Sink) (cancel func()) {
	r.mu.Lock()
	d := r.hub.dispatchers[r.joined%len(r.hub.dispatchers)]
	r.joined++
	i := slices.IndexFunc(r.groups, func(g *group) bool { return g.dispatcher == d && g.window == window })
	if i < 0 {
		i = len(r.groups)
		r.groups = append(r.groups, &group{room: r, dispatcher: d, window: window})
	}
	g := r.groups[i]
	s := &subscription{sink: sink, group: g, after: min(after, r.last), index: -1}
	r.mu.Unlock()

	g.dispatcher.mu.Lock()
	g.joining = append(g.joining, s)
	g.dispatcher.mu.Unlock()
	g.dispatcher.queue(g)
	return s.cancel
}

// wake has the group served, as soon as its window is over.
func (g *group) wake() {
	if g.window == 0 {
		g.dispatcher.queue(g)
		return
	}
	if g.gathering.Swap(true) {
		return
	}
	time.AfterFunc(g.window, func() {
		g.gathering.Store(false) // before the room is read: what is posted later begins the next
		g.dispatcher.queue(g)
	})
}

func (s *subscription) cancel() {
	if s.state.Swap(cancelled) == cancelled {
		return
	}
	d := s.group.dispatcher
	d.mu.Lock()
	s.group.leaving = append(s.group.leaving, s)
	d.mu.Unlock()
	d.queue(s.group)
}

func (s *subscription) deliver(b *Batch) {
	if !s.state.CompareAndSwap(idle, delivering) {
		return
	}
	s.sink.Deliver(b)
	s.state.CompareAndSwap(delivering, idle) // unless cancelled meanwhile
}

// queue has the dispatcher look at g soon.
func (d *dispatcher) queue(g *group) {
	d.mu.Lock()
	again := g.queued
	if !again {
		g.queued = true
		d.dirty = append(d.dirty, g)
	}
	d.mu.Unlock()
	if again {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *dispatcher) run() {
	var dirty []*group
	for {
		select {
		case <-d.quit.Done():
			return
		case <-d.wake:
		}
		d.mu.Lock()
		dirty, d.dirty = d.dirty, dirty[:0]
		d.mu.Unlock()
		for i, g := range dirty {
			if d.quit.Err() != nil {
				return
			}
			g.serve()
			dirty[i] = nil
		}
	}
}

// serve lets go of who left, brings everybody to the newest message, and takes
// in who joined.
func (g *group) serve() {
	g.dispatcher.mu.Lock()
	g.queued = false // before the room is read: what is posted later queues it again
	joining, leaving := g.joining, g.leaving
	g.joining, g.leaving = nil, nil
	g.dispatcher.mu.Unlock()

	for _, s := range leaving {
		g.remove(s)
	}
	last := g.room.Last()
	g.advance(g.subs, g.cursor, last)
	g.cursor = last

	slices.SortFunc(joining, func(a, b *subscription) int { return cmp.Compare(a.after, b.after) })
	for len(joining) > 0 {
		after := joining[0].after
		n := slices.IndexFunc(joining, func(s *subscription) bool { return s.after != after })
		if n < 0 {
			n = len(joining)
		}
		g.advance(joining[:n], after, last)
		for _, s := range joining[:n] {
			g.add(s)
		}
		joining = joining[n:]
	}
}

// advance hands subs, who are all at the cursor after, everything up to last.
func (g *group) advance(subs []*subscription, after, last uint64) {
	for len(subs) > 0 && after < last && g.dispatcher.quit.Err() == nil {
		b := g.room.batch(after, last)
		for _, s := range subs {
			s.deliver(b)
		}
		after = b.last
	}
}

func (g *group) add(s *subscription) {
	if s.state.Load() == cancelled {
		return
	}
	s.index = int32(len(g.subs))
	g.subs = append(g.subs, s)
}

func (g *group) remove(s *subscription) {
	if s.index < 0 {
		return // cancelled before it was taken in
	}
	end := len(g.subs) - 1
	g.subs[s.index] = g.subs[end]
	g.subs[s.index].index = s.index
	g.subs[end] = nil
	g.subs = g.subs[:end]
	s.index = -1
}
