package client

import (
	"fmt"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// publisher publishes one text at a time where the client receives as well.
type publisher struct {
	joined bool
	text   string        // to be published, and not answered yet
	sends  func(t *Turn) // sends it
}

// Publish publishes at once, or when it has joined.
func (p *publisher) Publish(t *Turn, text string) {
	p.text = text
	p.speak(t)
}

func (p *publisher) speak(t *Turn) {
	if p.joined && p.text != "" {
		p.sends(t)
	}
}

// answered takes in the answer to what was published, if anything was: the error
// object that refuses it, or nil.
func (p *publisher) answered(t *Turn, refusal []byte) error {
	var outcome error
	if refusal != nil {
		refused, err := codec.ScanError(refusal)
		if err != nil {
			return err
		}
		outcome = refused
	}
	if p.text != "" {
		p.text = ""
		t.said(outcome)
	}
	return nil
}

func (p *publisher) finish(t *Turn, err error) {
	if p.joined && p.text != "" {
		p.text = ""
		t.said(ErrUnanswered)
	}
	p.joined = false
	t.Ended = err
}

// session is what a client does with Socket.IO's packets, whichever way they
// come: it has joined the main namespace, gets messages as events, and
// publishes by events that are acknowledged.
type session struct {
	publisher
	event uint64 // number of the last event published
	after uint64 // the last message id seen
}

// take takes in any packet but pings.
func (s *session) take(t *Turn, p codec.Packet) error {
	switch {
	case p.Engine == codec.EngineNoop:
		return nil
	case p.Engine == codec.EngineClose:
		return fmt.Errorf("the Engine.IO session: %w", codec.ErrEnded)
	case p.Engine != codec.EngineMessage:
		return codec.Malformed("a second Engine.IO handshake", p.Data)
	case !s.joined:
		return s.join(t, p)
	}
	switch p.Socket {
	case codec.SocketEvent:
		// What is not the chat's is nothing to a client: the ledger will show what was truncated.
		d, isChat, tally, err := codec.ParseEvent(p.Data)
		t.Counts.In.Add(tally)
		if isChat {
			t.Deliveries = append(t.Deliveries, d)
			s.after = max(s.after, d.ID)
		}
		return err
	case codec.SocketAck:
		return s.acknowledged(t, p)
	case codec.SocketDisconnect:
		return fmt.Errorf("the Socket.IO connection: %w", codec.ErrEnded)
	}
	return codec.Malformed("a second answer to joining", p.Data)
}

func (s *session) join(t *Turn, p codec.Packet) error {
	switch p.Socket {
	case codec.SocketConnect:
		s.joined, t.Ready = true, true
		return nil
	case codec.SocketRefusal:
		t.Counts.In.Envelope += int64(len(p.Data))
		refused, err := codec.ParseJoinRefusal(p.Data)
		if err != nil {
			return err
		}
		return refused
	}
	return codec.Malformed("no answer to joining", p.Data)
}

// acknowledged takes in the answer to an event.
func (s *session) acknowledged(t *Turn, p codec.Packet) error {
	o, tally, err := codec.ParseAck(p.Data)
	t.Counts.In.Add(tally)
	if err != nil || p.Number != s.event || s.text == "" { // of nothing that is waited for
		return err
	}
	return s.answered(t, o.Refused)
}

// emit returns the packet that publishes the text.
func (s *session) emit(b []byte, user string) []byte {
	s.event++
	return codec.AppendEmit(b, s.event, user, s.text)
}

func (s *session) path(room, transport string) string {
	return fmt.Sprintf("/socket.io/?EIO=4&transport=%s&room=%s&after=%d", transport, room, s.after)
}

// socketIO receives and publishes over Socket.IO, on a WebSocket from the
// beginning.
type socketIO struct {
	session
	socket
	opened bool // the Engine.IO session is
}

func newSocketIO(t Target) Client {
	c := &socketIO{session: session{after: t.After}, socket: newSocket(t)}
	c.talk, c.sends = c, c.say
	return c
}

func (c *socketIO) Open(t *Turn, _ Line) {
	c.joined, c.opened = false, false
	c.open(t, c.path(c.target.Room, "websocket"), false)
}

// begin waits for the server's first packet.
func (c *socketIO) begin(*Turn, codec.Response) error { return nil }

func (c *socketIO) hear(t *Turn, b []byte) error {
	if !c.opened {
		_, err := codec.ParseOpen(b)
		if err == nil {
			c.opened = true
			c.send(t, []byte{codec.EngineMessage, codec.SocketConnect})
		}
		return err
	}
	p, err := codec.ParsePacket(b)
	if err != nil {
		return err
	}
	if p.Engine == codec.EnginePing {
		c.send(t, []byte("3"))
		return nil
	}
	had := c.joined
	if err = c.take(t, p); err == nil && !had {
		c.speak(t)
	}
	return err
}

func (c *socketIO) say(t *Turn) {
	c.send(t, c.emit(nil, c.target.User))
	t.Counts.Out.Add(codec.Published(c.target.User, c.text))
}
