package loadgen

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// messageJSON is a message as servers send it.
func messageJSON(id int, text string) string {
	return fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":"%s","at":1763850000123}`, id, text)
}

// serveSockets serves WebSockets, each by serve, which ends it by returning.
// header is of the handshake's answer.
func serveSockets(t *testing.T, u websocket.Upgrader, header http.Header, serve func(*websocket.Conn, *http.Request)) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := u.Upgrade(w, r, header)
		if err != nil {
			return
		}
		defer ws.Close()
		serve(ws, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// dialTo dials a client that publishes, and closes it at the test's end.
func dialTo(t *testing.T, dial Dialer, url string) (Client, *Meter) {
	t.Helper()
	m := &Meter{}
	c, err := dial(t.Context(), Target{URL: url, Room: "lobby", User: "ada", After: 7, Publishes: true, Meter: m})
	assert.NilError(t, err)
	t.Cleanup(func() { c.Close() })
	return c, m
}

// receive receives until there are the texts of want, with ids that count
// from 1.
func receive(t *testing.T, c Client, want ...string) {
	t.Helper()
	var got []string
	for len(got) < len(want) {
		ds, err := c.Receive()
		assert.NilError(t, err, "after %.200q", got)
		for _, d := range ds {
			got = append(got, string(d.Text))
			if d.ID != uint64(len(got)) || string(d.JSON) != messageJSON(len(got), string(d.Text)) {
				t.Errorf("delivery %d has id %d and JSON %.200s", len(got), d.ID, d.JSON)
			}
		}
	}
	for i := range want {
		assert.Assert(t, got[i] == want[i], "message %d is %.200q, want %.200q", i+1, got[i], want[i])
	}
}

// background receives until there is an error, which it hands over.
func background(c Client) <-chan error {
	ended := make(chan error, 1)
	go func() {
		for {
			_, err := c.Receive()
			var answer *AnswerError
			if err != nil && !errors.As(err, &answer) {
				ended <- err
				return
			}
		}
	}()
	return ended
}

func TestBatchedFrames(t *testing.T) {
	asked := make(chan string, 1)
	url := serveSockets(t, websocket.Upgrader{}, http.Header{"Batch-Window": {"50ms"}}, func(ws *websocket.Conn, r *http.Request) {
		asked <- r.URL.RequestURI()
		ws.WriteMessage(websocket.TextMessage, []byte(messageJSON(1, "one")+"\n"+messageJSON(2, "two")+"\n"+messageJSON(3, "three")))
		ws.WriteMessage(websocket.TextMessage, []byte(messageJSON(4, "four")))
		ws.ReadMessage()
	})
	c, _ := dialTo(t, DialWebSocketBatch, url)
	receive(t, c, "one", "two", "three", "four")
	if got, want := <-asked, "/api/rooms/lobby/ws?after=7&batch=true"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestDialRefusesWhatWasNotAgreed(t *testing.T) {
	for name, c := range map[string]struct {
		dial   Dialer
		header http.Header
		want   string
	}{
		"no batching":       {DialWebSocketBatch, nil, "does not batch"},
		"an empty window":   {DialWebSocketBatch, http.Header{"Batch-Window": {""}}, "does not batch"},
		"no compression":    {DialWebSocketDeflate, nil, "does not offer permessage-deflate"},
		"unasked extension": {DialWebSocket, http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}, "not offered"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serveRaw(t, c.header, nil)
			m := &Meter{}
			client, err := c.dial(t.Context(), Target{URL: url, Room: "lobby", Meter: m})
			if err == nil {
				client.Close()
				t.Fatal("the dial succeeded")
			}
			assert.Check(t, strings.Contains(err.Error(), c.want), "%v, want %q in it", err, c.want)
			assert.Check(t, is.Equal(m.read().held, int64(0)), "connections are left")
		})
	}
}

// A dial gives up with its context, whatever the server is silent about.
func TestDialEndsWithItsContext(t *testing.T) {
	asked := make(chan struct{}, 10)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer silent.Close()
	half := serveSockets(t, websocket.Upgrader{}, nil, func(ws *websocket.Conn, _ *http.Request) {
		asked <- struct{}{}
		ws.ReadMessage()
	})
	for name, c := range map[string]struct {
		dial Dialer
		url  string
	}{
		"no handshake":           {DialWebSocketDeflate, silent.URL},
		"no Engine.IO handshake": {DialSocketIO, half},
		"no polling handshake":   {DialSocketIOPolling, silent.URL},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if client, err := c.dial(ctx, Target{URL: c.url, Room: "lobby", Meter: &Meter{}}); err == nil {
				client.Close()
				t.Error("the dial succeeded")
			}
		})
	}
}

// serveRaw answers handshakes with header, and then writes whole frames of
// its own making until the client is gone.
func serveRaw(t *testing.T, header http.Header, frames []byte) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer nc.Close()
		var answer bytes.Buffer
		fmt.Fprintf(&answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
			acceptKey(r.Header.Get("Sec-WebSocket-Key")))
		header.Write(&answer)
		answer.WriteString("\r\n")
		answer.Write(frames)
		nc.Write(answer.Bytes())
		io.Copy(io.Discard, nc)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// serverFrame is a frame as servers send it.
func serverFrame(first byte, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n < 1<<16:
		return append([]byte{first, 126, byte(n >> 8), byte(n)}, payload...)
	default:
		return append([]byte{first, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
	}
}

// packer compresses messages as a server does, keeping its window or not.
type packer struct {
	out   bytes.Buffer
	flate *flate.Writer
	keeps bool
}

func newPacker(t testing.TB, level int, keeps bool) *packer {
	t.Helper()
	p := &packer{keeps: keeps}
	var err error
	if p.flate, err = flate.NewWriter(&p.out, level); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *packer) pack(message string) []byte {
	p.out.Reset()
	if !p.keeps {
		p.flate.Reset(&p.out)
	}
	io.WriteString(p.flate, message)
	p.flate.Flush()
	return bytes.Clone(bytes.TrimSuffix(p.out.Bytes(), []byte("\x00\x00\xff\xff")))
}
