package socketio

import "sync"

// Emit sends an event to all sockets of a room. It is encoded once. Broadcasts to
// one room come after one another, so that all sockets get them in the same order.
func (n *Namespace) Emit(room, name string, d Data) {
	r := n.rooms.get(room)
	if r == nil {
		return
	}
	m := newMessage(event, n.name, -1, name, d)
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sockets {
		s.Send(m)
	}
}

// rooms are those of one namespace that somebody is in. The zero value has none.
type rooms struct {
	mu     sync.Mutex
	byName map[string]*room
}

type room struct {
	mu      sync.Mutex // held for a whole broadcast; never taken while rooms.mu is held
	sockets map[*Socket]struct{}
	gone    bool // empty, and no longer, or soon no longer, in byName
}

func (r *rooms) get(name string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byName[name]
}

func (r *rooms) getOrMake(name string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.byName[name]
	if found == nil {
		if r.byName == nil {
			r.byName = map[string]*room{}
		}
		found = &room{sockets: map[*Socket]struct{}{}}
		r.byName[name] = found
	}
	return found
}

func (r *rooms) add(name string, s *Socket) {
	for !r.getOrMake(name).add(s) {
	}
}

// add reports false where the room is gone.
func (r *room) add(s *Socket) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.gone {
		r.sockets[s] = struct{}{}
	}
	return !r.gone
}

func (r *rooms) remove(name string, s *Socket) {
	found := r.get(name)
	if found == nil || !found.remove(s) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName[name] == found {
		delete(r.byName, name)
	}
}

// remove reports whether the room is gone by that.
func (r *room) remove(s *Socket) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sockets, s)
	r.gone = len(r.sockets) == 0
	return r.gone
}
