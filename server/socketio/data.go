package socketio

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/server/wire"
)

// Data is what an event or an acknowledgement carries: JSON values, in which
// {"_placeholder":true,"num":N} stands for attachment N. It is passed on as it
// came, and may be kept and shared, but not changed.
type Data struct {
	Args        []json.RawMessage
	Attachments [][]byte
}

// JSON returns Data that carries the values. It panics at a value that has no
// JSON, such as a channel.
func JSON(values ...any) Data {
	var d Data
	for _, v := range values {
		d.Args = append(d.Args, marshal(v))
	}
	return d
}

func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is no HTML
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// message is a packet for clients, in the forms that the transports of their
// sessions need. Each is made once, for the first session that asks: all that
// one message is sent to ask from the same goroutine.
type message struct {
	text        []byte // the packet, as an Engine.IO message
	attachments [][]byte
	frames      []byte
	payload     []byte
}

// engineMessage is how Engine.IO marks its packets that are messages.
const engineMessage = '4'

func newMessage(k kind, namespace string, id int64, name string, d Data) *message {
	size := 32 + len(namespace) + len(name)
	for _, arg := range d.Args {
		size += len(arg) + 1
	}
	b := append(make([]byte, 0, size), engineMessage)
	b = append(appendHead(b, k, namespace, id, len(d.Attachments)), '[')
	if k == event {
		b = append(append(b, marshal(name)...), ',')
	}
	for _, arg := range d.Args {
		b = append(append(b, arg...), ',')
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return &message{text: append(b, ']'), attachments: d.Attachments}
}

// Frames implements engine.Packets.
func (m *message) Frames() []byte {
	if m.frames == nil {
		m.frames = wire.AppendFrame(nil, websocket.TextMessage, m.text)
		for _, a := range m.attachments {
			m.frames = wire.AppendFrame(m.frames, websocket.BinaryMessage, a)
		}
	}
	return m.frames
}

// Payload implements engine.Packets.
func (m *message) Payload() []byte {
	if m.payload == nil {
		m.payload = m.text[:len(m.text):len(m.text)]
		for _, a := range m.attachments {
			m.payload = base64.StdEncoding.AppendEncode(append(m.payload, "\x1eb"...), a)
		}
	}
	return m.payload
}
