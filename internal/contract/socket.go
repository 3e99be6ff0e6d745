package contract

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
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
	v      *visit
	asked  string
	header http.Header // of the handshake's answer
	tcp    *boundedConn
	frames int    // text frames so far
	rest   []byte // of the frame that was read last
}

func (v *visit) socketPath(room, query string) string { return "/api/rooms/" + room + "/ws" + query }

// dial opens a WebSocket; header holds names and values in turn.
func (v *visit) dial(path string, compressed bool, header ...string) (*socket, error) {
	s := &socket{v: v, asked: asked("WebSocket", path, "", header)}
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
	fields := http.Header{}
	for i := 0; i < len(header); i += 2 {
		fields.Set(header[i], header[i+1])
	}
	c, r, err := dialer.DialContext(v.ctx, "ws"+strings.TrimPrefix(v.base, "http")+path, fields)
	switch {
	case err == nil:
	case r == nil:
		return nil, v.notServed(s.asked, path, err)
	case refuses(r.StatusCode):
		return nil, &absence{s.asked, fmt.Sprintf("the handshake got %d", r.StatusCode)}
	case r.StatusCode == http.StatusSwitchingProtocols:
		fault := Fault{s.asked, fmt.Sprintf("101, but %s: %+q", quote(err.Error()), r.Header),
			"answer with Upgrade, Connection, Sec-WebSocket-Accept and extensions as RFC 6455 and RFC 7692 require"}
		if err != websocket.ErrBadHandshake && strings.HasPrefix(r.Header.Get("Sec-Websocket-Extensions"), "permessage-deflate") {
			return nil, &otherTerms{fault}
		}
		return nil, &fault
	default:
		body, _ := io.ReadAll(r.Body)
		return nil, &handshakeRefusal{Fault{s.asked, fmt.Sprintf("%d with %s", r.StatusCode, quote(string(body))), "answer 101"}, r.StatusCode}
	}
	deadline, _ := v.ctx.Deadline()
	_ = c.SetReadDeadline(deadline)
	_ = c.SetWriteDeadline(deadline)
	c.SetReadLimit(maxAnswer)
	s.Conn, s.header = c, r.Header
	v.later(func() { c.Close() })
	return s, nil
}

// otherTerms is a 101 that agrees on compression in another way than without
// context, which nothing here can read.
type otherTerms struct{ Fault }

// handshakeRefusal is a status other than 101.
type handshakeRefusal struct {
	Fault
	status int
}

// notServed tells a handshake that nobody answers at a path where nothing is
// served from one that breaks.
func (v *visit) notServed(asked, path string, err error) error {
	if a, failed := v.get(path); failed == nil && refuses(a.status) && v.ctx.Err() == nil {
		return &absence{asked, fmt.Sprintf("the handshake got no answer, and a plain GET got %d", a.status)}
	}
	return v.broken(asked, err)
}

// socket opens a room's WebSocket, and takes it for absent or wrong where it
// cannot.
func (v *visit) socket(room, query string, header ...string) (*socket, error) {
	return v.opened(v.dial(v.socketPath(room, query), false, header...))
}

func (v *visit) opened(s *socket, err error) (*socket, error) {
	switch err := err.(type) {
	case *handshakeRefusal:
		return nil, &err.Fault
	case *otherTerms:
		return nil, &err.Fault
	}
	return s, err
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

func (s *socket) fault(found, remedy string) *Fault { return &Fault{s.asked, found, remedy} }

// text sends one text message.
func (s *socket) text(body string) error {
	if err := s.WriteMessage(websocket.TextMessage, []byte(body)); err != nil {
		return s.v.broken(s.asked+", "+quote(body), err)
	}
	return nil
}

// next waits for the next object.
func (s *socket) next() (part, error) {
	const remedy = `send a message, {"ack":42}, {"error":{…}} or {"truncated":true}, or several separated by \n`
	for len(bytes.TrimSpace(s.rest)) == 0 {
		frame, err := s.frame()
		if err != nil {
			return part{}, err
		}
		s.rest = frame
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
		return part{}, s.fault(quote(string(line)), remedy)
	}
	return part{raw: line, ack: o.Ack, refused: o.Error, truncated: o.Truncated}, nil
}

// frame waits for the next text message of the socket.
func (s *socket) frame() ([]byte, error) {
	kind, r, err := s.NextReader()
	if err != nil {
		return nil, s.v.broken(s.asked, err)
	}
	frame, err := io.ReadAll(io.LimitReader(r, maxAnswer)) // inflated, it could be of any size
	if err != nil {
		return nil, s.v.broken(s.asked, err)
	}
	if kind != websocket.TextMessage {
		return nil, s.fault("a binary frame", "send text frames")
	}
	s.frames++
	return frame, nil
}

// message waits for the next message; acks may come between.
func (s *socket) message() (message, error) {
	for {
		p, err := s.next()
		if err != nil {
			return message{}, err
		}
		switch {
		case p.ack != 0:
		case p.refused != nil, p.truncated:
			return message{}, s.fault(quote(string(p.raw)), "send the message")
		default:
			m, wrong := parseMessage(p.raw)
			if wrong != "" {
				return m, s.fault(wrong, messageRemedy)
			}
			return m, nil
		}
	}
}

// answer waits for what the last text sent is answered; messages may come
// between.
func (s *socket) answer() (part, error) {
	for {
		p, err := s.next()
		if err != nil || p.ack != 0 || p.refused != nil {
			return p, err
		}
	}
}

// closed waits for the close frame and wants a code of it.
func (s *socket) closed(code int) error {
	for {
		_, _, err := s.NextReader()
		if err == nil {
			continue
		}
		var end *websocket.CloseError
		if errors.As(err, &end) && end.Code == code {
			return nil
		}
		return s.fault(quote(err.Error()), fmt.Sprintf("close with %d", code))
	}
}

// wants waits for messages of these texts, with ids from first on.
func (s *socket) wants(first uint64, texts ...string) error {
	return s.v.wants(s, s.asked, first, texts...)
}
