package faultproxy

import (
	"bytes"
	"encoding/binary"
)

// What stands in a frame's first two bytes (RFC 6455, 5.2).
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
