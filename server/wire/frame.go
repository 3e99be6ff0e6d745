package wire

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"sync"

	"github.com/gorilla/websocket"
)

const (
	finalBit  = 0x80
	maskedBit = 0x80
	opcodes   = 0x0f
)

// AppendFrame appends an unmasked, final frame, as servers send them.
func AppendFrame(b []byte, opcode byte, payload ...[]byte) []byte {
	n := 0
	for _, p := range payload {
		n += len(p)
	}
	b = AppendFrameHeader(b, opcode, n)
	for _, p := range payload {
		b = append(b, p...)
	}
	return b
}

func AppendFrameHeader(b []byte, opcode byte, n int) []byte {
	b = append(b, finalBit|opcode)
	switch {
	case n < 126:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
}

func CloseFrame(code int, reason string) []byte {
	return AppendFrame(nil, websocket.CloseMessage, websocket.FormatCloseMessage(code, reason))
}

// FrameScanner finds where frames end in a stream of bytes that comes in any
// pieces. It counts frames as they are on the wire, which neither gorilla's API
// (it hides fragments) nor a buffer half written could tell.
type FrameScanner struct {
	left   uint64   // bytes of the frame's mask and payload still to come
	header [10]byte // as far as it has come
	have   uint8
}

// Scan takes the next bytes and returns how many frames end in them.
func (s *FrameScanner) Scan(p []byte) (ended int) {
	for len(p) > 0 {
		if s.left > 0 {
			n := min(s.left, uint64(len(p)))
			p = p[n:]
			if s.left -= n; s.left == 0 {
				ended++
			}
			continue
		}
		s.header[s.have] = p[0]
		s.have++
		p = p[1:]
		if s.have < 2 {
			continue
		}
		n := uint64(s.header[1] &^ maskedBit)
		switch {
		case n == 126 && s.have < 4, n == 127 && s.have < 10:
			continue
		case n == 126:
			n = uint64(binary.BigEndian.Uint16(s.header[2:]))
		case n == 127:
			n = binary.BigEndian.Uint64(s.header[2:])
		}
		if s.header[1]&maskedBit != 0 {
			n += 4
		}
		s.have, s.left = 0, n
		if n == 0 {
			ended++
		}
	}
	return ended
}

// endsHalf says whether the last frame was a close frame with half a code, which
// gorilla takes for one without.
func (s *FrameScanner) endsHalf() bool {
	return s.header[0]&opcodes == websocket.CloseMessage && s.header[1]&^maskedBit == 1
}

// compressedBit says that a message is compressed (RFC 7692, 6).
const compressedBit = 0x40

// deflater is a compressor and what it compresses into.
type deflater struct {
	out bytes.Buffer
	*flate.Writer
}

// Level 1 is what gorilla takes as well: it costs a third of level 6, and chat
// messages become hardly larger for it.
var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.Writer, _ = flate.NewWriter(&d.out, flate.BestSpeed) // fails for other levels only
	return d
}}

// AppendDeflated appends an unmasked, final, compressed frame, for sockets that
// have agreed on it. It is compressed without context takeover, by itself, so
// that the same bytes serve every socket.
func AppendDeflated(b []byte, opcode byte, payload []byte) []byte {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.Reset(&d.out)
	d.Write(payload) // into memory, which does not fail
	d.Flush()
	compressed := bytes.TrimSuffix(d.out.Bytes(), []byte{0, 0, 0xff, 0xff}) // as RFC 7692, 7.2.1 has it
	b = AppendFrameHeader(b, opcode|compressedBit, len(compressed))
	return append(b, compressed...)
}
