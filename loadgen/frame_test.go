package loadgen

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
)

func TestParseFrame(t *testing.T) {
	long, longer := strings.Repeat("a", 126), strings.Repeat("b", 1<<16)
	for name, c := range map[string]struct {
		bytes string
		want  frame
	}{
		"text":   {"\x81\x05hello", frame{op: opText, final: true, payload: []byte("hello"), size: 7}},
		"empty":  {"\x81\x00", frame{op: opText, final: true, size: 2}},
		"part":   {"\x01\x01x", frame{op: opText, payload: []byte("x"), size: 3}},
		"ping":   {"\x89\x01p", frame{op: opPing, final: true, payload: []byte("p"), size: 3}},
		"16 bit": {"\x81\x7e\x00\x7e" + long, frame{op: opText, final: true, payload: []byte(long), size: 130}},
		"64 bit": {"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + longer, frame{op: opText, final: true, payload: []byte(longer), size: 10 + 1<<16}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, compressed := range []bool{false, true} {
				b := []byte(c.bytes + "more")
				if compressed && c.want.op == opText {
					b[0] |= rsv1
					c.want.compressed = true
				}
				for n := range min(len(c.bytes), 200) {
					f, ok, err := parseFrame(b[:n], compressed)
					assert.Assert(t, !ok && err == nil, "%d bytes gave %+v, %v", n, f, err)
				}
				got, ok, err := parseFrame(b, compressed)
				if !ok || err != nil || got.op != c.want.op || got.final != c.want.final || got.compressed != c.want.compressed ||
					got.size != c.want.size || !bytes.Equal(got.payload, c.want.payload) {
					t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, c.want)
				}
			}
		})
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"masked": "\x81\x81\x00\x00\x00\x00x", "reserved bit": "\xc1\x01x", "opcode 3": "\x83\x01x", "opcode 11": "\x8b\x01x",
		"ping in parts": "\x09\x01x", "long ping": "\x89\x7e\x00\x7e", "too long": "\x81\x7f\x40\x00\x00\x00\x00\x00\x00\x00",
	} {
		f, _, err := parseFrame([]byte(b), false)
		assert.Check(t, errors.Is(err, errMalformed), "%s gave %+v, %v; want a malformed answer", name, f, err)
	}
	for name, b := range map[string]string{
		"compressed ping": "\xc9\x01x", "compressed continuation": "\xc0\x01x", "compressed close": "\xc8\x00",
		"second reserved bit": "\xa1\x01x", "third reserved bit": "\x91\x01x", "two reserved bits": "\xe1\x01x",
	} {
		f, _, err := parseFrame([]byte(b), true)
		assert.Check(t, errors.Is(err, errMalformed), "%s gave %+v, %v where deflate was agreed on; want a malformed answer", name, f, err)
	}
}

// gorilla is the judge of the frames that are sent.
func TestAppendFrameIsReadByGorilla(t *testing.T) {
	got := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			got <- b
		}
	}))
	defer server.Close()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	assert.NilError(t, err)
	defer ws.Close()
	for _, size := range []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16} {
		payload := bytes.Repeat([]byte("xyz"), size/3+1)[:size]
		_, err := ws.NetConn().Write(appendFrame(nil, opText, payload, 0xa1b2c3d4))
		assert.NilError(t, err)
		b := <-got
		assert.Check(t, bytes.Equal(b, payload), "%d bytes were read as %d others", size, len(b))
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte("\x81\x05hello"), false)
	f.Add([]byte("\x81\x7e\x00\x7e"), false)
	f.Add([]byte("\xc1\x05hello"), true)
	f.Fuzz(func(t *testing.T, b []byte, deflate bool) {
		fr, ok, err := parseFrame(b, deflate)
		if ok && (err != nil || fr.size > len(b) || len(fr.payload) > fr.size || fr.compressed && !deflate) {
			t.Fatalf("%+v, %v of %d bytes", fr, err, len(b))
		}
	})
}
