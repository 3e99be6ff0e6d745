package nulltarget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Socket.IO, as much as one client needs that joins the main namespace, emits
// "chat message" with an object, and asks for its acknowledgement. The server
// never pings: it announces that it does so once a day.
const opening = `0{"sid":"%s","upgrades":[],"pingInterval":86400000,"pingTimeout":20000,"maxPayload":65536}`

// separator is between two packets of one answer.
const separator = 0x1e

const plain = "text/plain; charset=UTF-8"

// session is a client by polling: the GET that is out brings what POSTs have
// led to, and the room's news once it has joined.
type session struct {
	id    string
	room  *room
	place int // of the GETs, of which one is out at a time

	mu     sync.Mutex
	waits  [][]byte // packets that are no news
	joined bool
	told   chan struct{} // has room for one: something has come into waits
}

func (s *Server) socketIO(c *conn, r *http.Request, query url.Values, body []byte) error {
	if sid := query.Get("sid"); sid != "" {
		s.mu.Lock()
		known := s.sessions[sid]
		s.mu.Unlock()
		switch {
		case known == nil:
			return c.refuse(http.StatusBadRequest, "the null target has no such session")
		case r.Method == http.MethodPost:
			return known.take(c, body)
		}
		return known.give(c)
	}
	name := query.Get("room")
	if !isName(name) {
		return c.refuse(http.StatusBadRequest, "the null target has no such room")
	}
	room, err := s.room(name)
	if err != nil {
		return err
	}
	if query.Get("transport") == "websocket" {
		return s.socketIOWebSocket(c, r, room, query.Get("after"))
	}
	return s.open(c, room, query.Get("after"))
}

// open begins a session, which ends with the connection.
func (s *Server) open(c *conn, r *room, after string) error {
	n := &session{room: r, place: r.begin(after), told: make(chan struct{}, 1)}
	s.forget(c.session)
	s.mu.Lock()
	s.opened++
	n.id = strconv.Itoa(s.opened)
	s.sessions[n.id] = n
	s.mu.Unlock()
	c.session = n
	return c.write(http.StatusOK, plain, "", fmt.Appendf(nil, opening, n.id))
}

// forget ends a session, if there is one.
func (s *Server) forget(n *session) {
	if n != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, n.id)
	}
}

// take takes what a POST holds.
func (n *session) take(c *conn, body []byte) error {
	for p := range bytes.SplitSeq(body, []byte{separator}) {
		answer, joins := n.room.socketIO(p, n.id)
		n.mu.Lock()
		n.joined = n.joined || joins
		if answer != nil {
			n.waits = append(n.waits, answer)
		}
		n.mu.Unlock()
		select {
		case n.told <- struct{}{}:
		default: // that something is there has been told
		}
	}
	return c.write(http.StatusOK, plain, "", []byte("ok"))
}

// give answers a GET as soon as there is something to bring.
func (n *session) give(c *conn) error {
	over := time.NewTimer(maxWait)
	defer over.Stop()
	for {
		n.mu.Lock()
		packets, joined := n.waits, n.joined
		n.waits = nil
		n.mu.Unlock()
		now := n.room.now.Load()
		if joined {
			news := now.log[n.place:min(len(now.log), n.place+maxTogether)]
			n.place += len(news)
			for _, m := range news {
				packets = append(packets, m.as(packet))
			}
		}
		if len(packets) > 0 {
			return c.write(http.StatusOK, plain, "", bytes.Join(packets, []byte{separator}))
		}
		more := now.more
		if !joined {
			more = nil
		}
		select {
		case <-n.told:
		case <-more:
		case <-over.C:
			return c.write(http.StatusOK, plain, "", []byte("6")) // Engine.IO's noop
		case <-n.room.done:
			return io.EOF
		}
	}
}

// socketIO takes one packet, and returns its answer, if any, and whether it
// joins the namespace.
func (r *room) socketIO(p []byte, sid string) (answer []byte, joins bool) {
	if string(p) == "40" {
		return fmt.Appendf(nil, `40{"sid":"%s"}`, sid), true
	}
	emitted, is := bytes.CutPrefix(p, []byte("42"))
	from := bytes.IndexByte(emitted, '[')
	var args []json.RawMessage
	if !is || from < 0 || json.Unmarshal(emitted[from:], &args) != nil || len(args) < 2 {
		return nil, false // nothing that a client of the chat waits for
	}
	number := emitted[:from]
	m, err := r.accept(args[1])
	switch {
	case len(number) == 0:
		return nil, false
	case err != nil:
		return fmt.Appendf(nil, `43%s[{"error":{"status":400,"title":"no message"}}]`, number), false
	}
	return fmt.Appendf(nil, `43%s[%s]`, number, m.json), false
}

// socketIOWebSocket serves a client that uses a WebSocket from the beginning.
func (s *Server) socketIOWebSocket(c *conn, q *http.Request, r *room, after string) error {
	place := r.begin(after)
	ws, err := c.upgrade(q, nil)
	if err != nil {
		return err
	}
	say := func(packet []byte) error {
		if packet == nil {
			return nil
		}
		_, err := c.Write(appendFrame(nil, text, packet))
		return err
	}
	hear := func() (joins bool, err error) {
		_, p, err := ws.ReadMessage()
		if err != nil {
			return false, err
		}
		answer, joins := r.socketIO(p, "ws")
		return joins, say(answer)
	}
	err = say(fmt.Appendf(nil, opening, "ws"))
	for joined := false; err == nil && !joined; {
		joined, err = hear()
	}
	if err != nil {
		return err
	}
	defer alongside(func(gone <-chan struct{}) { r.push(c, place, gone, inForm(packed)) })()
	for err == nil {
		_, err = hear()
	}
	return err
}
