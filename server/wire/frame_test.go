package wire

import (
	"bytes"
	"testing"

	"gotest.tools/v3/assert"
)

func TestFrameScanner(t *testing.T) {
	var stream []byte
	sizes := []int{0, 1, 125, 126, 300, 65535, 65536, 70000, 0}
	for i, n := range sizes {
		stream = AppendFrame(stream, byte(1+i%2), bytes.Repeat([]byte{0x81}, n))
	}
	stream = append(stream, finalBit|1, maskedBit|3, 1, 2, 3, 4, 'a', 'b', 'c') // masked
	stream = append(stream, finalBit|9, maskedBit, 1, 2, 3, 4)                  // masked and empty
	for _, piece := range []int{1, 2, 3, 7, 1000, len(stream)} {
		var s FrameScanner
		got := 0
		for rest := stream; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			got += s.Scan(rest[:min(piece, len(rest))])
		}
		want := len(sizes) + 2
		assert.Check(t, got == want && s.left == 0 && s.have == 0, "in pieces of %d: %d frames, want %d; %+v is left", piece, got, want, s)
	}
}
