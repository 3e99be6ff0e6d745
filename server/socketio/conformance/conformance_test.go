package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/pollpush/pollpush/internal/serving"
	"github.com/pollpush/pollpush/internal/testkit"
	"gotest.tools/v3/assert"
)

// serve runs the command in this process and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int)
	go func() { code <- command().Run(ctx, nil, w, &stderr, []string{"--listen", "127.0.0.1:0"}) }()
	var first struct{ URL string }
	line, err := bufio.NewReader(r).ReadBytes('\n')
	assert.Assert(t, err == nil && json.Unmarshal(line, &first) == nil, "the first line is %q (%v)", line, err)
	t.Cleanup(func() {
		stop()
		if got := <-code; got != serving.Fine || stderr.Len() > 0 {
			t.Errorf("exit code %d; %s", got, &stderr)
		}
		goleak.VerifyNone(t)
	})
	return first.URL
}

func open(t *testing.T, url, path string) *testkit.Socket {
	t.Helper()
	s := testkit.Dial(t, websocket.DefaultDialer, url+path, nil)
	s.Pongs = true
	return s
}

func TestEngineIO(t *testing.T) {
	p := open(t, serve(t), "/engine.io/?EIO=4&transport=websocket")
	var handshake struct {
		PingInterval, PingTimeout, MaxPayload int
		Upgrades                              []string
	}
	if err := json.Unmarshal([]byte(p.Next()[1:]), &handshake); err != nil || handshake.PingInterval != 300 || handshake.PingTimeout != 200 || handshake.MaxPayload != 1_000_000 || len(handshake.Upgrades) > 0 {
		t.Errorf("the handshake is %+v (%v)", handshake, err)
	}
	p.Send("4hello")
	p.SendBinary([]byte("\x00\xff"))
	p.Want("4hello", "binary:\x00\xff")
}

func TestSocketIO(t *testing.T) {
	url := serve(t)
	for _, tt := range []struct{ namespace, auth, want string }{{"", "", "{}"}, {"/custom,", "", "{}"}, {"/custom,", `{"token":"abc"}`, `{"token":"abc"}`}} {
		p := open(t, url, "/socket.io/?EIO=4&transport=websocket")
		p.Next()
		p.Send("40" + tt.namespace + tt.auth)
		got := p.Next()
		assert.Assert(t, strings.HasPrefix(got, "40"+tt.namespace+`{"sid":"`), "CONNECT is answered by %s", got)
		p.Want("42" + tt.namespace + `["auth",` + tt.want + `]`)
		p.Send("42" + tt.namespace + `["message",1,"2",{"3":[true]}]`)
		p.Want("42" + tt.namespace + `["message-back",1,"2",{"3":[true]}]`)
		p.Send("451-" + tt.namespace + `7["message-with-ack",{"_placeholder":true,"num":0}]`)
		p.SendBinary([]byte("\x01\x02"))
		p.Want("461-"+tt.namespace+`7[{"_placeholder":true,"num":0}]`, "binary:\x01\x02")
		p.Send("40/random")
		p.Want(`44/random,{"message":"Invalid namespace"}`)
	}
}

func TestWebSocketEcho(t *testing.T) {
	p := open(t, serve(t), "/ws-echo")
	for _, m := range []string{"", "hello", "κόσμε", strings.Repeat("x", 70_000)} {
		p.Send(m)
		p.SendBinary([]byte(m + "\xff"))
		p.Want(m, "binary:"+m+"\xff")
	}
	largest := strings.Repeat("x", maxMessage)
	p.Send(largest)
	p.Want(largest)
}

// frame is one as clients send it, masked by zeros.
func frame(first byte, payload string) string {
	b := []byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}
	return string(append(b, payload...))
}

// closing is what a close frame holds.
func closing(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

// Each case ends with the server closing with a code.
func TestWebSocketProtocol(t *testing.T) {
	url := serve(t)
	const (
		final  = 0x80
		more   = 0x00
		text   = 0x01
		binary = 0x02
		shut   = 0x88
		ping   = 0x89
		pong   = 0x8a
	)
	goodbye := frame(shut, closing(1000, ""))
	tests := []struct {
		name   string
		frames []string
		echoes []string // before the end
		code   int
	}{
		{"text", []string{frame(final|text, "hello"), goodbye}, []string{"hello"}, 1000},
		{"empty text", []string{frame(final|text, ""), goodbye}, []string{""}, 1000},
		{"fragments", []string{frame(text, "a"), frame(more, ""), frame(more, "b"), frame(final, "c"), goodbye}, []string{"abc"}, 1000},
		{"fragments of binary", []string{frame(binary, "\xff"), frame(final, "\xfe"), goodbye}, []string{"\xff\xfe"}, 1000},
		{"a character in two fragments", []string{frame(text, "\xce"), frame(final, "\xba"), goodbye}, []string{"κ"}, 1000},
		{"pings between fragments", []string{frame(text, "a"), frame(ping, "1"), frame(more, "b"), frame(ping, "2"), frame(final, "c"), goodbye}, []string{"1", "2", "abc"}, 1000},
		{"a pong that none has asked for", []string{frame(pong, "x"), frame(final|text, "a"), goodbye}, []string{"a"}, 1000},
		{"a ping of 125 bytes", []string{frame(ping, strings.Repeat("p", 125)), goodbye}, []string{strings.Repeat("p", 125)}, 1000},
		{"close with a reason", []string{frame(shut, closing(3000, "bye"))}, nil, 3000},
		{"close without a code", []string{frame(shut, "")}, nil, 1005},
		{"nothing counts after a close", []string{goodbye, frame(final|text, "late")}, nil, 1000},

		{"invalid UTF-8", []string{frame(final|text, "a\xff")}, nil, 1007},
		{"invalid UTF-8 in fragments", []string{frame(text, "\xce"), frame(final, "a")}, nil, 1007},
		{"half a surrogate pair", []string{frame(final|text, "\xed\xa0\x80")}, nil, 1007},
		{"half a character", []string{frame(final|text, "\xce")}, nil, 1007},
		{"close with a reason that is not UTF-8", []string{frame(shut, closing(1000, "\xff"))}, nil, 1002},
		{"reserved opcode 3", []string{frame(final|3, "")}, nil, 1002},
		{"RSV1", []string{frame(final|0x40|text, "a")}, nil, 1002},
		{"close code 1006", []string{frame(shut, closing(1006, ""))}, nil, 1002},
		{"no mask", []string{"\x81\x01a"}, nil, 1002},
		{"a frame that says it is too large", []string{"\x82\xff\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00"}, nil, 1009},
		{"a frame of almost all there is", []string{"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"}, nil, 1009},
	}
	for _, tt := range tests {
		for _, piecewise := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				p := open(t, url, "/ws-echo")
				got := make(chan string, 10)
				p.SetPongHandler(func(data string) error { got <- data; return nil })
				stream := strings.Join(tt.frames, "")
				if piecewise {
					for i := range min(len(stream), 200) {
						p.NetConn().Write([]byte{stream[i]}) // fails once the server has closed
					}
					stream = stream[min(len(stream), 200):]
				}
				p.NetConn().Write([]byte(stream))
				code := 0
				for code == 0 {
					_, b, err := p.ReadMessage()
					if closed, ok := err.(*websocket.CloseError); ok {
						code = closed.Code
					} else if err != nil {
						t.Fatal(err)
					} else {
						got <- string(b)
					}
				}
				for _, want := range tt.echoes {
					select {
					case echo := <-got:
						assert.Check(t, echo == want, "got %.50q, want %.50q", echo, want)
					default:
						t.Errorf("got nothing, want %.50q", want)
					}
				}
				assert.Check(t, len(got) == 0 && code == tt.code, "closed with %d, want %d; %d messages too many", code, tt.code, len(got))
			})
		}
	}
}
