package faultproxy

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// read feeds a connection's directions: first all that the client sends, then
// all that the server does, in pieces of the sizes that cut gives.
func read(out, in string, cut func(left int) int) Counts {
	r := &relay{proxy: &Proxy{}}
	to, from := newDirections(r)
	feed := func(d *direction, all string) {
		for len(all) > 0 {
			n := cut(len(all))
			d.feed([]byte(all[:n]))
			all = all[n:]
		}
	}
	// What a client sends after an upgrade it sends after the answer to that.
	const last = "Upgrade: websocket\r\n\r\n"
	first, rest, upgraded := strings.Cut(out, last)
	if upgraded {
		first += last
	}
	feed(to, first)
	feed(from, in)
	feed(to, rest)
	return r.counts
}

func whole(left int) int { return left }

const handshake = "GET /api/rooms/a/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

const finBit, opText = 0x80, 1

// frame is one with a first byte, masked or not.
func frame(first byte, masked bool, payload string) string {
	mask, masking := byte(0), ""
	if masked {
		mask, masking = maskBit, "\x01\x02\x03\x04" // of no interest to who does not read it
	}
	switch n := len(payload); {
	case n < 126:
		return string([]byte{first, mask | byte(n)}) + masking + payload
	case n < 1<<16:
		return string(binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(n))) + masking + payload
	default:
		return string(binary.BigEndian.AppendUint64([]byte{first, mask | 127}, uint64(n))) + masking + payload
	}
}

func chunks(data ...string) (all string) {
	for _, d := range data {
		all += fmt.Sprintf("%x\r\n%s\r\n", len(d), d)
	}
	return all
}

var conversations = []struct {
	name    string
	out, in string
	want    Counts
}{
	{"a poll and its answer",
		"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		Counts{Requests: 1}},
	{"a body that looks like a request",
		"POST /a HTTP/1.1\r\ncontent-length: 29\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nx" + "GET /c HTTP/1.1\r\n\r\n",
		"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
		Counts{Requests: 2}},
	{"chunked both ways, with an extension and a trailer",
		"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nGET /\r\n0\r\nT: v\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunks("hello", "0\r\n\r\n") + "0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		Counts{Requests: 2}},
	{"a HEAD has no body in its answer",
		"HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		Counts{Requests: 2}},
	{"an answer up to the end", "GET /a HTTP/1.1\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 GET 200", Counts{Requests: 1}},
	{"a refused upgrade", handshake + "GET /b HTTP/1.1\r\n\r\n",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno" + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Counts{Requests: 2}},
	{"a WebSocket",
		handshake + frame(finBit|opText, true, "GET /b HTTP/1.1\r\n\r\n") + frame(finBit|10, true, "") + frame(finBit|opClose, true, "\x03\xe8"),
		switching + frame(finBit|opText, false, strings.Repeat("x", 200)) + frame(finBit|opText|0x40, false, strings.Repeat("y", 1<<16)) +
			frame(opText, false, "a") + frame(finBit, false, "b") + frame(finBit|9, false, "ping") + frame(finBit|opClose, false, "\x03\xe8"),
		Counts{Requests: 1, FramesIn: Frames{4, 1, 1}, FramesOut: Frames{1, 1, 1}}},
	{"no HTTP", "\x16\x03\x01\r\n\r\n", "220 mail.example ESMTP\r\n\r\n", Counts{Unparsed: 2}},
	{"a length that is none", "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 2xx OK\r\n\r\n", Counts{Unparsed: 2}},
	{"a chunk that is none", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", Counts{Requests: 1, Unparsed: 2}},
	{"a frame of a negative length", handshake, switching + "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffxyz", Counts{Requests: 1, Unparsed: 1}},
}

// However the bytes are cut, the counts are the same.
func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			for cut := range max(len(c.out), len(c.in)) {
				if cut > 300 && cut < len(c.in)-30 {
					continue // amid the long frame
				}
				first := true
				got := read(c.out, c.in, func(left int) int {
					if n := min(cut, left); first && n > 0 {
						first = false
						return n
					}
					return left
				})
				assert.Assert(t, got == c.want, "cut at %d: %+v\nwant %+v", cut, got, c.want)
			}
			got := read(c.out, c.in, func(int) int { return 1 })
			assert.Check(t, got == c.want, "byte by byte: %+v\nwant %+v", got, c.want)
		})
	}
}

func FuzzDirections(f *testing.F) {
	for _, c := range conversations {
		f.Add([]byte(c.out), []byte(c.in), 7)
	}
	f.Fuzz(func(t *testing.T, out, in []byte, size int) {
		if size < 1 || len(out)+len(in) > 1<<16 {
			return
		}
		pieces := read(string(out), string(in), func(left int) int { return min(size, left) })
		if once := read(string(out), string(in), whole); once.Requests != pieces.Requests ||
			once.FramesIn != pieces.FramesIn || once.FramesOut != pieces.FramesOut {
			t.Fatalf("in pieces %+v, at once %+v", pieces, once)
		}
	})
}
