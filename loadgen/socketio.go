package loadgen

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
)

// chatEvent is the event that messages travel in, both ways.
const chatEvent = "chat message"

// socketIO is what a client does with Socket.IO's packets, whichever way they
// come: it has joined the main namespace, gets messages as events, and
// publishes by events that are acknowledged.
type socketIO struct {
	user   string
	joined bool
	got    []Delivery
	in     tally         // of packets taken in, not yet added to the meter
	event  atomic.Uint64 // number of the last event published
	acks   acks
}

func newSocketIO(t Target) socketIO { return socketIO{user: t.User, acks: newAcks(t)} }

// socketIOClient receives and publishes over Socket.IO, on a WebSocket from
// the beginning.
type socketIOClient struct {
	socketIO
	socket
}

// DialSocketIO opens a client by Socket.IO over a WebSocket.
func DialSocketIO(ctx context.Context, t Target) (Client, error) {
	c := &socketIOClient{socketIO: newSocketIO(t)}
	if _, err := c.open(ctx, t, socketIOPath(t, "websocket"), false); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	if err := c.join(); err != nil {
		c.conn.Close()
		return nil, err
	}
	return c, nil
}

func socketIOPath(t Target, transport string) string {
	return fmt.Sprintf("/socket.io/?EIO=4&transport=%s&room=%s&after=%d", transport, t.Room, t.After)
}

// join takes in the server's handshake and joins the namespace.
func (c *socketIOClient) join() error {
	opened := false
	for !c.joined {
		b, ok, err := c.next()
		switch {
		case err != nil:
		case !ok:
			err = c.conn.Fill()
		case opened:
			err = c.packet(b)
		default:
			opened = true
			if _, err = parseOpen(b); err == nil {
				err = c.send([]byte{engineMessage, socketConnect})
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *socketIOClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	err := c.read(c.packet, &c.got)
	return c.got, err
}

// packet takes in a packet and answers a ping.
func (c *socketIOClient) packet(b []byte) error {
	p, err := parsePacket(b)
	if err == nil && p.engine == enginePing {
		return c.send([]byte("3"))
	}
	if err == nil {
		err = c.take(p)
	}
	c.count(c.conn.meter)
	return err
}

func (c *socketIOClient) Publish(text string) error {
	if err := c.send(c.emit(text)); err != nil {
		return err
	}
	c.conn.meter.out.add(published(c.user, text))
	return c.acks.wait(c.closed)
}

// parseOpen reads the packet that begins a session and returns the session's id.
func parseOpen(b []byte) (sid string, err error) {
	var open struct{ SID string }
	if len(b) == 0 || b[0] != engineOpen || json.Unmarshal(b[1:], &open) != nil || open.SID == "" {
		return "", malformed("no Engine.IO handshake", b)
	}
	return open.SID, nil
}

// emit returns the packet that publishes a message. Its acknowledgement goes
// to acks.
func (c *socketIO) emit(text string) []byte {
	n := c.event.Add(1)
	c.acks.forget()
	b := append(make([]byte, 0, len(text)+len(c.user)+64), engineMessage, socketEvent)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `["`+chatEvent+`",{"user":"`...)
	b = append(b, c.user...)
	b = append(b, `","text":"`...)
	b = append(b, text...)
	return append(b, `"}]`...)
}

// count adds to the meter what has been taken in.
func (c *socketIO) count(m *Meter) {
	m.in.add(c.in)
	c.in = tally{}
}

// take takes in any packet but pings.
func (c *socketIO) take(p packet) error {
	switch {
	case p.engine == engineNoop:
		return nil
	case p.engine == engineClose:
		return fmt.Errorf("the Engine.IO session: %w", errEnded)
	case p.engine != engineMessage:
		return malformed("a second Engine.IO handshake", p.data)
	case !c.joined:
		return c.answered(p)
	}
	switch p.socket {
	case socketEvent:
		return c.received(p.data)
	case socketAck:
		return c.acknowledged(p)
	case socketDisconnect:
		return fmt.Errorf("the Socket.IO connection: %w", errEnded)
	}
	return malformed("a second answer to joining", p.data)
}

// answered takes in the answer to joining the namespace.
func (c *socketIO) answered(p packet) error {
	switch p.socket {
	case socketConnect:
		c.joined = true
		return nil
	case socketRefusal:
		c.in.envelope += int64(len(p.data))
		refused := struct {
			Message string
			Data    json.RawMessage
		}{}
		if json.Unmarshal(p.data, &refused) != nil {
			return malformed("a refusal that cannot be read", p.data)
		}
		data := struct{ Status int }{}
		if json.Unmarshal(refused.Data, &data) != nil || data.Status == 0 {
			data.Status = 400 // servers need not say more than the message
		}
		return &AnswerError{Status: data.Status, Text: fmt.Sprintf("%.200s", refused.Message)}
	}
	return malformed("no answer to joining", p.data)
}

// received takes in an event: ["chat message",{…}]. Further arguments, as
// connection state recovery adds one, are passed over. Other events are nothing
// to a client: what was truncated the ledger will show.
func (c *socketIO) received(data []byte) error {
	s := scanner{text: data}
	if s.space(); !s.take('[') {
		return s.fail("an event's array")
	}
	s.space()
	name, ok := s.quoted()
	if !ok {
		return s.fail("an event's name")
	}
	if string(name) != chatEvent {
		more, _ := s.rest()
		c.in.envelope += more
		return nil
	}
	if s.space(); !s.take(',') {
		return s.fail("a message")
	}
	s.space()
	d, size, err := scanMessage(s.text[s.at:])
	if err != nil {
		return err
	}
	s.at += size
	more, ok := s.rest()
	if !ok {
		return s.fail("the event's end")
	}
	c.got = append(c.got, d)
	c.in.text += int64(len(d.Text))
	c.in.envelope += int64(size-len(d.Text)) + more
	return nil
}

// acknowledged takes in the answer to an event: [{"id":…}] or [{"error":{…}}].
func (c *socketIO) acknowledged(p packet) error {
	s := scanner{text: p.data}
	if s.space(); !s.take('[') {
		return s.fail("an acknowledgement's array")
	}
	s.space()
	var o object
	if err := scanObject(s.text[s.at:], &o); err != nil {
		return err
	}
	s.at += o.size
	more, ok := s.rest()
	if !ok {
		return s.fail("the acknowledgement's end")
	}
	c.in.text += int64(len(o.text))
	c.in.envelope += int64(o.size-len(o.text)) + more
	if o.refused == nil && o.id == 0 {
		return malformed("an acknowledgement with neither message nor error", p.data)
	}
	if p.number != c.event.Load() {
		return nil // of nothing that is waited for
	}
	if o.refused != nil {
		return c.acks.refuse(o.refused)
	}
	c.acks.settle(nil)
	return nil
}

// rest takes what follows a value in an array, whose end must be the text's, and
// returns the bytes of all further values.
func (s *scanner) rest() (bytes int64, ok bool) {
	for s.space(); s.take(','); s.space() {
		s.space()
		value, ok := s.value(0)
		if !ok {
			return bytes, false
		}
		bytes += int64(len(value))
	}
	ok = s.take(']')
	s.space()
	return bytes, ok && s.at == len(s.text)
}

// The Engine.IO packet types (protocol 4) that a server sends, and those of
// Socket.IO (protocol 5) within messages.
const (
	engineOpen    = '0'
	engineClose   = '1'
	enginePing    = '2'
	engineMessage = '4'
	engineNoop    = '6'

	socketConnect    = '0'
	socketDisconnect = '1'
	socketEvent      = '2'
	socketAck        = '3'
	socketRefusal    = '4'
)

// packet is one Engine.IO packet, with what Socket.IO has put into a message.
type packet struct {
	engine byte
	socket byte   // of a message
	number uint64 // of an ack: the event that it answers
	data   []byte // what follows, as a rule JSON
}

// parsePacket reads a packet from all of b. Binary packets are refused: the
// chat has only text; and so are those of other namespaces than the main one.
func parsePacket(b []byte) (p packet, err error) {
	if len(b) == 0 {
		return p, malformed("an empty packet", b)
	}
	p.engine, p.data = b[0], b[1:]
	switch p.engine {
	case engineOpen, engineClose, enginePing, engineNoop:
		return p, nil
	case engineMessage:
	case 'b':
		return p, malformed("a binary packet where the chat has only text", b)
	default:
		return p, malformed("an Engine.IO packet of a type that servers do not send", b)
	}
	if len(p.data) == 0 {
		return p, malformed("a message without a Socket.IO packet", b)
	}
	p.socket = p.data[0]
	s := scanner{text: p.data, at: 1}
	switch {
	case p.socket == '5' || p.socket == '6':
		return p, malformed("a binary packet where the chat has only text", b)
	case p.socket < socketConnect || p.socket > socketRefusal:
		return p, malformed("a Socket.IO packet of unknown type", b)
	case s.take('/') && !s.take(','):
		return p, malformed("a packet of another namespace", b)
	}
	from := s.at
	number, ok := s.number()
	if !ok && s.at > from {
		return p, malformed("a packet number that is too large", b)
	}
	if !ok && p.socket == socketAck {
		return p, malformed("an acknowledgement without a number", b)
	}
	p.number, p.data = number, p.data[s.at:]
	return p, nil
}
