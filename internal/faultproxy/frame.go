package faultproxy

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// What is in a frame's first two bytes (RFC 6455, 5.2).
const (
	finBit    = 0x80
	opBits    = 0x0f
	opText    = 1
	opClose   = 8
	opControl = 8 // and above
	maskBit   = 0x80
)

// maxMessage is the longest frame that is looked into.
const maxMessage = 16 << 20

// frame reads a frame's header, and all of it if it may hold messages that
// faults are asked for.
func (d *direction) frame(b []byte) int {
	header, length := parseFrame(b)
	switch {
	case header == 0:
		return 0
	case length < 0:
		return d.unreadable(b)
	}
	text := b[0] == finBit|opText && b[1]&maskBit == 0
	if d.faults.of != nil && text && length <= maxMessage {
		if int64(len(b)) < int64(header)+length {
			return 0
		}
		size := header + int(length)
		for line := range bytes.SplitSeq(b[header:size], []byte("\n")) {
			d.message(messageID(line), appendFrame(nil, line))
		}
		return size
	}
	d.count(b[0])
	d.pass(b[:header])
	d.relayBody(length, d.frame)
	return header
}

// count counts a frame by its first byte.
func (d *direction) count(first byte) {
	frames := &d.counts.FramesOut
	if d.in {
		frames = &d.counts.FramesIn
	}
	switch op := first & opBits; {
	case op == opClose:
		frames.Close++
	case op >= opControl:
		frames.Control++
	default:
		frames.Data++
	}
}

// parseFrame reads a frame's header: its size, 0 where b does not hold it
// whole, and the payload's length, negative where there is no such length.
func parseFrame(b []byte) (size int, length int64) {
	if len(b) < 2 {
		return 0, 0
	}
	size, length = 2, int64(b[1]&^maskBit)
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if b[1]&maskBit != 0 {
		size += 4
	}
	if len(b) < size {
		return 0, 0
	}
	switch length {
	case 126:
		length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	return size, length
}

// appendFrame appends a text frame as a server sends it.
func appendFrame(b, text []byte) []byte {
	b = append(b, finBit|opText)
	switch n := len(text); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, text...)
}

// filter does to the chat messages of one connection what is asked for.
type filter struct {
	of   func(id uint64) Fault // nil for nothing
	late [][]byte              // those that come after the next one that passes
}

// take returns what goes on in the place of a message.
func (f *filter) take(id uint64, message []byte) (on [][]byte, reset bool) {
	switch f.of(id) {
	case Drop:
		return nil, false
	case Reset:
		return nil, true
	case Swap:
		f.late = append(f.late, message)
		return nil, false
	case Twice:
		on = append(on, message)
	}
	on = append(append(on, message), f.late...)
	f.late = nil
	return on, false
}

// message passes a frame or a chunk, as it is where id is 0 and as the faults
// say where it holds the message of that id.
func (d *direction) message(id uint64, b []byte) {
	if d.reset {
		return
	}
	on := [][]byte{b}
	if id > 0 {
		on, d.reset = d.faults.take(id, b)
	}
	for _, b := range on {
		if d.exchange.upgraded {
			d.count(b[0])
		}
		d.pass(b)
	}
}

// messageID is the id of the chat message that a text frame's line is, or that
// a Socket.IO event holds; 0 where it is neither.
func messageID(line []byte) uint64 {
	if event, ok := bytes.CutPrefix(line, []byte("42")); ok { // Engine.IO's message, Socket.IO's event
		event = bytes.TrimLeft(event, "0123456789") // its number, where it wants an acknowledgement
		var values []json.RawMessage                // its name, the message, and what else it bears
		if json.Unmarshal(event, &values) != nil || len(values) < 2 {
			return 0
		}
		line = values[1]
	}
	var m struct {
		ID   uint64
		Text *string
	}
	if json.Unmarshal(line, &m) != nil || m.Text == nil {
		return 0
	}
	return m.ID
}

// eventChunk reads a whole chunk of an event stream, and passes each event that
// ends in it as a chunk of its own.
func (d *direction) eventChunk(b []byte) int {
	length, size, ok := parseChunkLine(b)
	switch {
	case !ok || length > maxMessage:
		return d.unreadable(b)
	case size == 0:
		return 0
	case length == 0:
		if len(d.event) > 0 {
			d.pass(appendChunk(nil, d.event))
			d.event = nil
		}
		return d.chunk(b)
	case int64(len(b)) < int64(size)+length+2:
		return 0
	}
	end := size + int(length)
	d.event = append(d.event, b[size:end]...)
	for {
		event, rest, whole := bytes.Cut(d.event, []byte("\n\n"))
		if !whole {
			return end + 2
		}
		d.message(eventID(event), appendChunk(nil, d.event[:len(event)+2]))
		d.event = rest
	}
}

// eventID is the id of the chat message that an event holds; 0 without one.
func eventID(event []byte) uint64 {
	for line := range bytes.SplitSeq(event, []byte("\n")) {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			return messageID(bytes.TrimSpace(data))
		}
	}
	return 0
}

func appendChunk(b, data []byte) []byte {
	return fmt.Appendf(b, "%x\r\n%s\r\n", len(data), data)
}
