package nulltarget

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"sync"
)

// message is one message, and its bytes in each form that is asked for.
type message struct {
	id   uint64
	due  int64 // when it is delivered
	json []byte

	forms [formCount]struct {
		once  sync.Once
		bytes []byte
	}
}

// form is a way in which a message travels.
type form int

const (
	frame    form = iota // a WebSocket frame
	deflated             // the same, compressed
	event                // a Server-Sent Event, as an HTTP chunk
	packet               // an Engine.IO packet with a Socket.IO event
	packed               // the same, in a WebSocket frame
	formCount
)

// as returns the message's bytes in a form.
func (m *message) as(f form) []byte {
	made := &m.forms[f]
	made.once.Do(func() { made.bytes = m.render(f) })
	return made.bytes
}

func (m *message) render(f form) []byte {
	switch f {
	case frame:
		return appendFrame(nil, text, m.json)
	case deflated:
		return appendFrame(nil, text|compressed, deflate(m.json))
	case event:
		body := fmt.Appendf(nil, "id: %d\nevent: message\ndata: %s\n\n", m.id, m.json)
		return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body)
	case packet:
		return fmt.Appendf(nil, `42["chat message",%s]`, m.json)
	default:
		return appendFrame(nil, text, m.as(packet))
	}
}

// The first byte of a WebSocket frame (RFC 6455, 5.2): a whole text message,
// and that it is compressed (RFC 7692, 6).
const (
	text       = 0x81
	compressed = 0x40
)

// appendFrame appends a frame as servers send it, unmasked.
func appendFrame(b []byte, first byte, payload []byte) []byte {
	b = append(b, first)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// deflaters are kept: a new one takes a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is unknown
	}
	return w
}}

// deflate compresses a WebSocket message by itself (RFC 7692, 7.2.1).
func deflate(payload []byte) []byte {
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	w.Write(payload) // to memory: cannot fail
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}
