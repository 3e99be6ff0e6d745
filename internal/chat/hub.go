// Package chat is the application under test: rooms that keep a bounded history
// of messages and hand new ones to their subscribers. It knows nothing of how
// messages travel.
//
// A message is encoded once, when it is posted. Subscribers are served by a
// fixed number of dispatcher goroutines that read the rooms' histories by
// cursor: posting never waits for a subscriber, order needs no further care,
// and messages that gathered while a dispatcher was busy arrive as one [Batch].
package chat

import (
	"context"
	"runtime"
	"sync"
)

const (
	// DefaultHistory is how many messages a room keeps by default.
	DefaultHistory = 1000
	// MaxRooms bounds the rooms of one hub: rooms come into being by being
	// named, so strangers could otherwise fill the memory with names.
	MaxRooms = 10_000
)

// Hub holds the rooms of one chat and the dispatchers that serve their
// subscribers.
type Hub struct {
	history     int
	dispatchers []*dispatcher
	quit        context.CancelFunc
	running     sync.WaitGroup

	mu    sync.RWMutex
	rooms map[string]*Room
}

// NewHub returns a hub whose rooms keep the last history messages each
// (DefaultHistory if history is not positive). It starts as many dispatchers as
// there are processors to run them; end them with [Hub.Close].
func NewHub(history int) *Hub {
	if history <= 0 {
		history = DefaultHistory
	}
	quit, cancel := context.WithCancel(context.Background())
	h := &Hub{history: history, quit: cancel, rooms: map[string]*Room{}}
	for range runtime.GOMAXPROCS(0) {
		d := &dispatcher{wake: make(chan struct{}, 1), quit: quit}
		h.dispatchers = append(h.dispatchers, d)
		h.running.Go(d.run)
	}
	return h
}

// Room returns the room of that name, which exists as soon as it is named. The
// error is for a name that no room can have, or
// [ErrTooManyRooms].
func (h *Hub) Room(name string) (*Room, error) {
	h.mu.RLock()
	r := h.rooms[name]
	h.mu.RUnlock()
	if r != nil {
		return r, nil
	}
	if err := checkRoomName(name); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rooms[name]; r != nil {
		return r, nil
	}
	if len(h.rooms) >= MaxRooms {
		return nil, ErrTooManyRooms
	}
	r = &Room{name: name, hub: h}
	h.rooms[name] = r
	return r, nil
}

// Close ends the dispatchers and waits for them: no delivery starts or runs
// after it has returned. Posting and reading go on working. Close must not be
// called from within a [Sink], and only once.
func (h *Hub) Close() {
	h.quit()
	h.running.Wait()
}
