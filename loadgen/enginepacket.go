package loadgen

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
