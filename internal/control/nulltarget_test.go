package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// nullTarget is a chat server that does little, and that does wrong what it
// is told to: what a run reports of it is known beforehand. It speaks just
// what the transports poll and ws ask for.
type nullTarget struct {
	*httptest.Server
	delay  time.Duration // from a message's acceptance to its first delivery
	fault  func(id uint64) fault
	copies int           // of each message that are stored, each with an id of its own; 0 is 1
	post   time.Duration // that accepting a message takes

	mu      sync.Mutex
	rooms   map[string][]message
	cursors map[string]uint64 // of the polling connections, by remote address and room
	wake    *sync.Cond
}

// message is one message, as JSON, and when it may be delivered.
type message struct {
	id   uint64
	json []byte
	from time.Time
}

// fault is what every client gets instead of a message once and in its place.
type fault int

const (
	none  fault = iota
	lose        // never
	again       // twice
	swap        // after the one that follows it
)

func newNullTarget(t *testing.T, delay time.Duration, of func(id uint64) fault) *nullTarget {
	n := &nullTarget{delay: delay, fault: of, rooms: map[string][]message{}, cursors: map[string]uint64{}}
	n.wake = sync.NewCond(&n.mu)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/rooms/{room}/messages", n.take)
	mux.HandleFunc("GET /api/rooms/{room}/messages", n.page)
	mux.HandleFunc("GET /api/rooms/{room}/ws", n.socket)
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	return n
}

func (n *nullTarget) accept(room string, body []byte) (message, error) {
	var in struct{ User, Text string }
	if err := json.Unmarshal(body, &in); err != nil {
		return message{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	id := uint64(len(n.rooms[room]) + 1)
	var m message
	for range max(1, n.copies) {
		b, err := json.Marshal(map[string]any{"id": id, "room": room, "user": in.User, "text": in.Text, "at": 0})
		if err != nil {
			return m, err
		}
		m = message{id, b, time.Now().Add(n.delay)}
		n.rooms[room] = append(n.rooms[room], m)
		id++
	}
	time.AfterFunc(n.delay, n.wake.Broadcast)
	return m, nil
}

// news is what a client at cursor gets, faults and all, and its next cursor.
// A message that is to be swapped waits for the one that follows it.
func (n *nullTarget) news(room string, cursor uint64) (out [][]byte, next uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.rooms[room]
	ready := func(i uint64) bool { return i < uint64(len(all)) && !time.Now().Before(all[i].from) }
	for ready(cursor) {
		m := all[cursor]
		switch n.fault(m.id) {
		case lose:
		case again:
			out = append(out, m.json, m.json)
		case swap:
			if !ready(cursor + 1) {
				return out, cursor
			}
			out = append(out, all[cursor+1].json, m.json)
			cursor++
		default:
			out = append(out, m.json)
		}
		cursor++
	}
	return out, cursor
}

func (n *nullTarget) take(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if n.post > 0 {
		<-time.After(n.post)
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m, err := n.accept(r.PathValue("room"), body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
	w.Write(m.json)
}

// page answers a poll. The ids that a client has seen do not tell its place
// where messages are lost or swapped, so that a cursor of the target's own is
// kept by the connection.
func (n *nullTarget) page(w http.ResponseWriter, r *http.Request) {
	key := r.RemoteAddr + r.PathValue("room")
	n.mu.Lock()
	cursor := n.cursors[key]
	n.mu.Unlock()
	messages, next := n.news(r.PathValue("room"), cursor)
	n.mu.Lock()
	n.cursors[key] = next
	n.mu.Unlock()
	list := []json.RawMessage{}
	for _, m := range messages {
		list = append(list, m)
	}
	json.NewEncoder(w).Encode(map[string]any{"messages": list, "last": next})
}

func (n *nullTarget) socket(w http.ResponseWriter, r *http.Request) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	room := r.PathValue("room")
	cursor, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	var writing sync.Mutex
	write := func(b []byte) {
		writing.Lock()
		defer writing.Unlock()
		ws.WriteMessage(websocket.TextMessage, b) // a client that is gone ends the reader below
	}
	gone := make(chan struct{})
	go func() {
		for {
			n.mu.Lock()
			n.wake.Wait()
			n.mu.Unlock()
			select {
			case <-gone:
				return
			default:
			}
			var messages [][]byte
			messages, cursor = n.news(room, cursor)
			for _, m := range messages {
				write(m)
			}
		}
	}()
	defer n.wake.Broadcast()
	defer close(gone)
	defer ws.Close()
	for {
		_, b, err := ws.ReadMessage()
		if err != nil {
			return
		}
		m, err := n.accept(room, b)
		if err != nil {
			write([]byte(`{"error":{"status":400,"title":"bad message"}}`))
			continue
		}
		write(fmt.Appendf(nil, `{"ack":%d}`, m.id))
	}
}
