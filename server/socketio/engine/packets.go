package engine

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/server/wire"
)

// Packets are messages that are encoded once for all sessions. Send calls one
// of the two methods at once, and may keep what it gets for as long as it likes:
// the bytes must never change. Both must hold the same messages. No bytes are no
// message.
type Packets interface {
	Frames() []byte  // whole unmasked WebSocket frames, one for each message
	Payload() []byte // Engine.IO packets, with Separator between two
}

// Text returns messages of text, which must be UTF-8 without Separator.
func Text(messages ...[]byte) Packets {
	var e encoded
	for _, m := range messages {
		e.frames = AppendTextFrame(e.frames, m)
		e.payload = AppendTextPacket(e.payload, m)
	}
	return e
}

// Binary is Text for messages of any bytes.
func Binary(messages ...[]byte) Packets {
	var e encoded
	for _, m := range messages {
		e.frames = wire.AppendFrame(e.frames, websocket.BinaryMessage, m)
		e.payload = base64.StdEncoding.AppendEncode(appendPackets(e.payload, binaryPrefix), m)
	}
	return e
}

type encoded struct{ frames, payload []byte }

func (e encoded) Frames() []byte  { return e.frames }
func (e encoded) Payload() []byte { return e.payload }

var (
	messagePrefix = []byte{messagePacket}
	binaryPrefix  = []byte{binaryPacket}
)

// AppendTextFrame appends a message of text, given in pieces, as Frames wants it.
func AppendTextFrame(b []byte, pieces ...[]byte) []byte {
	n := 1
	for _, p := range pieces {
		n += len(p)
	}
	b = append(wire.AppendFrameHeader(b, websocket.TextMessage, n), messagePacket)
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// AppendTextPacket appends a message of text, given in pieces, as Payload wants
// it: after a Separator where b is not empty.
func AppendTextPacket(b []byte, pieces ...[]byte) []byte {
	b = appendPackets(b, messagePrefix)
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// The types of packets. A binary message has none over WebSocket, where it is a
// binary frame; elsewhere it is base64 after a 'b'.
const (
	openPacket    = '0'
	closePacket   = '1'
	pingPacket    = '2'
	pongPacket    = '3'
	messagePacket = '4'
	upgradePacket = '5'
	noopPacket    = '6'
	binaryPacket  = 'b'
)

// Separator is between two packets of a payload. Text that holds it cannot
// be sent: JSON writes it as \u001e.
const Separator = '\x1e'

var separator = []byte{Separator}

var (
	errNotUTF8   = errors.New("not UTF-8")
	errTooMany   = errors.New("too many packets")
	errEmpty     = errors.New("an empty packet")
	errType      = errors.New("a packet that no client sends")
	errNotBase64 = errors.New("not base64")
)

// checkPayload returns an error unless a client may send the payload. It is
// checked as a whole: of a payload that is refused nothing is taken.
func checkPayload(payload []byte, maxPackets int) error {
	if !utf8.Valid(payload) {
		return errNotUTF8
	}
	if bytes.Count(payload, separator) >= maxPackets {
		return errTooMany
	}
	for packet := range bytes.SplitSeq(payload, separator) {
		if len(packet) == 0 {
			return errEmpty
		}
		switch packet[0] {
		case closePacket, pongPacket, messagePacket, noopPacket:
		case binaryPacket:
			if _, err := decodeBinary(packet); err != nil {
				return err
			}
		default:
			return errType
		}
	}
	return nil
}

// decodeBinary returns the message of a binary packet.
func decodeBinary(packet []byte) ([]byte, error) {
	message, err := base64.StdEncoding.AppendDecode(nil, packet[1:])
	if err != nil {
		return nil, errNotBase64
	}
	return message, nil
}

// appendPackets appends the packets of a payload to another.
func appendPackets(b, payload []byte) []byte {
	if len(b) > 0 {
		b = append(b, Separator)
	}
	return append(b, payload...)
}

// appendFrames appends a payload of the server's own as frames.
func appendFrames(b, payload []byte) []byte {
	for packet := range bytes.SplitSeq(payload, separator) {
		if len(packet) > 0 && packet[0] == binaryPacket {
			if message, err := decodeBinary(packet); err == nil {
				b = wire.AppendFrame(b, websocket.BinaryMessage, message)
				continue
			}
		}
		b = wire.AppendFrame(b, websocket.TextMessage, packet)
	}
	return b
}

// handshake is the packet that answers one.
func (s *Session) handshake(upgrades string) []byte {
	c := &s.server.config
	b := make([]byte, 0, 128)
	b = append(b, openPacket)
	b = append(append(b, `{"sid":"`...), s.id...)
	b = append(append(b, `","upgrades":[`...), upgrades...)
	b = strconv.AppendInt(append(b, `],"pingInterval":`...), c.PingInterval.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"pingTimeout":`...), c.PingTimeout.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"maxPayload":`...), int64(c.MaxPayload), 10)
	return append(b, '}')
}
