package loadgen

import "encoding/binary"

// The opcodes of WebSocket frames (RFC 6455, 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// rsv1 marks a message as compressed (RFC 7692, 6).
const rsv1 = 0x40

// maxFrame bounds what a server can make a client hold: one frame may bring all
// that a client has missed, as a page may.
const maxFrame = maxBody

// frame is one WebSocket frame from a server, which never masks.
type frame struct {
	op         byte
	final      bool
	compressed bool // the message that begins here is
	payload    []byte
	size       int // with its header
}

// parseFrame reads a frame from the start of b; ok is false where more bytes
// are needed. Only where deflate was agreed on may messages be compressed.
func parseFrame(b []byte, deflate bool) (f frame, ok bool, err error) {
	if len(b) < 2 {
		return f, false, nil
	}
	f.op, f.final = b[0]&0x0f, b[0]&0x80 != 0
	f.compressed = deflate && b[0]&0x70 == rsv1 && (f.op == opText || f.op == opBinary)
	if b[0]&0x70 != 0 && !f.compressed {
		return f, false, malformed("a frame with reserved bits that no agreed extension uses", b)
	}
	if b[1]&0x80 != 0 {
		return f, false, malformed("a masked frame from a server", b)
	}
	length, head := uint64(b[1]), 2
	switch b[1] {
	case 126:
		head = 4
		if len(b) < head {
			return f, false, nil
		}
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		head = 10
		if len(b) < head {
			return f, false, nil
		}
		length = binary.BigEndian.Uint64(b[2:])
	}
	control := f.op >= opClose
	switch {
	case f.op > opBinary && f.op < opClose || f.op > opPong:
		err = malformed("a frame with an unknown opcode", b)
	case control && (length > 125 || !f.final):
		err = malformed("a control frame in parts, or of more than 125 bytes", b)
	case length > maxFrame:
		err = malformed("a frame larger than can be read", b)
	}
	if err != nil {
		return f, false, err
	}
	if len(b) < head+int(length) {
		return f, false, nil
	}
	f.payload, f.size = b[head:head+int(length)], head+int(length)
	return f, true, nil
}

// appendFrame appends a final frame to a server, masked with key. The opcode
// may have rsv1 with it.
func appendFrame(b []byte, op byte, payload []byte, key uint32) []byte {
	b = append(b, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 0x80|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	mask := binary.BigEndian.AppendUint32(nil, key)
	b = append(b, mask...)
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}
