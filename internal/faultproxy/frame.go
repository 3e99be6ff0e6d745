package faultproxy

import "encoding/binary"

// What is in a frame's first two bytes (RFC 6455, 5.2).
const (
	opBits    = 0x0f
	opClose   = 8
	opControl = 8 // and above
	maskBit   = 0x80
)

// frame reads a frame's header.
func (d *direction) frame(b []byte) int {
	header, length := parseFrame(b)
	switch {
	case header == 0:
		return 0
	case length < 0:
		return d.unreadable(b)
	}
	d.count(b[0])
	d.skipBody(length, d.frame)
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
