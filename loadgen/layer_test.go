package loadgen

import (
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// piece is a part of what passes on the wire, and the layer that it is in.
type piece struct {
	layer byte // t, e or p
	bytes string
}

func txt(s string) piece      { return piece{'t', s} }
func envelope(s string) piece { return piece{'e', s} }
func protocol(s string) piece { return piece{'p', s} }

// messagePieces are a message object's.
func messagePieces(id int, text string) []piece {
	return []piece{envelope(fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":"`, id)), txt(text), envelope(`","at":1763850000123}`)}
}

// join puts pieces, and slices of them, one behind the other.
func join(parts ...any) (all []piece) {
	for _, p := range parts {
		switch p := p.(type) {
		case piece:
			all = append(all, p)
		case []piece:
			all = append(all, p...)
		}
	}
	return all
}

// wire is the pieces' bytes, and what is to be counted of them.
func wire(pieces []piece) (string, result.Layer) {
	var b strings.Builder
	var l result.Layer
	for _, p := range pieces {
		b.WriteString(p.bytes)
		n := int64(len(p.bytes))
		switch p.layer {
		case 't':
			l.Text += n
		case 'e':
			l.Envelope += n
		default:
			l.Protocol += n
		}
	}
	return b.String(), l
}

// framed is a WebSocket frame from a server with these pieces as its payload.
func framed(first byte, parts ...any) []piece {
	payload := join(parts...)
	text, _ := wire(payload)
	head := serverFrame(first, []byte(text))
	return join(protocol(string(head[:len(head)-len(text)])), payload)
}

// answeredBy is a response with these pieces as its body.
func answeredBy(status string, parts ...any) []piece {
	body := join(parts...)
	text, _ := wire(body)
	return join(protocol(fmt.Sprintf("HTTP/1.1 %s\r\nDate: Mon, 23 Nov 2026 04:41:00 GMT\r\nContent-Length: %d\r\n\r\n", status, len(text))), body)
}

// acceptPlace stands for a Sec-WebSocket-Accept, and is as long.
const acceptPlace = "<28 bytes, by the nonce, go>"

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptPlace + "\r\n"

// serveWire answers requests with these bytes, one each, whatever connection
// they come by, and ends the connection by which one comes too many.
func serveWire(t *testing.T, answers ...string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	left := make(chan string, len(answers))
	for _, a := range answers {
		left <- a
	}
	close(left)
	serve := func(conn net.Conn) {
		defer conn.Close()
		for in := bufio.NewReader(conn); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, r.Body)
			answer, more := <-left
			if more {
				io.WriteString(conn, strings.ReplaceAll(answer, acceptPlace, acceptKey(r.Header.Get("Sec-WebSocket-Key"))))
			}
			if len(left) == 0 {
				conn.(*net.TCPConn).CloseWrite() // and not Close: a reset would take away what was not read yet
				io.Copy(io.Discard, conn)
				return
			}
		}
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return "http://" + l.Addr().String()
}

// What comes in is told apart to the byte, whichever way it comes.
func TestLayersIn(t *testing.T) {
	const problem = `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"wait"}`
	const stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	message := messagePieces
	long := func(n int) string { return strings.Repeat("x", n) }
	page := join(envelope(`{"messages": [`), message(1, "hello"), envelope(", "), message(2, `t\"wo \u00e4`), envelope(`],"last":2}`+"\n"))
	pageText, _ := wire(page)
	event := func(id int, text string) []piece {
		return join(protocol(fmt.Sprintf("id: %d\nevent: message\ndata: ", id)), message(id, text), protocol("\n\n"))
	}
	open := framed(0x81, protocol(engineOpening))
	joined := framed(0x81, protocol(`40{"sid":"y"}`))
	over := framed(0x88, protocol("\x03\xe8"))

	for _, c := range []struct {
		name    string
		dial    Dialer
		answers [][]piece
	}{
		{"a page", DialPoll, [][]piece{answeredBy("200 OK", page)}},
		{"an empty page", DialPoll, [][]piece{answeredBy("200 OK", envelope(`{"messages":[],"last":0}`))}},
		{"a page in chunks", DialPoll, [][]piece{join(
			protocol(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", len(pageText))), page, protocol("\r\n0\r\n\r\n"))}},
		{"no news by ETag", DialPollETag, [][]piece{
			answeredBy("200 OK\r\nETag: \"1\"", envelope(`{"messages":[`), message(1, "hello"), envelope(`],"last":1}`)),
			join(protocol("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"))}},
		{"a refused poll", DialPoll, [][]piece{answeredBy("429 Too Many Requests", envelope(problem))}},
		{"an answer that is not the chat's", DialPoll, [][]piece{answeredBy("404 Not Found", protocol("404 page not found\n"))}},
		{"a page that is none", DialPoll, [][]piece{answeredBy("200 OK", protocol(`{"messages":[{"id":1}]}`))}},
		{"a long poll", DialLongPoll, [][]piece{answeredBy("200 OK", page), answeredBy("503 Service Unavailable", envelope(problem))}},

		{"events", DialSSE, [][]piece{join(protocol(stream+"\r\n"), event(1, "hello"), protocol(": \n\n"), event(2, "again"))}},
		{"events in chunks", DialSSE, [][]piece{join(protocol(stream+"Transfer-Encoding: chunked\r\n\r\n73\r\n"), event(1, "hello"),
			protocol("\r\n16\r\nretry: 1000\n: no news\n\r\n0\r\n\r\n"))}},
		{"an event of another kind", DialSSE, [][]piece{join(protocol(stream+"\r\nevent: truncated\ndata: "), envelope(`{"truncated":true}`),
			protocol("\n\n"), event(1, "hello"))}},
		{"a refused stream", DialSSE, [][]piece{answeredBy("429 Too Many Requests", envelope(problem))}},

		{"frames", DialWebSocket, [][]piece{join(protocol(switching+"\r\n"),
			framed(0x81, message(1, "hello")), framed(0x89, protocol("ping")), framed(0x81, envelope(`{"truncated":true}`)),
			framed(0x81, envelope(`{"ack":3}`)), framed(0x81, envelope(`{"error":{"status":400,"title":"no"}}`)), over)}},
		{"frames of all sizes", DialWebSocket, [][]piece{join(protocol(switching+"\r\n"),
			framed(0x81, message(1, long(200))), framed(0x81, message(2, long(70_000))), over)}},
		{"several objects in a frame", DialWebSocketBatch, [][]piece{join(protocol(switching+"Batch-Window: 50ms\r\n\r\n"),
			framed(0x81, message(1, "hello"), envelope("\n"), message(2, "again"), envelope("\n"), envelope(`{"ack":3}`)), over)}},
		{"a message in two frames", DialWebSocket, [][]piece{join(protocol(switching+"\r\n"),
			framed(0x01, message(1, "hello")[:2]), framed(0x80, message(1, "hello")[2:]), over)}},
		{"a refused handshake", DialWebSocket, [][]piece{answeredBy("404 Not Found", envelope(problem))}},
		{"a frame that is not the chat's", DialWebSocket, [][]piece{join(protocol(switching+"\r\n"), framed(0x81, message(1, "hello")),
			framed(0x81, protocol("[1]")))}},
		{"what came of a frame", DialWebSocket, [][]piece{join(protocol(switching+"\r\n"), framed(0x81, message(1, "hello")), protocol("\x81\x7e\x01"))}},

		{"Socket.IO's frames", DialSocketIO, [][]piece{join(protocol(switching+"\r\n"), open, joined,
			framed(0x81, protocol(`42["chat message",`), message(1, "hello"), protocol("]")), framed(0x81, protocol("2")),
			framed(0x81, protocol(`42["truncated"]`)), framed(0x81, protocol(`42["error message",`), envelope(`{"status":400,"title":"no"}`), protocol("]")),
			framed(0x81, protocol(`42["chat message",`), message(2, "more"), protocol(`,`), envelope(`[7]`), protocol(` , `), envelope(`"AbCd"`), protocol("]")),
			framed(0x81, protocol(`431[`), message(1, "hello"), protocol("]")), framed(0x81, protocol("1")))}},
		{"Socket.IO refuses", DialSocketIO, [][]piece{join(protocol(switching+"\r\n"), open,
			framed(0x81, protocol("44"), envelope(`{"message":"no","data":{"status":400}}`)))}},
		{"Socket.IO's packets", DialSocketIOPolling, [][]piece{
			answeredBy("200 OK", protocol(engineOpening)), answeredBy("200 OK", protocol("ok")),
			answeredBy("200 OK", protocol("40{\"sid\":\"y\"}\x1e42[\"chat message\","), message(1, "hello"), protocol("]")),
			answeredBy("200 OK", protocol("6\x1e42[\"chat message\","), message(2, "again"),
				protocol("]\x1e431["), envelope(`{"error":{"status":400,"title":"no"}}`), protocol("]")),
			answeredBy("400 Bad Request", envelope(`{"code":1,"message":"Session ID unknown"}`))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var answers []string
			var want result.Layer
			for _, pieces := range c.answers {
				text, l := wire(pieces)
				answers = append(answers, text)
				want.Text, want.Envelope, want.Protocol = want.Text+l.Text, want.Envelope+l.Envelope, want.Protocol+l.Protocol
			}
			m := &Meter{}
			client, err := c.dial(t.Context(), Target{URL: serveWire(t, answers...), Room: "lobby", User: "ada", Meter: m})
			for err == nil {
				if p, ok := client.(Poller); ok {
					err = p.Poll()
				}
				if err == nil {
					_, err = client.Receive()
				}
			}
			if client != nil {
				client.Close()
			}
			if got := m.Bytes(); got.Layers.In != want || got.In != want.Sum() {
				t.Errorf("%d bytes: %+v (ended by %v)\nwant %d: %+v", got.In, got.Layers.In, err, want.Sum(), want)
			}
		})
	}
}

// With compression, text and envelope are what they would be without.
func TestLayersCompressed(t *testing.T) {
	plain, want := wire(messagePieces(1, strings.Repeat("what was said, and said again; ", 20)))
	once := string(newPacker(t, flate.BestSpeed, false).pack(plain))
	noise := `{"ack":7}` // is longer when it is compressed
	twice := string(newPacker(t, flate.BestSpeed, false).pack(noise))
	frames, protocols := wire(join(protocol(switching+"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n"),
		framed(0xc1, protocol(once)), framed(0x41, protocol(once[:20])), framed(0x80, protocol(once[20:])), framed(0xc1, protocol(twice)), framed(0x88)))
	want.Text, want.Envelope = 2*want.Text, 2*want.Envelope+int64(len(noise))
	want.Compression = int64(2*(len(once)-len(plain)) + len(twice) - len(noise))
	want.Protocol = protocols.Protocol - int64(2*len(once)+len(twice))

	c, m := dialTo(t, DialWebSocketDeflate, serveWire(t, frames))
	err := <-background(c)
	if got := m.Bytes(); got.Layers.In != want || got.In != want.Sum() || len(twice) <= len(noise) || want.Compression > -500 {
		t.Errorf("%d bytes: %+v (ended by %v)\nwant %d: %+v", got.In, got.Layers.In, err, want.Sum(), want)
	}
}

// What is published is told apart as well; around it is the protocol's own.
func TestLayersOut(t *testing.T) {
	const mask = 4
	text := strings.Repeat("hello ", 30)
	plain := `{"user":"ada","text":"` + text + `"}`
	sent := result.Layer{Text: 180, Envelope: 24}
	acks := func(answer string) func(t *testing.T) string {
		return func(t *testing.T) string {
			return serveSockets(t, websocket.Upgrader{EnableCompression: true}, nil, func(ws *websocket.Conn, _ *http.Request) {
				if _, b, err := ws.ReadMessage(); err == nil && len(b) > 1 {
					ws.WriteMessage(websocket.TextMessage, []byte(answer))
				}
				io.Copy(io.Discard, ws.NetConn())
			})
		}
	}
	engine := func(t *testing.T) string {
		e, url := serveEngine(t, engineOpening)
		e.send(`40{"sid":"y"}`)
		go func() {
			for {
				select {
				case packet := <-e.in:
					if packet != "40" {
						e.send(`431[` + messageJSON(1, "hello") + `]`)
					}
				case <-t.Context().Done():
					return
				}
			}
		}()
		return url
	}
	// What goes before the first POST has news by chance.
	first, asked := wire(answeredBy("200 OK", envelope(`{"messages":[`), messagePieces(1, "hello"), envelope(`],"last":1}`)))
	created, _ := wire(answeredBy("201 Created", messagePieces(1, text)))
	refused, _ := wire(answeredBy("400 Bad Request", envelope(`{"status":400}`)))
	posts := func(answer string) func(t *testing.T) string {
		return func(t *testing.T) string { return serveWire(t, first, answer) }
	}
	post := func(url string) int64 {
		return int64(len("POST /api/rooms/lobby/messages HTTP/1.1\r\nHost: \r\nUser-Agent: pollpush\r\n"+
			"Content-Type: application/json\r\nContent-Length: 204\r\n\r\n") + len(strings.TrimPrefix(url, "http://")))
	}
	d := deflaters.New().(*deflater)
	packed := int64(len(d.deflate([]byte(plain), fullWindow)))

	for _, c := range []struct {
		name        string
		dial        Dialer
		serve       func(t *testing.T) (url string)
		protocol    func(url string) int64
		compression int64
	}{
		{"accepted POST", DialPoll, posts(created), post, 0},
		{"refused POST", DialPoll, posts(refused), post, 0},
		{"frame", DialWebSocket, acks(`{"ack":1}`), func(string) int64 { return 4 + mask }, 0},
		{"refused frame", DialWebSocket, acks(`{"error":{"status":400,"title":"no"}}`), func(string) int64 { return 4 + mask }, 0},
		{"compressed frame", DialWebSocketDeflate, acks(`{"ack":1}`), func(string) int64 { return 2 + mask }, packed - int64(len(plain))},
		{"Socket.IO's frame", DialSocketIO, engine, func(string) int64 { return 4 + mask + int64(len(`421["chat message",]`)) }, 0},
		{"Socket.IO's POST", DialSocketIOPolling, engine, func(url string) int64 {
			return int64(len("POST /socket.io/?EIO=4&transport=polling&sid=s%2F1 HTTP/1.1\r\nHost: \r\nUser-Agent: pollpush\r\n"+
				"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 224\r\n\r\n"+`421["chat message",]`) + len(strings.TrimPrefix(url, "http://")))
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.serve(t)
			client, m := dialTo(t, c.dial, url)
			before := m.Bytes()
			switch c := client.(type) {
			case Poller:
				assert.Check(t, before.Layers.In == asked, "before: %+v, want %+v", before.Layers.In, asked)
				c.Publish(text)
			case *socketIOPolling: // that does not ask meanwhile
				assert.Check(t, c.send(c.emit(text), published("ada", text)))
			default:
				background(client)
				c.Publish(text)
			}
			got := result.Sub(m.Bytes(), before)
			want := sent
			want.Protocol, want.Compression = c.protocol(url), c.compression
			if got.Layers.Out != want || got.Out != want.Sum() {
				t.Errorf("%d bytes: %+v\nwant %d: %+v", got.Out, got.Layers.Out, want.Sum(), want)
			}
		})
	}
}

// Wherever an edge between two phases falls, no phase has less than nothing of
// a layer: what was read before it counts before it.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name                 string
		early, late, settled result.Layer
	}{
		{"all understood", result.Layer{Text: 10, Envelope: 5, Protocol: 20}, result.Layer{Text: 20, Envelope: 9, Protocol: 30},
			result.Layer{Text: 10, Envelope: 5, Protocol: 20}},
		{"a message read, not understood", result.Layer{Protocol: 26}, result.Layer{Text: 10, Envelope: 14, Protocol: 2},
			result.Layer{Text: 10, Envelope: 14, Protocol: 2}},
		{"half of one", result.Layer{Protocol: 12}, result.Layer{Text: 10, Envelope: 14, Protocol: 2}, result.Layer{Text: 10, Protocol: 2}},
		{"a compressed one", result.Layer{Protocol: 12}, result.Layer{Text: 20, Envelope: 14, Compression: -24, Protocol: 2}, result.Layer{Text: 10, Protocol: 2}},
		{"a sealed one", result.Layer{TLS: 48}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}},
		{"TLS not taken off yet", result.Layer{Protocol: 48}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22},
			result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}},
		{"one that grows by compression", result.Layer{Protocol: 9}, result.Layer{Envelope: 4, Compression: 3, Protocol: 2},
			result.Layer{Envelope: 4, Compression: 3, Protocol: 2}},
	} {
		got := c.early
		settle(&got, c.late)
		if got != c.settled || got.Sum() != c.early.Sum() {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.settled)
		}
		if d := result.Sub(c.late, got); min(d.Text, d.Envelope, d.Protocol, d.TLS) < 0 {
			t.Errorf("%s: between the two lies %+v", c.name, d)
		}
	}
}
