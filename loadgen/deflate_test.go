package loadgen

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
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
		d, err := agreed(extensions)
		if err != nil || d.keep != want.keep || d.reach != want.reach || d.usual() != (want.keep == 0 && want.reach == 1<<15) {
			t.Errorf("%s gave %+v, %v; want %+v", extensions, d, err, want)
		}
	}
}

func TestAgreedRefuses(t *testing.T) {
	for _, extensions := range []string{"", ",", "x-webkit-deflate-frame", "permessage-deflate2"} {
		d, err := agreed(extensions)
		assert.Check(t, errors.Is(err, errNoDeflate), "%q gave %+v, %v; want %v", extensions, d, err, errNoDeflate)
	}
	for _, params := range []string{
		"client_max_window_bits", "client_max_window_bits=7", "client_max_window_bits=10; client_max_window_bits=10",
		"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=x",
		"server_max_window_bits=-9", "server_no_context_takeover=1", "server_no_context_takeover; server_no_context_takeover",
		"surprise", " ", "server_no_context_takeover, permessage-deflate",
	} {
		d, err := agreed("permessage-deflate; " + params)
		assert.Check(t, errors.Is(err, errMalformed), "%q gave %+v, %v; want a malformed answer", params, d, err)
	}
}

func FuzzAgreed(f *testing.F) {
	f.Add("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	f.Add(`permessage-deflate; server_max_window_bits="10"`)
	f.Fuzz(func(t *testing.T, extensions string) {
		d, err := agreed(extensions)
		if err == nil && d.keep != 0 && (d.keep < 1<<8 || d.keep > 1<<15) {
			t.Fatalf("%q gave a window of %d bytes", extensions, d.keep)
		}
	})
}

// gorilla is the judge of both directions.
func TestDeflateWithGorilla(t *testing.T) {
	offered := make(chan string, 1)
	sent := make(chan string, 1)
	url := serveSockets(t, websocket.Upgrader{EnableCompression: true}, nil, func(ws *websocket.Conn, r *http.Request) {
		offered <- r.Header.Get("Sec-WebSocket-Extensions")
		ws.SetCompressionLevel(flate.BestCompression)
		for i := 1; ; i++ {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			sent <- string(b)
			text := strings.TrimSuffix(strings.TrimPrefix(string(b), `{"user":"ada","text":"`), `"}`)
			ws.EnableWriteCompression(i%3 != 0) // some may come as they are
			ws.WriteMessage(websocket.TextMessage, []byte(`{"ack":`+fmt.Sprint(i)+`}`+"\n"+messageJSON(i, text)))
		}
	})
	c, m := dialTo(t, DialWebSocketDeflate, url)
	assert.Check(t, is.Equal(<-offered, deflateOffer), "offered")
	texts := make(chan string, 100)
	go func() {
		defer close(texts)
		for {
			ds, err := c.Receive()
			if err != nil {
				return
			}
			for _, d := range ds {
				texts <- string(d.Text)
			}
		}
	}()
	for i, size := range []int{1, 10, 126, 1000, 4096, 70000, 200000, 3} {
		text := strings.Repeat("héllo wörld ", size/14+1)[:size]
		if size == 200000 { // that does not compress
			text = Text("nonce", 1, 2, Tag{Seq: 3}, size)
		}
		before := m.Totals()
		assert.NilError(t, c.Publish(text))
		if got, want := <-sent, `{"user":"ada","text":"`+text+`"}`; got != want {
			t.Fatalf("%d bytes were read as %.100q", size, got)
		}
		got := <-texts
		assert.Assert(t, got == text, "%d bytes came back as %.100q", size, got)
		after := m.Totals()
		assert.Check(t, after.FramesOut-before.FramesOut == 1 && after.FramesIn != before.FramesIn, "%+v frames after %+v", after, before)
		out := int(after.BytesOut - before.BytesOut)
		assert.Check(t, size != 70000 || out <= 2000, "message %d of %d bytes took %d on the wire", i, size, out)
	}
	c.Close()
	for range texts {
	}
}

var takeover = http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}

// A server may keep its window: messages then refer to earlier ones.
func TestDeflateWithAKeptWindow(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		var frames []byte
		var texts []string
		p := newPacker(t, 9, keeps)
		for i := 1; i <= 200; i++ {
			text := Text("nonce", 7, 0, Tag{Seq: int64(i)}, 40+i*5)
			texts = append(texts, text)
			switch b := p.pack(messageJSON(i, text)); i % 4 {
			case 0: // in parts, with a ping between them
				frames = append(frames, serverFrame(opText|rsv1, b[:len(b)/2])...)
				frames = append(frames, serverFrame(0x80|opPing, nil)...)
				frames = append(frames, serverFrame(0x80|opContinuation, b[len(b)/2:])...)
			default:
				frames = append(frames, serverFrame(0x80|opText|rsv1, b)...)
			}
		}
		c, m := dialTo(t, DialWebSocketDeflate, serveRaw(t, takeover, frames))
		receive(t, c, texts...)
		told := m.deflate.Load()
		assert.Check(t, told != nil && *told == "permessage-deflate", "told of what was agreed: %v", told)
	}
}

// Nothing is held while there is nothing to read, but a kept window.
func TestDeflateHoldsNothingWhileIdle(t *testing.T) {
	more := make(chan struct{})
	url := serveSockets(t, websocket.Upgrader{EnableCompression: true}, nil, func(ws *websocket.Conn, r *http.Request) {
		ws.WriteMessage(websocket.TextMessage, []byte(messageJSON(1, "one")))
		<-more
	})
	c, m := dialTo(t, DialWebSocketDeflate, url)
	if told := m.deflate.Load(); told != nil {
		t.Errorf("told of the usual: %s", *told)
	}
	ds, err := c.Receive()
	assert.Assert(t, err == nil && string(ds[0].Text) == "one", "%v, %v", ds, err)
	d := c.(*wsClient).deflate
	assert.Check(t, d.held != nil && d.window == nil, "with messages in use %+v is held", d)
	close(more)
	if ds, err = c.Receive(); err == nil { // it waited, until the server went away
		t.Fatalf("got %v", ds)
	}
	assert.Check(t, d.held == nil && d.window == nil, "after having waited %+v is held", d)
}

func TestDeflateRefuses(t *testing.T) {
	whole := newPacker(t, 9, false).pack(messageJSON(1, "hello"))
	bomb := newPacker(t, 9, false).pack(strings.Repeat("0", maxFrame+1))
	for name, frames := range map[string][]byte{
		"a bomb":                 serverFrame(0x80|opText|rsv1, bomb),
		"a bomb in parts":        append(serverFrame(opText|rsv1, bomb[:9]), serverFrame(0x80, bomb[9:])...),
		"no deflate":             serverFrame(0x80|opText|rsv1, []byte("\xffhello")),
		"half a message":         serverFrame(0x80|opText|rsv1, whole[:len(whole)/2]),
		"bytes behind the end":   serverFrame(0x80|opText|rsv1, append(lastBlock(t, messageJSON(1, "hello")), "more"...)),
		"too far back":           serverFrame(0x80|opText|rsv1, []byte("\x02\x04\x00\x00")),
		"compressed binary":      serverFrame(0x80|opBinary|rsv1, whole),
		"compressed parts alone": serverFrame(0x80|opContinuation|rsv1, whole),
		"other reserved bits":    serverFrame(0x80|opText|0x20, whole),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := dialTo(t, DialWebSocketDeflate, serveRaw(t, takeover, frames))
			ds, err := c.Receive()
			assert.Check(t, errors.Is(err, errMalformed), "got %d deliveries, %v; want a malformed answer", len(ds), err)
		})
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

func TestDeflateOfAStreamThatEnds(t *testing.T) {
	// The example of RFC 7692, 7.2.3.4, and the same without its last byte.
	for _, b := range []string{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "\xf3\x48\xcd\xc9\xc9\x07\x00"} {
		d := &deflate{}
		got, err := d.inflate([]byte(b))
		assert.Check(t, err == nil && string(got) == "Hello", "%q is %q, %v", b, got, err)
		d.release()
	}
	frames := serverFrame(0x80|opText|rsv1, append(lastBlock(t, messageJSON(1, "one")), 0))
	frames = append(frames, serverFrame(0x80|opText|rsv1, lastBlock(t, messageJSON(2, "two")))...)
	c, _ := dialTo(t, DialWebSocketDeflate, serveRaw(t, takeover, frames))
	receive(t, c, "one", "two")
}

// What is read must be what compress/flate reads, with a window from before
// and without one.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), []byte{})
	f.Add([]byte("\x02\x04\x00\x00"), []byte("abcabcabc"))
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
		p := newPacker(f, level, true)
		for i := range 3 {
			text := messageJSON(i, Text("nonce", 7, 0, Tag{Seq: int64(i)}, 100))
			f.Add(p.pack(text), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, payload, window []byte) {
		d := &deflate{window: window}
		defer d.release()
		got, err := d.inflate(payload)
		if err != nil {
			assert.Assert(t, errors.Is(err, errMalformed), "%q gave %v", payload, err)
			return
		}
		if want, err := flated(payload, window); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q after %q is %q, but compress/flate says %q, %v", payload, window, got, want, err)
		}
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
	f.Fuzz(func(t *testing.T, text []byte, level int) {
		if level < flate.HuffmanOnly || level > flate.BestCompression {
			return
		}
		for _, keep := range []int{0, 1 << 15} {
			d := &deflate{keep: keep}
			p := newPacker(t, level, keep > 0)
			for n := range 3 {
				got, err := d.inflate(p.pack(string(text)))
				assert.Assert(t, err == nil && bytes.Equal(got, text), "time %d: %q came back as %q, %v", n, text, got, err)
			}
			d.release()
		}
		d := deflaters.Get().(*deflater)
		defer deflaters.Put(d)
		for _, reach := range []int{fullWindow, 1 << 8} {
			got, err := flated(d.deflate(text, reach), nil)
			assert.Assert(t, err == nil && bytes.Equal(got, text), "%q was compressed to what inflates to %q, %v", text, got, err)
		}
	})
}
