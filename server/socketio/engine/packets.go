package engine

import (
	"encoding/base64"
	"sync"

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

// Text returns messages of text. They must be UTF-8 without Separator, and must
// not change any more: each encoding is made when it is first asked for.
func Text(messages ...[]byte) Packets { return &prepared{messages: messages} }

// Binary is Text for messages of any bytes.
func Binary(messages ...[]byte) Packets { return &prepared{messages: messages, binary: true} }

type prepared struct {
	messages [][]byte
	binary   bool

	framing sync.Once
	frames  []byte
	packing sync.Once
	payload []byte
}

func (p *prepared) Frames() []byte {
	p.framing.Do(func() {
		for _, m := range p.messages {
			if p.binary {
				p.frames = wire.AppendFrame(p.frames, websocket.BinaryMessage, m)
			} else {
				p.frames = AppendTextFrame(p.frames, m)
			}
		}
	})
	return p.frames
}

func (p *prepared) Payload() []byte {
	p.packing.Do(func() {
		for _, m := range p.messages {
			if p.binary {
				p.payload = base64.StdEncoding.AppendEncode(appendPackets(p.payload, binaryPrefix), m)
			} else {
				p.payload = AppendTextPacket(p.payload, m)
			}
		}
	})
	return p.payload
}

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
