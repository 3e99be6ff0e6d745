// Hub is the chat of gorilla/websocket's examples: one goroutine that knows all
// clients, and two for each. Only what a message looks like is the contract's.
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/peers/servers/peer"
)

const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = (pongWait * 9) / 10
)

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

type said struct {
	by *client
	peer.Said
}

type hub struct {
	clients    map[*client]bool
	broadcast  chan said
	register   chan *client
	unregister chan *client
}

type client struct {
	hub  *hub
	room string
	conn *websocket.Conn
	send chan []byte
}

func (h *hub) run() {
	id := uint64(0)
	for {
		select {
		case c := <-h.register:
			h.clients[c] = true
		case c := <-h.unregister:
			h.drop(c)
		case s := <-h.broadcast:
			id++
			h.give(s.by, peer.Ack(id))
			message := peer.Message(id, s.by.room, s.Said)
			for c := range h.clients {
				h.give(c, message)
			}
		}
	}
}

func (h *hub) give(c *client, message []byte) {
	if !h.clients[c] {
		return
	}
	select {
	case c.send <- message:
	default:
		h.drop(c)
	}
}

func (h *hub) drop(c *client) {
	if h.clients[c] {
		delete(h.clients, c)
		close(c.send)
	}
}

func (c *client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(peer.MaxMessage)
	_ = c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		s := said{by: c}
		if err := c.conn.ReadJSON(&s.Said); err != nil {
			return
		}
		c.hub.broadcast <- s
	}
}

func (c *client) writePump() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.conn.Close()
	}()
	for {
		select {
		case message, ok := <-c.send:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				_ = c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			w, err := c.conn.NextWriter(websocket.TextMessage)
			if err != nil {
				return
			}
			_, _ = w.Write(message)
			for range len(c.send) {
				_, _ = w.Write([]byte{'\n'})
				_, _ = w.Write(<-c.send)
			}
			if err := w.Close(); err != nil {
				return
			}
		case <-ticker.C:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := c.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
				return
			}
		}
	}
}

func main() {
	h := &hub{clients: map[*client]bool{}, broadcast: make(chan said), register: make(chan *client), unregister: make(chan *client)}
	go h.run()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/rooms/{room}/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			log.Print(err)
			return
		}
		c := &client{h, r.PathValue("room"), conn, make(chan []byte, 256)}
		h.register <- c
		go c.writePump()
		go c.readPump()
	})
	peer.Serve(mux)
}
