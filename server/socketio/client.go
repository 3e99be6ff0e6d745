package socketio

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/server/socketio/engine"
)

// client is one session and its sockets. It is the session's engine.Handler,
// which is called by one goroutine at a time: its fields need no lock.
type client struct {
	server   *Server
	session  *engine.Session
	query    string
	partial  *partial    // nil but while attachments are to come
	broken   bool        // by the client, so that nothing more of it counts
	sockets  []*Socket   // one for each namespace at most
	patience *time.Timer // until the first
	entered  atomic.Bool // there has been one
}

// partial is a packet whose attachments have not all come yet.
type partial struct {
	packet *packet
	size   int // so far, attachments included
}

// Message takes one message of the session.
func (c *client) Message(body []byte, binary bool) {
	if c.broken {
		return
	}
	if err := c.take(body, binary); err != nil {
		c.broken, c.partial = true, nil
		c.session.Close(err.Error())
	}
}

// Closed has all that the session had ended, but not by its caller: that may be
// whoever sends to the session, in the middle of a broadcast.
func (c *client) Closed(string) { go c.end() }

func (c *client) end() {
	defer c.server.count(-1)
	defer c.server.engine.Guard("the end of a session")
	c.patience.Stop()
	for _, s := range c.sockets {
		s.end()
	}
}

// hurry closes a session that has entered no namespace in time.
func (c *client) hurry() {
	if !c.entered.Load() {
		c.session.Close("no CONNECT in time")
	}
}

func (c *client) take(body []byte, binary bool) error {
	if binary {
		return c.takeAttachment(body)
	}
	if c.partial != nil {
		return errors.New("packet: found text, want an attachment")
	}
	p, err := decode(body)
	if err != nil {
		return err
	}
	if p.attachments > 0 {
		c.partial = &partial{p, len(body)}
		return nil
	}
	return c.handle(p)
}

func (c *client) takeAttachment(body []byte) error {
	if c.partial == nil {
		return errors.New("packet: found an attachment that no packet announced")
	}
	p := c.partial.packet
	c.partial.size += len(body)
	if limit := c.server.config.Engine.MaxPayload; c.partial.size > limit {
		return fmt.Errorf("packet: found %d bytes with attachments, want up to %d", c.partial.size, limit)
	}
	p.data.Attachments = append(p.data.Attachments, bytes.Clone(body))
	if len(p.data.Attachments) < p.attachments {
		return nil
	}
	c.partial = nil
	return c.handle(p)
}

// handle does what a whole packet asks for.
func (c *client) handle(p *packet) error {
	at := slices.IndexFunc(c.sockets, func(s *Socket) bool { return s.namespace.name == p.namespace })
	if p.kind == connect {
		if at >= 0 {
			return fmt.Errorf("CONNECT: the session is already in the namespace %q", p.namespace)
		}
		c.connect(p)
		return nil
	}
	if at < 0 {
		return fmt.Errorf("packet: the session is not in the namespace %q", p.namespace)
	}
	s := c.sockets[at]
	switch {
	case p.kind == disconnect:
		c.sockets = slices.Delete(c.sockets, at, at+1)
		s.end()
	case p.kind == ack || p.kind == binaryAck: // of an event that asked for none
	default:
		if do := s.namespace.Events[p.name]; do != nil {
			do(s, &Event{Data: p.data, socket: s, id: int64(p.id), unanswered: p.hasID})
		}
	}
	return nil
}

// connect lets the client into a namespace, or tells it why not.
func (c *client) connect(p *packet) {
	n := c.server.config.Namespaces[p.namespace]
	if n == nil {
		c.refuse(p.namespace, &ConnectError{Message: "Invalid namespace"})
		return
	}
	s := &Socket{session: c.session, namespace: n}
	if n.Connect != nil {
		if err := n.Connect(s, Handshake{Query: c.query, Auth: p.auth}); err != nil {
			c.refuse(p.namespace, err)
			return
		}
	}
	c.sockets = append(c.sockets, s)
	c.entered.Store(true)
	c.patience.Stop()
	answer := appendHead([]byte{engineMessage}, connect, n.name, -1, 0)
	answer = append(answer, `{"sid":"`...)
	answer = append(answer, rand.Text()...)
	answer = append(answer, `"}`...)
	c.session.Send(&message{text: answer})
	s.in.Store(true)
	if n.Connected != nil {
		n.Connected(s)
	}
}

func (c *client) refuse(namespace string, why *ConnectError) {
	answer := appendHead([]byte{engineMessage}, connectError, namespace, -1, 0)
	c.session.Send(&message{text: append(answer, marshal(why)...)})
}
