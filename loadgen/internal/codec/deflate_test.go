package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestAgreed(t *testing.T) {
	for extensions, want := range map[string]struct{ keep, reach int }{
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover": {0, 1 << 15},
		"permessage-deflate;server_no_context_takeover ":                             {0, 1 << 15},
		"permessage-deflate":                                                       {1 << 15, 1 << 15},
		"permessage-deflate; client_no_context_takeover":                           {1 << 15, 1 << 15},
		"permessage-deflate; server_max_window_bits=10":                            {1 << 10, 1 << 15},
		`permessage-deflate; server_max_window_bits = "8" `:                        {1 << 8, 1 << 15},
		"permessage-deflate; server_max_window_bits=9; server_no_context_takeover": {0, 1 << 15},
		"permessage-deflate; server_max_window_bits=9; client_max_window_bits=10":  {1 << 9, 1 << 10},
		"permessage-deflate; server_no_context_takeover; client_max_window_bits=8": {0, 1 << 8},
	} {
		d, err := Agreed(extensions)
		if err != nil || d.keep != want.keep || d.Reach != want.reach || d.Usual() != (want.keep == 0 && want.reach == 1<<15) {
			t.Errorf("%s gave %+v, %v; want %+v", extensions, d, err, want)
		}
	}
}

func TestAgreedRefuses(t *testing.T) {
	for _, extensions := range []string{"", ",", "x-webkit-deflate-frame", "permessage-deflate2"} {
		d, err := Agreed(extensions)
		assert.Check(t, errors.Is(err, errNoDeflate), "%q gave %+v, %v; want %v", extensions, d, err, errNoDeflate)
	}
	for _, params := range []string{
		"client_max_window_bits", "client_max_window_bits=7", "client_max_window_bits=10; client_max_window_bits=10",
		"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=x",
		"server_max_window_bits=-9", "server_no_context_takeover=1", "server_no_context_takeover; server_no_context_takeover",
		"surprise", " ", "server_no_context_takeover, permessage-deflate",
	} {
		d, err := Agreed("permessage-deflate; " + params)
		assert.Check(t, errors.Is(err, ErrMalformed), "%q gave %+v, %v; want a malformed answer", params, d, err)
	}
}

func FuzzAgreed(f *testing.F) {
	f.Add("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	f.Add(`permessage-deflate; server_max_window_bits="10"`)
	f.Fuzz(func(t *testing.T, extensions string) {
		d, err := Agreed(extensions)
		if err == nil && (d.keep != 0 && (d.keep < 1<<8 || d.keep > 1<<15) || d.Reach < 1<<8 || d.Reach > 1<<15) {
			t.Fatalf("%q gave windows of %d and %d bytes", extensions, d.keep, d.Reach)
		}
	})
}

// levels are those that make blocks of each kind.
var levels = []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression}

// random is text that compresses little.
func random(size int) string {
	const letters = "etaoin shrdlucmfwypvbgkjqxz,.ABC"
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// Messages may refer to earlier ones of their client, and to none of another that
// shares the Inflater; what came before stays as it was.
func TestInflate(t *testing.T) {
	for _, level := range levels {
		for _, keep := range []int{0, 1 << 15} {
			t.Run(fmt.Sprintf("level %d, window %d", level, keep), func(t *testing.T) {
				var shared Inflater
				packers := []*packer{newPacker(t, level, keep > 0), newPacker(t, level, keep > 0)}
				clients := []*Deflate{{keep: keep}, {keep: keep}}
				for range 3 {
					shared.Reset()
					var all, want [][]byte
					for i := range 100 {
						text := strings.Repeat(messageJSON(i, random(i*9)), 1+i%3)
						got, err := shared.Inflate(clients[i%2], packers[i%2].pack(text))
						assert.NilError(t, err)
						all, want = append(all, got), append(want, []byte(text))
					}
					for i := range all {
						assert.Assert(t, bytes.Equal(all[i], want[i]), "message %d came back as %.100q", i, all[i])
					}
				}
			})
		}
	}
}

// However little is missing of a message, it is refused, and so is what follows
// on its end.
func TestInflateRefuses(t *testing.T) {
	var i Inflater
	refuse := func(name string, payload []byte) {
		t.Helper()
		i.Reset()
		got, err := i.Inflate(&Deflate{}, payload)
		assert.Check(t, errors.Is(err, ErrMalformed), "%s: %.40q gave %d bytes %.40q, %v; want a malformed answer", name, payload, len(got), got, err)
	}
	for _, level := range levels {
		whole := newPacker(t, level, false).pack(messageJSON(1, random(200)))
		for n := range whole {
			if string(whole[:n]) != "\x00" { // an empty message (RFC 7692, 7.2.3.6)
				refuse(fmt.Sprintf("%d of %d bytes, level %d", n, len(whole), level), whole[:n])
			}
		}
		refuse("more behind the message", append(whole, 0))
	}
	refuse("a bomb", newPacker(t, 9, false).pack(strings.Repeat("0", MaxBody+1)))
	for name, payload := range map[string]string{
		"no deflate": "\xffhello", "too far back": "\x02\x04\x00\x00", "more behind the end": string(lastBlock(t, "hello")) + "more",
		"the tail as what is stored": "\x00\x04\x00\xfb\xff", "the tail as the rest of it": "\x00\x06\x00\xf9\xffab",
		"the tail as half a length": "\x00\x00\x00\x00\x00", "the tail, and it again": "\x00\x00\x00\xff\xff", "two bytes of the tail": "\x00\x00\x00",
	} {
		refuse(name, []byte(payload))
	}
}

// lastBlock compresses as one deflate stream that ends, as some servers do.
func lastBlock(t testing.TB, message string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	assert.NilError(t, err)
	io.WriteString(w, message)
	w.Close()
	return b.Bytes()
}

func TestInflateAStreamThatEnds(t *testing.T) {
	// The example of RFC 7692, 7.2.3.4, and the same without its last byte.
	for _, b := range []string{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "\xf3\x48\xcd\xc9\xc9\x07\x00"} {
		got, err := new(Inflater).Inflate(&Deflate{}, []byte(b))
		assert.Check(t, err == nil && string(got) == "Hello", "%q is %q, %v", b, got, err)
	}
}

// Nothing of a message may lie further back than the server's window reaches.
func TestDeflateReach(t *testing.T) {
	const reach = 256
	text := []byte(strings.Repeat(random(reach+44), 2))
	var d Deflater
	near, far := len(d.Deflate(text, reach)), len(d.Deflate(text, fullWindow))
	assert.Check(t, far < 2*len(text)/5 && near > 3*len(text)/5, "of %d bytes %d are left within %d, and %d", len(text), near, reach, far)
}

// What is read must be what compress/flate reads, with a window from before
// and without one.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), []byte{})
	f.Add([]byte("\x02\x04\x00\x00"), []byte("abcabcabc"))
	f.Add([]byte("\x00\x06\x00\xf9\xffab"), []byte{})
	for _, level := range levels {
		p := newPacker(f, level, true)
		for i := range 3 {
			text := messageJSON(i, random(100))
			f.Add(p.pack(text), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, payload, window []byte) {
		got, err := new(Inflater).Inflate(&Deflate{window: window}, payload)
		if err != nil {
			assert.Assert(t, errors.Is(err, ErrMalformed), "%q gave %v", payload, err)
			return
		}
		want, err := flated(payload, window)
		assert.Assert(t, err == nil && bytes.Equal(got, want), "%q after %q is %q, but compress/flate says %q, %v", payload, window, got, want, err)
	})
}

// flated inflates a message with compress/flate, which needs a last block.
func flated(payload, window []byte) ([]byte, error) {
	r := io.MultiReader(bytes.NewReader(payload), strings.NewReader(tail+"\x01\x00\x00\xff\xff"))
	return io.ReadAll(flate.NewReaderDict(r, window))
}

// What was compressed must come out again, message by message, with a kept
// window and without one; what the client compresses as well.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte("Hello"), 6)
	f.Add([]byte("abcabcabc"), flate.HuffmanOnly)
	f.Add([]byte{}, flate.NoCompression)
	f.Add(bytes.Repeat([]byte("0123456789abcdef"), 100), flate.BestSpeed)
	var i Inflater
	var d Deflater
	f.Fuzz(func(t *testing.T, text []byte, level int) {
		if level < flate.HuffmanOnly || level > flate.BestCompression {
			return
		}
		i.Reset()
		for _, keep := range []int{0, 1 << 15} {
			client, p := &Deflate{keep: keep}, newPacker(t, level, keep > 0)
			for n := range 3 {
				got, err := i.Inflate(client, p.pack(string(text)))
				assert.Assert(t, err == nil && bytes.Equal(got, text), "time %d: %q came back as %q, %v", n, text, got, err)
			}
		}
		for _, reach := range []int{fullWindow, 1 << 8} {
			got, err := i.Inflate(&Deflate{}, d.Deflate(text, reach))
			assert.Assert(t, err == nil && bytes.Equal(got, text), "%q was compressed to what inflates to %q, %v", text, got, err)
		}
	})
}

// Large messages leave no memory behind.
func TestInflaterLetsGo(t *testing.T) {
	var i Inflater
	for _, size := range []int{1000, 2 * maxKept} {
		_, err := i.Inflate(&Deflate{}, newPacker(t, 1, false).pack(strings.Repeat("a", size)))
		assert.NilError(t, err)
		i.Reset()
		assert.Check(t, is.Equal(cap(i.out) > 0, size < maxKept), "after %d bytes", size)
		assert.Check(t, i.in.payload == nil)
	}
}
