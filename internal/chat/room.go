package chat

import (
	"slices"
	"sync"
	"time"
)

// MaxPage is the largest number of messages that one page can be asked for.
const MaxPage = 1000

// Room is a sequence of messages, of which the newest are kept.
type Room struct {
	name string
	hub  *Hub

	mu     sync.RWMutex
	ring   []Message // message id is at (id-1) % history
	last   uint64    // id of the newest message, 0 before the first
	groups []*group  // made as somebody subscribes; only ever appended to
	joined int       // subscriptions so far, to spread them evenly
}

// Page is a stretch of a room's history, oldest message first.
type Page struct {
	Messages []Message
	// Last is the cursor to go on with: the id of the page's last message, or
	// of the room's newest where the page is empty.
	Last uint64
	// Truncated says that messages after the cursor asked for are no longer
	// kept, so that the page begins later than it should.
	Truncated bool
}

// Name returns the room's name.
func (r *Room) Name() string { return r.name }

// Last returns the id of the newest message, 0 before the first. Subscribing
// with it means: only what is posted from now on.
func (r *Room) Last() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.last
}

// Post accepts a message and gives it the next id. It never waits for
// subscribers. The error says what is wrong with the message.
func (r *Room) Post(user, text string) (Message, error) {
	if err := checkMessage(user, text); err != nil {
		return Message{}, err
	}
	r.mu.Lock()
	m := Message{ID: r.last + 1, Room: r.name, User: user, Text: text, At: time.Now().UnixMilli()}
	m.encode()
	if len(r.ring) < r.hub.history {
		r.ring = append(r.ring, m)
	} else {
		r.ring[r.slot(m.ID)] = m
	}
	r.last = m.ID
	groups := r.groups
	r.mu.Unlock()

	for _, g := range groups {
		g.wake()
	}
	return m, nil
}

// After returns up to limit messages that follow the cursor id, oldest first.
// A cursor that the room has not reached yet gets an empty page. The limit is
// from 1 to MaxPage.
func (r *Room) After(id uint64, limit int) Page {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p := Page{Last: r.last}
	if id >= r.last {
		return p
	}
	from := id + 1
	if oldest := r.oldest(); from < oldest {
		p.Truncated, from = true, oldest
	}
	p.Messages = r.slice(from, min(r.last, from+uint64(limit)-1))
	p.Last = p.Messages[len(p.Messages)-1].ID
	return p
}

// Newest returns the newest limit messages, oldest first.
func (r *Room) Newest(limit int) Page {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := min(limit, len(r.ring))
	return Page{Messages: r.slice(r.last-uint64(n)+1, r.last), Last: r.last}
}

// Of the following, each wants r.mu held.

func (r *Room) slot(id uint64) int { return int((id - 1) % uint64(r.hub.history)) }

func (r *Room) oldest() uint64 { return r.last - uint64(len(r.ring)) + 1 }

// slice copies the messages from to to, both included and both kept.
func (r *Room) slice(from, to uint64) []Message {
	if from > to {
		return nil
	}
	i, j := r.slot(from), r.slot(to)+1
	if i < j {
		return slices.Clone(r.ring[i:j])
	}
	return slices.Concat(r.ring[i:], r.ring[:j])
}
