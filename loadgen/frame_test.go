package loadgen

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
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
			for n := range min(len(c.bytes), 200) {
				if f, ok, err := parseFrame([]byte(c.bytes[:n])); ok || err != nil {
					t.Fatalf("%d bytes gave %+v, %v", n, f, err)
				}
			}
			got, ok, err := parseFrame([]byte(c.bytes + "more"))
			if !ok || err != nil || got.op != c.want.op || got.final != c.want.final || got.size != c.want.size || !bytes.Equal(got.payload, c.want.payload) {
				t.Errorf("got %+v, %v, %v", got, ok, err)
			}
		})
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"masked": "\x81\x81\x00\x00\x00\x00x", "reserved bit": "\xc1\x01x", "opcode 3": "\x83\x01x", "opcode 11": "\x8b\x01x",
		"ping in parts": "\x09\x01x", "long ping": "\x89\x7e\x00\x7e", "too long": "\x81\x7f\x40\x00\x00\x00\x00\x00\x00\x00",
	} {
		if f, _, err := parseFrame([]byte(b)); !errors.Is(err, errMalformed) {
			t.Errorf("%s gave %+v, %v; want a malformed answer", name, f, err)
		}
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
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	for _, size := range []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16} {
		payload := bytes.Repeat([]byte("xyz"), size/3+1)[:size]
		if _, err := ws.NetConn().Write(appendFrame(nil, opText, payload, 0xa1b2c3d4)); err != nil {
			t.Fatal(err)
		}
		if b := <-got; !bytes.Equal(b, payload) {
			t.Errorf("%d bytes were read as %d others", size, len(b))
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte("\x81\x05hello"))
	f.Add([]byte("\x81\x7e\x00\x7e"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, ok, err := parseFrame(b)
		if ok && (err != nil || fr.size > len(b) || len(fr.payload) > fr.size) {
			t.Fatalf("%+v, %v of %d bytes", fr, err, len(b))
		}
	})
}
