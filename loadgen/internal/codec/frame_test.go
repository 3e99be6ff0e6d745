package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// serverFrame is a frame as servers send it, with its opcode and bits first.
func serverFrame(first byte, payload string) []byte {
	b := []byte{first, byte(len(payload))}
	switch n := len(payload); {
	case n > 0xffff:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	case n > 125:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return append(b, payload...)
}

func TestParseFrame(t *testing.T) {
	long, longer := strings.Repeat("a", 126), strings.Repeat("b", 1<<16)
	for name, c := range map[string]struct {
		bytes string
		want  Frame
	}{
		"text":   {"\x81\x05hello", Frame{Op: OpText, Final: true, Payload: []byte("hello"), Size: 7}},
		"empty":  {"\x81\x00", Frame{Op: OpText, Final: true, Payload: []byte{}, Size: 2}},
		"part":   {"\x01\x01x", Frame{Op: OpText, Payload: []byte("x"), Size: 3}},
		"more":   {"\x80\x01x", Frame{Op: OpContinuation, Final: true, Payload: []byte("x"), Size: 3}},
		"ping":   {"\x89\x01p", Frame{Op: OpPing, Final: true, Payload: []byte("p"), Size: 3}},
		"16 bit": {"\x81\x7e\x00\x7e" + long, Frame{Op: OpText, Final: true, Payload: []byte(long), Size: 130}},
		"64 bit": {"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + longer, Frame{Op: OpText, Final: true, Payload: []byte(longer), Size: 10 + 1<<16}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, compressed := range []bool{false, true} {
				b := []byte(c.bytes + "more")
				if compressed && c.want.Op == OpText {
					b[0] |= RSV1
					c.want.Compressed = true
				}
				for n := 0; n < c.want.Size; n += 1 + n/200 {
					f, ok, err := ParseFrame(b[:n], compressed)
					assert.Assert(t, !ok && err == nil, "%d bytes gave %+v, %v", n, f, err)
					assert.Assert(t, f.Size == c.want.Size || f.Size == 0 && n < c.want.Size-len(c.want.Payload), "%d bytes need %d", n, f.Size)
				}
				got, ok, err := ParseFrame(b, compressed)
				diff := cmp.Diff(c.want, got)
				assert.Check(t, ok && err == nil && diff == "", "%v, %v: %s", ok, err, diff)
			}
		})
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"masked": "\x81\x81\x00\x00\x00\x00x", "reserved bit": "\xc1\x01x", "opcode 3": "\x83\x01x", "opcode 11": "\x8b\x01x",
		"ping in parts": "\x09\x01x", "long ping": "\x89\x7e\x00\x7e", "too long": "\x81\x7f\x40\x00\x00\x00\x00\x00\x00\x00",
		"too long by one": "\x81\x7f\x00\x00\x00\x00\x02\x00\x00\x01", "longer than can be": "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		f, _, err := ParseFrame([]byte(b), false)
		assert.Check(t, errors.Is(err, ErrMalformed), "%s gave %+v, %v; want a malformed answer", name, f, err)
	}
	for name, b := range map[string]string{
		"compressed ping": "\xc9\x01x", "compressed continuation": "\xc0\x01x", "compressed close": "\xc8\x00",
		"second reserved bit": "\xa1\x01x", "third reserved bit": "\x91\x01x", "two reserved bits": "\xe1\x01x",
	} {
		f, _, err := ParseFrame([]byte(b), true)
		assert.Check(t, errors.Is(err, ErrMalformed), "%s gave %+v, %v where deflate was agreed on; want a malformed answer", name, f, err)
	}
}

func TestAppendFrame(t *testing.T) {
	const hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" // RFC 6455, 5.7
	assert.Check(t, is.Equal(string(AppendFrame([]byte("before"), OpText, []byte("Hello"), 0x37fa213d)), "before"+hello))
	for _, size := range []int{0, 1, 7, 8, 9, 15, 16, 17, 125, 126, 1<<16 - 1, 1 << 16} {
		payload := bytes.Repeat([]byte("xyz"), size/3+1)[:size]
		b := AppendFrame(nil, OpText|RSV1, payload, 0xa1b2c3d4)
		plain := serverFrame(0x80|OpText|RSV1, string(payload))
		head := len(plain) - size
		plain[1] |= 0x80
		assert.Assert(t, bytes.Equal(b[:head], plain[:head]) && string(b[head:head+4]) == "\xa1\xb2\xc3\xd4", "%d bytes begin with % x", size, b[:head+4])
		for i := range payload {
			b[head+4+i] ^= b[head+i%4]
		}
		assert.Check(t, bytes.Equal(b[head+4:], payload), "%d bytes were masked to others", size)
	}
}

func TestClosed(t *testing.T) {
	for payload, want := range map[string]error{
		"": io.EOF, "\x03": io.EOF, "\x03\xe8": ErrEnded, "\x03\xe9bye": ErrEnded, "\x03\xf4": ErrEnded, "\x03\xf3broken": io.EOF,
	} {
		err := Closed([]byte(payload))
		assert.Check(t, errors.Is(err, want), "%q gave %v", payload, err)
	}
}

func TestAcceptKey(t *testing.T) {
	assert.Check(t, is.Equal(AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) // RFC 6455, 1.3
}

// However frames are cut, they are the same.
func FuzzParseFrame(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x89\x01p\x01\x02he\x80\x03llo"), []byte{3, 1, 5, 2}, false)
	f.Add([]byte("\x81\x7e\x00\x7e"), []byte{1, 1}, false)
	f.Add([]byte("\xc1\x05hello\xc1\x00"), []byte{6, 1}, true)
	f.Fuzz(func(t *testing.T, b, cuts []byte, deflate bool) {
		read := func(pieces [][]byte) (frames []Frame, used int, failed bool) {
			come := 0
			for _, piece := range pieces {
				for come += len(piece); !failed; {
					f, ok, err := ParseFrame(b[used:come], deflate)
					if failed = err != nil; !ok || failed {
						break
					}
					assert.Assert(t, f.Size <= come-used && len(f.Payload) < f.Size && (deflate || !f.Compressed), "%+v of %d bytes", f, come-used)
					frames, used = append(frames, f), used+f.Size
				}
			}
			return frames, used, failed
		}
		got, used, failed := read(cut(b, cuts))
		want, wantUsed, wantFailed := read([][]byte{b})
		diff := cmp.Diff(want, got)
		assert.Check(t, diff == "" && used == wantUsed && failed == wantFailed, "%d and %d bytes, failed %v and %v: %s", wantUsed, used, wantFailed, failed, diff)
	})
}
