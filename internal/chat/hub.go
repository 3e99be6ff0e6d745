package chat

import (
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
	h := &Hub{history: history, rooms: map[string]*Room{}}
	for range runtime.GOMAXPROCS(0) {
		d := &dispatcher{wake: make(chan struct{}, 1), quit: make(chan struct{})}
		h.dispatchers = append(h.dispatchers, d)
		h.running.Go(d.run)
	}
	return h
}

// Room returns the room of that name, which exists as soon as it is named. The
// error is an [*InputError] for a name that no room can have, or
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
	for _, d := range h.dispatchers {
		close(d.quit)
	}
	h.running.Wait()
}
