package wire

import (
	"bytes"
	"compress/flate"
	"errors"
	"sync"
)

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

// isCorrupt says whether a compressed message could not be inflated.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}
