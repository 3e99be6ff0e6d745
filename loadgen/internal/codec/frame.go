package codec

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// The opcodes of WebSocket frames (RFC 6455, 5.2).
const (
	OpContinuation = 0x0
	OpText         = 0x1
	OpBinary       = 0x2
	OpClose        = 0x8
	OpPing         = 0x9
	OpPong         = 0xA
)

// RSV1 marks a message as compressed (RFC 7692, 6).
const RSV1 = 0x40

// Frame is one WebSocket frame from a server, which never masks.
type Frame struct {
	Op         byte
	Final      bool
	Compressed bool // the message that begins here is
	Payload    []byte
	Size       int // with its header
}

// ParseFrame reads a frame from the start of b. Where more bytes are needed ok is
// false, and f.Size how many in all, or 0 where b does not tell. Only where
// deflate was agreed on may messages be compressed. What a server must not send,
// or a payload of more than [MaxBody], is [ErrMalformed].
func ParseFrame(b []byte, deflate bool) (f Frame, ok bool, err error) {
	if len(b) < 2 {
		return f, false, nil
	}
	f.Op, f.Final = b[0]&0x0f, b[0]&0x80 != 0
	f.Compressed = deflate && b[0]&0x70 == RSV1 && (f.Op == OpText || f.Op == OpBinary)
	if b[0]&0x70 != 0 && !f.Compressed {
		return f, false, Malformed("a frame with reserved bits that no agreed extension uses", b)
	}
	if b[1]&0x80 != 0 {
		return f, false, Malformed("a masked frame from a server", b)
	}
	length, head := uint64(b[1]), 2
	switch {
	case length == 126 && len(b) >= 4:
		length, head = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case length == 127 && len(b) >= 10:
		length, head = binary.BigEndian.Uint64(b[2:]), 10
	case length >= 126:
		return f, false, nil
	}
	control := f.Op >= OpClose
	switch {
	case f.Op > OpBinary && f.Op < OpClose || f.Op > OpPong:
		err = Malformed("a frame with an unknown opcode", b)
	case control && (length > 125 || !f.Final):
		err = Malformed("a control frame in parts, or of more than 125 bytes", b)
	case length > MaxBody:
		err = Malformed("a frame larger than can be read", b)
	}
	if err != nil {
		return f, false, err
	}
	if f.Size = head + int(length); len(b) < f.Size {
		return f, false, nil
	}
	f.Payload = b[head:f.Size]
	return f, true, nil
}

// AppendFrame appends a final frame to a server, masked with key. The opcode
// may have RSV1 with it.
func AppendFrame(b []byte, op byte, payload []byte, key uint32) []byte {
	b = append(slices.Grow(b, len(payload)+14), 0x80|op)
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
	var mask [8]byte
	binary.BigEndian.PutUint64(mask[:], uint64(key)<<32|uint64(key))
	b = append(b, mask[:4]...)
	for eight := binary.NativeEndian.Uint64(mask[:]); len(payload) >= 8; payload = payload[8:] {
		b = binary.NativeEndian.AppendUint64(b, binary.NativeEndian.Uint64(payload)^eight)
	}
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}

// Closed is the error for a close frame's payload (RFC 6455, 7.4.1): [ErrEnded]
// for a planned end, of which 1012 asks the client to come back, else [io.EOF].
func Closed(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("the server closed the connection: %w", io.EOF)
	}
	code, cause := binary.BigEndian.Uint16(payload), io.EOF
	switch code {
	case 1000, 1001, 1012:
		cause = ErrEnded
	}
	return fmt.Errorf("the WebSocket, closed with %d %q: %w", code, payload[2:], cause)
}

// AcceptKey is the answer to a key of a handshake (RFC 6455, 4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
