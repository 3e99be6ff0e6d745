package codec

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// ChatEvent is the event that messages travel in, both ways.
const ChatEvent = "chat message"

// Separator is between two packets of one body (Engine.IO, protocol 4).
var Separator = []byte{0x1e}

// The Engine.IO packet types (protocol 4) that a server sends, and those of
// Socket.IO (protocol 5) within messages.
const (
	EngineOpen    = '0'
	EngineClose   = '1'
	EnginePing    = '2'
	EngineMessage = '4'
	EngineNoop    = '6'

	SocketConnect    = '0'
	SocketDisconnect = '1'
	SocketEvent      = '2'
	SocketAck        = '3'
	SocketRefusal    = '4'
)

// Packet is one Engine.IO packet, with what Socket.IO has put into a message.
type Packet struct {
	Engine byte
	Socket byte   // of a message
	Number uint64 // of an ack: the event that it answers
	Data   []byte // what follows, as a rule JSON
}

// ParsePacket reads a packet from all of b. Binary packets are [ErrMalformed],
// as the chat has only text, and so are those of other namespaces than the main one.
func ParsePacket(b []byte) (p Packet, err error) {
	if len(b) == 0 {
		return p, Malformed("an empty packet", b)
	}
	p.Engine, p.Data = b[0], b[1:]
	switch p.Engine {
	case EngineOpen, EngineClose, EnginePing, EngineNoop:
		return p, nil
	case EngineMessage:
		if len(p.Data) == 0 {
			return p, Malformed("a message without a Socket.IO packet", b)
		}
		p.Socket = p.Data[0]
	case 'b':
		return p, Malformed("a binary packet where the chat has only text", b)
	default:
		return p, Malformed("an Engine.IO packet of a type that servers do not send", b)
	}
	s := scanner{text: p.Data, at: 1}
	switch {
	case p.Socket == '5' || p.Socket == '6':
		return p, Malformed("a binary packet where the chat has only text", b)
	case p.Socket < SocketConnect || p.Socket > SocketRefusal:
		return p, Malformed("a Socket.IO packet of unknown type", b)
	case s.take('/') && !s.take(','):
		return p, Malformed("a packet of another namespace", b)
	}
	from, ok := s.at, false
	if p.Number, ok = s.number(); !ok && (s.at > from || p.Socket == SocketAck) {
		return p, Malformed("a packet number that is missing or too large", b)
	}
	p.Data = p.Data[s.at:]
	return p, nil
}

// ParseOpen reads the packet that begins a session and returns the session's id.
func ParseOpen(b []byte) (sid string, err error) {
	var open struct{ SID string }
	if len(b) == 0 || b[0] != EngineOpen || json.Unmarshal(b[1:], &open) != nil || open.SID == "" {
		return "", Malformed("no Engine.IO handshake", b)
	}
	return open.SID, nil
}

// ParseEvent reads an event: ["chat message",{…}]. Further arguments, as
// connection state recovery adds one, are passed over. The tally is of what is
// within the array, but for the name of the chat's event.
func ParseEvent(data []byte) (d Delivery, isChat bool, t Tally, err error) {
	s := scanner{text: data}
	if s.space(); !s.take('[') {
		return d, false, t, s.fail("an event's array")
	}
	s.space()
	name, ok := s.quoted()
	if !ok {
		return d, false, t, s.fail("an event's name")
	}
	if string(name) != ChatEvent {
		t.Envelope, _ = s.rest()
		return d, false, t, nil
	}
	if s.space(); !s.take(',') {
		return d, false, t, s.fail("a message")
	}
	s.space()
	d, size, err := ScanMessage(s.text[s.at:])
	if err != nil {
		return d, false, t, err
	}
	s.at += size
	more, ok := s.rest()
	if !ok {
		return d, false, t, s.fail("the event's end")
	}
	return d, true, Tally{Text: int64(len(d.Text)), Envelope: int64(size-len(d.Text)) + more}, nil
}

// ParseAck reads the answer to an event: [{"id":…}] or [{"error":{…}}].
func ParseAck(data []byte) (o Object, t Tally, err error) {
	s := scanner{text: data}
	if s.space(); !s.take('[') {
		return o, t, s.fail("an acknowledgement's array")
	}
	s.space()
	if err := ScanObject(s.text[s.at:], &o); err != nil {
		return o, t, err
	}
	s.at += o.Size
	more, ok := s.rest()
	if !ok {
		return o, t, s.fail("the acknowledgement's end")
	}
	t = Tally{Text: int64(len(o.Text)), Envelope: int64(o.Size-len(o.Text)) + more}
	if o.Refused == nil && o.ID == 0 {
		err = Malformed("an acknowledgement with neither message nor error", data)
	}
	return o, t, err
}

// ParseJoinRefusal reads the answer to joining that refuses.
func ParseJoinRefusal(data []byte) (*AnswerError, error) {
	var refused struct {
		Message string
		Data    json.RawMessage
	}
	if json.Unmarshal(data, &refused) != nil {
		return nil, Malformed("a refusal that cannot be read", data)
	}
	var more struct{ Status int }
	if json.Unmarshal(refused.Data, &more) != nil || more.Status == 0 {
		more.Status = 400 // servers need not say more than the message
	}
	return &AnswerError{Status: more.Status, Text: fmt.Sprintf("%.200s", refused.Message)}, nil
}

// AppendEmit appends the packet that publishes a text, which needs no escaping.
func AppendEmit(b []byte, number uint64, user, text string) []byte {
	b = append(b, EngineMessage, SocketEvent)
	b = strconv.AppendUint(b, number, 10)
	b = append(b, `["`+ChatEvent+`",{"user":"`...)
	b = append(b, user...)
	b = append(b, `","text":"`...)
	b = append(b, text...)
	return append(b, `"}]`...)
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
