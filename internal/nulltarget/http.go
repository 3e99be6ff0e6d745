package nulltarget

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	readerSize = 2 << 10
	maxBody    = 64 << 10
	// maxWait is the longest that a request waits for news.
	maxWait = 25 * time.Second
)

// conn is a client's connection. Requests are read by net/http and answered
// by hand, in one write each: its server would cost several times as much.
type conn struct {
	net.Conn
	reader *bufio.Reader
	// places are where in the rooms' logs a polling client is. The ids that it
	// has seen, which it asks by, do not tell where messages are lost or swapped.
	places  map[string]int
	session *session // that was opened on this connection, of Socket.IO over polling
	buffer  []byte   // of the last answer
}

// converse answers requests until one has taken the connection over, or it ends.
func (s *Server) converse(c *conn) {
	defer func() { s.forget(c.session) }()
	for {
		request, err := http.ReadRequest(c.reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(io.LimitReader(request.Body, maxBody))
		if err != nil || s.answer(c, request, body) != nil {
			return
		}
	}
}

// answer answers one request. An error ends the connection.
func (s *Server) answer(c *conn, r *http.Request, body []byte) error {
	query := r.URL.Query()
	switch path := strings.Split(r.URL.Path, "/"); {
	case r.URL.Path == "/healthz":
		return c.write(http.StatusOK, "application/json", "", []byte(`{"status":"ok"}`))
	case r.URL.Path == "/socket.io/":
		return s.socketIO(c, r, query, body)
	case len(path) == 5 && path[1] == "api" && path[2] == "rooms" && isName(path[3]):
		room, err := s.room(path[3])
		if err != nil {
			return err
		}
		switch {
		case path[4] == "messages" && r.Method == http.MethodPost:
			return s.post(c, room, body)
		case path[4] == "messages" && r.Method == http.MethodGet:
			return s.page(c, room, query.Get("after"), query.Get("limit"), query.Get("wait"), r.Header.Get("If-None-Match"))
		case path[4] == "events" && r.Method == http.MethodGet:
			return s.stream(c, room, query.Get("after"))
		case path[4] == "ws" && r.Method == http.MethodGet:
			return s.webSocket(c, r, room, query.Get("after"), query.Get("batch") == "true")
		}
	}
	return c.refuse(http.StatusNotFound, "the null target has no such resource")
}

// isName reports whether a room's name needs no escaping in JSON.
func isName(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", c)
	})
}

func (c *conn) refuse(status int, why string) error {
	return c.write(status, "application/problem+json", "", fmt.Appendf(nil, `{"status":%d,"title":%q}`, status, why))
}

// write writes a whole answer. More is further lines of its header.
func (c *conn) write(status int, media, more string, body []byte) error {
	b := append(c.buffer[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\n"...)
	b = append(b, more...)
	if status != http.StatusNotModified {
		b = append(b, "Content-Type: "...)
		b = append(b, media...)
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	c.buffer = append(b, body...)
	_, err := c.Write(c.buffer)
	return err
}

func (s *Server) post(c *conn, r *room, body []byte) error {
	m, err := r.accept(body)
	if err != nil {
		return c.refuse(http.StatusBadRequest, err.Error())
	}
	return c.write(http.StatusCreated, "application/json", fmt.Sprintf("Location: /api/rooms/%s/messages/%d\r\n", r.name, m.id), m.json)
}

// page answers a poll, which may wait for news.
func (s *Server) page(c *conn, r *room, after, limit, wait, tag string) error {
	place, polled := c.places[r.name]
	if !polled {
		place = r.begin(after)
	}
	if patience, err := time.ParseDuration(wait); err == nil {
		r.wait(place, min(patience, maxWait))
	}
	now := r.now.Load()
	end := len(now.log)
	if n, err := strconv.Atoi(limit); err == nil {
		end = min(end, place+n)
	}
	c.places[r.name] = end
	etag := fmt.Sprintf(`"%d"`, end)
	if place == end && tag == etag {
		return c.write(http.StatusNotModified, "", "ETag: "+etag+"\r\n", nil)
	}
	body := []byte(`{"messages":[`)
	for i, m := range now.log[place:end] {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, m.json...)
	}
	body = append(body, `],"last":`...)
	body = strconv.AppendInt(body, int64(len(now.ends)), 10)
	return c.write(http.StatusOK, "application/json", "ETag: "+etag+"\r\n", append(body, '}'))
}

// wait waits until the log is longer than place, or patience is over.
func (r *room) wait(place int, patience time.Duration) {
	now := r.now.Load()
	if len(now.log) > place {
		return
	}
	over := time.NewTimer(patience)
	defer over.Stop()
	for len(now.log) <= place {
		select {
		case <-now.more:
		case <-over.C:
			return
		case <-r.done:
			return
		}
		now = r.now.Load()
	}
}

// maxTogether is how many messages go into one write at most.
const maxTogether = 128

// push writes to c what comes into the room's log from place on, until gone is
// closed, the server is, or the connection ends. Join makes one write of
// several messages.
func (r *room) push(c net.Conn, place int, gone <-chan struct{}, join func(b []byte, news []*message) []byte) {
	var buffer []byte
	for {
		now := r.now.Load()
		if place == len(now.log) {
			select {
			case <-now.more:
				continue
			case <-gone:
			case <-r.done:
			}
			return
		}
		news := now.log[place:min(len(now.log), place+maxTogether)]
		buffer = join(buffer[:0], news)
		if _, err := c.Write(buffer); err != nil {
			return
		}
		place += len(news)
	}
}

// inForm joins messages of a form that can follow one another as they are.
func inForm(f form) func(b []byte, news []*message) []byte {
	return func(b []byte, news []*message) []byte {
		for _, m := range news {
			b = append(b, m.as(f)...)
		}
		return b
	}
}

// inOneFrame joins messages in one WebSocket frame, a line for each.
func inOneFrame(b []byte, news []*message) []byte {
	if len(news) == 1 {
		return append(b, news[0].as(frame)...)
	}
	var lines []byte
	for i, m := range news {
		if i > 0 {
			lines = append(lines, '\n')
		}
		lines = append(lines, m.json...)
	}
	return appendFrame(b, text, lines)
}

// stream answers by Server-Sent Events, until the client leaves.
func (s *Server) stream(c *conn, r *room, after string) error {
	place := r.begin(after)
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	if err != nil {
		return err
	}
	left := alongside(func(gone <-chan struct{}) { r.push(c, place, gone, inForm(event)) })
	defer left()
	_, err = io.Copy(io.Discard, c.reader) // a client says nothing any more
	return errors.Join(err, io.EOF)
}

// alongside runs push until left is called, which waits for its end.
func alongside(push func(gone <-chan struct{})) (left func()) {
	gone, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		push(gone)
	}()
	return func() {
		close(gone)
		<-ended
	}
}

// handshake lets gorilla answer a WebSocket's handshake on a conn.
type handshake struct {
	c      *conn
	header http.Header
	status int
}

func (h *handshake) Header() http.Header    { return h.header }
func (h *handshake) WriteHeader(status int) { h.status = status }
func (h *handshake) Write(b []byte) (int, error) {
	return len(b), h.c.write(h.status, "text/plain", "", b)
}
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.c.Conn, bufio.NewReadWriter(h.c.reader, bufio.NewWriterSize(h.c, 1)), nil
}

// upgrader compresses nothing itself, but reads what clients have compressed.
var upgrader = websocket.Upgrader{EnableCompression: true, WriteBufferSize: 1}

// upgrade makes the connection a WebSocket. What is sent over it is written to
// the conn, in frames that are whole.
func (c *conn) upgrade(r *http.Request, header http.Header) (*websocket.Conn, error) {
	return upgrader.Upgrade(&handshake{c: c, header: http.Header{}}, r, header)
}

// webSocket serves the contract's WebSocket. The window of batches is no time
// at all: what comes at once goes in one frame, and all have the same delay.
func (s *Server) webSocket(c *conn, r *http.Request, room *room, after string, batch bool) error {
	place := room.begin(after)
	var header http.Header
	if batch {
		header = http.Header{"Batch-Window": {"0s"}}
	}
	ws, err := c.upgrade(r, header)
	if err != nil {
		return err
	}
	join := inForm(frame)
	switch {
	case batch:
		join = inOneFrame
	case r.Header.Get("Sec-WebSocket-Extensions") != "":
		join = inForm(deflated)
	}
	defer alongside(func(gone <-chan struct{}) { room.push(c, place, gone, join) })()
	for {
		_, body, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		answer := []byte(`{"error":{"status":400,"title":"no message"}}`)
		if m, err := room.accept(body); err == nil {
			answer = fmt.Appendf(nil, `{"ack":%d}`, m.id)
		}
		if _, err := c.Write(appendFrame(nil, text, answer)); err != nil {
			return err
		}
	}
}
