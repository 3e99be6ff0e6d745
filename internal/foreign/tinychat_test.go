package foreign

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// tiny is a chat as somebody might write it in an hour: it offers what a load
// needs, and keeps little of the contract beside. It does one thing wrong, or in
// a way of its own.
type tiny struct {
	way   string
	mu    sync.Mutex
	rooms map[string]*tinyRoom
}

type tinyRoom struct {
	said []map[string]any
	news chan struct{} // closed when something is said
}

// startTiny serves a chat that does things in these ways.
func startTiny(t *testing.T, way string) (url string) {
	t.Helper()
	c := &tiny{way: way, rooms: map[string]*tinyRoom{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/rooms/{room}/messages", c.post)
	mux.HandleFunc("GET /api/rooms/{room}/messages", c.poll)
	if way != "polling only" {
		mux.HandleFunc("GET /api/rooms/{room}/events", c.events)
		mux.HandleFunc("GET /api/rooms/{room}/ws", c.socket)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s.URL
}

// is says whether the chat is of a way.
func (c *tiny) is(way string) bool { return c.way == way }

func (c *tiny) room(name string) *tinyRoom {
	if c.rooms[name] == nil {
		c.rooms[name] = &tinyRoom{news: make(chan struct{})}
	}
	return c.rooms[name]
}

// say accepts a message and returns its id.
func (c *tiny) say(room, user, text string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.room(room)
	id := len(r.said) + 1
	switch c.way {
	case "ids with holes":
		id *= 3
	case "ids that fall":
		id = 1000 - id
	case "texts in capitals":
		text = strings.ToUpper(text)
	}
	m := map[string]any{"id": id, "room": room, "text": text}
	if c.is("messages without room") {
		m = map[string]any{"id": id, "user": user, "text": text}
	}
	r.said = append(r.said, m)
	close(r.news)
	r.news = make(chan struct{})
	return id
}

// after returns what follows a cursor, and what is closed when there is more.
func (c *tiny) after(room string, cursor int) (list []map[string]any, news <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.room(room)
	for _, m := range r.said {
		if m["id"].(int) > cursor || c.is("after is ignored") {
			list = append(list, m)
		}
	}
	return list, r.news
}

func (c *tiny) post(w http.ResponseWriter, r *http.Request) {
	var said struct{ User, Text string }
	if json.NewDecoder(r.Body).Decode(&said) != nil {
		return
	}
	c.say(r.PathValue("room"), said.User, said.Text)
	if !c.is("POST is answered 200") {
		w.WriteHeader(http.StatusCreated)
	}
}

func (c *tiny) poll(w http.ResponseWriter, r *http.Request) {
	cursor, _ := strconv.Atoi(r.URL.Query().Get("after"))
	list, news := c.after(r.PathValue("room"), cursor)
	if r.URL.Query().Has("wait") && len(list) == 0 && !c.is("wait is ignored") {
		select {
		case <-news:
		case <-time.After(25 * time.Second):
		case <-r.Context().Done():
		}
		list, _ = c.after(r.PathValue("room"), cursor)
	}
	page := map[string]any{"messages": list, "last": cursor}
	if list == nil {
		page["messages"] = []int{}
	}
	body, _ := json.Marshal(page)
	switch c.way {
	case "ETag", "no 304":
		tag := fmt.Sprintf(`W/"%x"`, len(list)*1000+cursor)
		w.Header().Set("ETag", tag)
		if c.is("ETag") && r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	case "answers to the connection's end":
		w.Header().Set("Transfer-Encoding", "identity")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// follow hands everything after a cursor to f, as it is said.
func (c *tiny) follow(room string, cursor int, over <-chan struct{}, f func(m map[string]any) error) {
	for seen := 0; ; {
		list, news := c.after(room, cursor)
		for ; seen < len(list); seen++ {
			if f(list[seen]) != nil {
				return
			}
		}
		select {
		case <-news:
		case <-over:
			return
		}
	}
}

func (c *tiny) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	prefix := ""
	switch c.way {
	case "events as text":
		w.Header().Set("Content-Type", "text/plain")
	case "events of another name":
		prefix = "event: update\n"
	case "an event to say hello":
		fmt.Fprint(w, "event: hello\ndata: {}\n\n")
	}
	flush := http.NewResponseController(w).Flush
	flush()
	cursor, _ := strconv.Atoi(r.URL.Query().Get("after"))
	c.follow(r.PathValue("room"), cursor, r.Context().Done(), func(m map[string]any) error {
		b, _ := json.Marshal(m)
		fmt.Fprintf(w, "%sdata: %s\n\n", prefix, b)
		return flush()
	})
}

func (c *tiny) socket(w http.ResponseWriter, r *http.Request) {
	head := http.Header{}
	switch c.way {
	case "batch":
		head.Set("Batch-Window", "some time")
	case "an extension unasked":
		head.Set("Sec-WebSocket-Extensions", "x-colour")
	}
	u := websocket.Upgrader{EnableCompression: c.is("deflate")}
	ws, err := u.Upgrade(w, r, head)
	if err != nil {
		return
	}
	defer ws.Close()
	var writing sync.Mutex
	write := func(m map[string]any) error {
		b, _ := json.Marshal(m)
		kind := websocket.TextMessage
		if c.is("binary frames") {
			kind = websocket.BinaryMessage
		}
		writing.Lock()
		defer writing.Unlock()
		return ws.WriteMessage(kind, b)
	}
	room := r.PathValue("room")
	cursor, _ := strconv.Atoi(r.URL.Query().Get("after"))
	over := make(chan struct{})
	defer close(over)
	go c.follow(room, cursor, over, write)
	for {
		var said struct{ User, Text string }
		if ws.ReadJSON(&said) != nil {
			return
		}
		if id := c.say(room, said.User, said.Text); !c.is("no acks") {
			write(map[string]any{"ack": id})
		}
	}
}
