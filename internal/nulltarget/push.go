package nulltarget

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

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
