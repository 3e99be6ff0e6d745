package engine

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/server/wire"
)

func base(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestPackets(t *testing.T) {
	for _, c := range []struct {
		name            string
		packets         Packets
		frames, payload string
	}{
		{"none", Text(), "", ""},
		{"empty", Text(nil), "\x81\x014", "4"},
		{"text", Text([]byte("hello"), []byte("you")), "\x81\x064hello\x81\x044you", "4hello\x1e4you"},
		{"binary", Binary([]byte{1, 2, 3, 4}, nil), "\x82\x04\x01\x02\x03\x04\x82\x00", "bAQIDBA==\x1eb"},
		{"long", Text(bytes.Repeat([]byte("x"), 125)), "\x81\x7e\x00\x7e4" + strings.Repeat("x", 125), "4" + strings.Repeat("x", 125)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // made once, the same twice
				assert.Check(t, is.Equal(string(c.packets.Frames()), c.frames), "frames")
				assert.Check(t, is.Equal(string(c.packets.Payload()), c.payload), "payload")
			}
			if c.payload == "" {
				return
			}
			assert.Check(t, is.Equal(string(appendFrames(nil, c.packets.Payload())), c.frames), "frames of the payload")
		})
	}
	assert.Check(t, is.Equal(string(AppendTextFrame([]byte("x"), []byte("he"), []byte("llo"))), "x\x81\x064hello"), "AppendTextFrame")
	assert.Check(t, is.Equal(string(AppendTextPacket([]byte("x"), []byte("he"), []byte("llo"))), "x\x1e4hello"), "AppendTextPacket")
}

// FuzzPayload holds the check of payloads against splitting them by hand.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{"", "4", "4hello\x1ebAQIDBA==", "\x1e", "4\x1e", "b=", "bAQ==\x1e1", "2probe", "4\xff", "4\xc3\x1e4x", "6\x1e3\x1e1", "0{}", "2", "5", "7", "abc", "😀", "b\x1eb", "bAQ", "b__-_", "bAA=A", "b{}", "6" + strings.Repeat("\x1e6", 8)} {
		f.Add([]byte(seed))
	}
	const limit = 8
	f.Fuzz(func(t *testing.T, payload []byte) {
		packets := strings.Split(string(payload), "\x1e")
		good := len(packets) <= limit && utf8.Valid(payload)
		for _, p := range packets {
			switch {
			case p == "":
				good = false
			case p[0] == 'b':
				_, err := base64.StdEncoding.DecodeString(p[1:])
				good = good && err == nil
			default:
				good = good && strings.Contains("1346", p[:1])
			}
		}
		err := checkPayload(payload, limit)
		assert.Check(t, (err == nil) == good, "%q: %v, want it to be good: %v", payload, err, good)
		if good { // then it can be framed
			want := 0
			for _, p := range packets {
				if p[0] == 'b' {
					b, _ := base64.StdEncoding.DecodeString(p[1:])
					want += len(wire.AppendFrame(nil, websocket.BinaryMessage, b))
				} else {
					want += len(wire.AppendFrame(nil, websocket.TextMessage, []byte(p)))
				}
			}
			got := len(appendFrames(nil, payload))
			assert.Check(t, got == want, "%q: %d bytes of frames, want %d", payload, got, want)
		}
	})
}

// FuzzPacket gives a session packets one by one, as sockets do: it never panics,
// and ends exactly where a packet is none or closes it.
func FuzzPacket(f *testing.F) {
	for _, seed := range []string{"", "4hello", "bAQIDBA==", "b", "b=", "bAA=A", "1", "2", "2probe", "3", "5", "6", "7", "0{}", "\x1e", "\xff"} {
		f.Add([]byte(seed), false)
	}
	f.Add([]byte{0, 1, 2}, true)
	server := New(Config{Open: func(*Session, *http.Request) Handler { return &counter{} }})
	f.Fuzz(func(t *testing.T, body []byte, binary bool) {
		s := server.newSession()
		s.begin(nil)
		kind, messages, goesOn := websocket.TextMessage, 0, false
		switch {
		case binary:
			kind, messages, goesOn = websocket.BinaryMessage, 1, true
		case len(body) == 0:
		case body[0] == '4':
			messages, goesOn = 1, true
		case body[0] == '3', body[0] == '6':
			goesOn = true
		case body[0] == 'b':
			if _, err := base64.StdEncoding.DecodeString(string(body[1:])); err == nil {
				messages, goesOn = 1, true
			}
		}
		err := s.takeFrame(kind, body)
		assert.Check(t, (err == nil) == goesOn, "%q: %v, want to go on: %v", body, err, goesOn)
		s.Close("")
		s.server.forget(s)
		c := s.handler.(*counter)
		if c.messages != messages || c.closed != 1 {
			t.Errorf("%q: %d messages, closed %d times; want %d, and once", body, c.messages, c.closed, messages)
		}
	})
}

type counter struct{ messages, closed int }

func (c *counter) Message([]byte, bool) { c.messages++ }
func (c *counter) Closed(string)        { c.closed++ }

// FuzzParameter holds the reading of queries against net/url.
func FuzzParameter(f *testing.F) {
	for _, seed := range []string{"", "sid=a", "a=b&sid=c&sid=d", "sid=%20+x", "sid", "sid=%", "&&sid=&", "sid=a;b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil || strings.Contains(query, "%73") || strings.Contains(query, "%69") || strings.Contains(query, "%64") {
			parameter(query, "sid") // not the same, but no panic
			return
		}
		if got, want := parameter(query, "sid"), values.Get("sid"); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	})
}
