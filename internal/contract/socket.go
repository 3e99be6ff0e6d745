package contract

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// socket is a WebSocket to a room.
type socket struct {
	*websocket.Conn
	question
	v      *visit
	header http.Header // of the handshake's answer
	tcp    *boundedConn
	frames int    // text frames so far
	rest   []byte // of the frame that was read last
}

func (v *visit) socketPath(room, query string) string { return "/api/rooms/" + room + "/ws" + query }

// bySocket is the channel of the contract's own WebSocket.
func bySocket(v *visit, room, after string) talker { return v.socket(room, afterQuery(after)) }

// afterQuery is the query with a cursor, or none.
func afterQuery(after string) string {
	if after == "" {
		return ""
	}
	return "?after=" + after
}

// socket opens a room's WebSocket.
func (v *visit) socket(room, query string, header ...string) *socket {
	return v.dial(v.socketPath(room, query), false, header...)
}

// dial opens a WebSocket; header holds names and values in turn.
func (v *visit) dial(path string, compressed bool, header ...string) *socket {
	s := &socket{v: v, question: asked("WebSocket", path, "", header)}
	dialer := websocket.Dialer{
		EnableCompression: compressed,
		WriteBufferSize:   1 << 10,
		Jar:               v.jar,
		TLSClientConfig:   &tls.Config{RootCAs: v.roots},
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dialBounded(ctx, network, addr)
			if err == nil {
				s.tcp = c.(*boundedConn)
			}
			return c, err
		},
	}
	c, r, err := dialer.DialContext(v.ctx, "ws"+strings.TrimPrefix(v.base, "http")+path, fields(header))
	if err != nil {
		s.notOpened(path, r, err)
	}
	deadline, _ := v.ctx.Deadline()
	_ = c.SetReadDeadline(deadline)
	_ = c.SetWriteDeadline(deadline)
	c.SetReadLimit(maxAnswer)
	s.Conn, s.header = c, r.Header
	v.later(func() { c.Close() })
	return s
}

// notOpened ends the point for a handshake that has failed. One that nobody
// answers may be at a path where nothing is served.
func (s *socket) notOpened(path string, r *http.Response, err error) {
	if r == nil {
		var a *answer
		if attempt(func() { a = s.v.get(path) }) == nil && refuses(a.status) && s.v.ctx.Err() == nil {
			s.absent(fmt.Sprintf("the handshake got no answer, and a plain GET got %d", a.status))
		}
		s.v.unbroken(s.question, err)
	}
	if refuses(r.StatusCode) {
		s.absent(fmt.Sprintf("the handshake got %d", r.StatusCode))
	}
	if r.StatusCode == http.StatusSwitchingProtocols {
		must(&Fault{
			Asked:      s.asked,
			Found:      fmt.Sprintf("101, but %s: %+q", quote(err.Error()), r.Header),
			Remedy:     "answer with Upgrade, Connection, Sec-WebSocket-Accept and extensions as RFC 6455 and RFC 7692 require",
			otherTerms: err != websocket.ErrBadHandshake && strings.HasPrefix(r.Header.Get("Sec-Websocket-Extensions"), "permessage-deflate"),
		})
	}
	body, _ := io.ReadAll(r.Body)
	must(&Fault{Asked: s.asked, Found: fmt.Sprintf("%d with %s", r.StatusCode, quote(string(body))), Remedy: "answer 101", status: r.StatusCode})
}

// part is one object of a frame.
type part struct {
	raw       []byte
	ack       uint64
	refused   *refusal
	truncated bool
}

// refusal is an error as a push transport tells it.
type refusal struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
}

// text sends one text message.
func (s *socket) text(body string) {
	s.v.unbroken(s.about(quote(body)), s.WriteMessage(websocket.TextMessage, []byte(body)))
}

func (s *socket) tell(text string) { s.text(body("ada", text)) }

// say sends a message and waits for its ack.
func (s *socket) say(text string) {
	s.tell(text)
	if p := s.answer(); p.refused != nil {
		s.fail(quote(string(p.raw))+" for "+quote(text), `answer {"ack":ID}`)
	}
}

// next waits for the next object.
func (s *socket) next() part {
	for len(bytes.TrimSpace(s.rest)) == 0 {
		s.rest = s.frame()
	}
	line, rest, _ := bytes.Cut(s.rest, []byte("\n"))
	s.rest = rest
	var o struct {
		ID        uint64
		Ack       uint64
		Error     *refusal
		Truncated bool
	}
	if err := json.Unmarshal(line, &o); err != nil || o.ID == 0 && o.Ack == 0 && o.Error == nil && !o.Truncated {
		s.fail(quote(string(line)), `send a message, {"ack":42}, {"error":{…}} or {"truncated":true}, or several separated by \n`)
	}
	return part{raw: line, ack: o.Ack, refused: o.Error, truncated: o.Truncated}
}

// frame waits for the next text message of the socket.
func (s *socket) frame() []byte {
	kind, r, err := s.NextReader()
	s.v.unbroken(s.question, err)
	frame, err := io.ReadAll(io.LimitReader(r, maxAnswer)) // inflated, it could be of any size
	s.v.unbroken(s.question, err)
	if kind != websocket.TextMessage {
		s.fail("a binary frame", "send text frames")
	}
	s.frames++
	return frame
}

// message waits for the next message; acks may come between.
func (s *socket) message() message {
	p := s.next()
	for p.ack != 0 {
		p = s.next()
	}
	if p.refused != nil || p.truncated {
		s.fail(quote(string(p.raw)), "send the message")
	}
	return s.parsed(p.raw, messageRemedy)
}

// answer waits for what the last text sent is answered; messages may come
// between.
func (s *socket) answer() part {
	for {
		if p := s.next(); p.ack != 0 || p.refused != nil {
			return p
		}
	}
}

// closed waits for the close frame and wants a code of it.
func (s *socket) closed(code int) {
	var err error
	for err == nil {
		_, _, err = s.NextReader()
	}
	if !websocket.IsCloseError(err, code) {
		s.fail(quote(err.Error()), fmt.Sprintf("close with %d", code))
	}
}
