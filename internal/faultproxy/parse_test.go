package faultproxy

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// read feeds a connection's directions: first all that the client sends, then
// all that the server does, in pieces of the sizes that cut gives.
func read(of func(uint64) Fault, out, in string, cut func(left int) int) (onOut, onIn string, c Counts, reset bool) {
	r := &relay{proxy: &Proxy{}}
	if of != nil {
		r.proxy.faults.Message = func(_ int, id uint64) Fault { return of(id) }
	}
	to, from := newDirections(r)
	feed := func(d *direction, all string) string {
		var on []byte
		for len(all) > 0 && !d.reset {
			n := cut(len(all))
			on = append(on, d.feed([]byte(all[:n]))...)
			all = all[n:]
		}
		return string(on)
	}
	// What a client sends after an upgrade it sends after the answer to that.
	first, rest, upgraded := strings.Cut(out, "Upgrade: websocket\r\n\r\n")
	if !upgraded {
		onOut = feed(to, out)
		onIn = feed(from, in)
	} else {
		onOut = feed(to, first+"Upgrade: websocket\r\n\r\n")
		onIn = feed(from, in)
		onOut += feed(to, rest)
	}
	return onOut, onIn, r.counts, from.reset
}

func whole(left int) int { return left }

const handshake = "GET /api/rooms/a/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// frame is one with a first byte, masked or not.
func frame(first byte, masked bool, payload string) string {
	b := appendFrame(nil, []byte(payload))
	b[0] = first
	if !masked {
		return string(b)
	}
	header := len(b) - len(payload)
	b[1] |= maskBit
	masking := append(b[:header:header], 1, 2, 3, 4)
	for i := range len(payload) {
		masking = append(masking, payload[i]^byte(i%4+1))
	}
	return string(masking)
}

func chunks(data ...string) (all string) {
	for _, d := range data {
		all += string(appendChunk(nil, []byte(d)))
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

// However the bytes are cut, the counts are the same and all bytes go on.
func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			for cut := range 2 * max(len(c.out), len(c.in)) {
				of := func(uint64) Fault { return Pass }
				if cut%2 == 0 {
					of = nil
				}
				cut /= 2
				if cut > 300 && cut < len(c.in)-30 {
					continue // amid the long frame
				}
				first := true
				out, in, got, _ := read(of, c.out, c.in, func(left int) int {
					if n := min(cut, left); first && n > 0 {
						first = false
						return n
					}
					return left
				})
				assert.Assert(t, got == c.want, "cut at %d: %+v\nwant %+v", cut, got, c.want)
				assert.Assert(t, out == c.out && in == c.in, "cut at %d: out %q\nin %q", cut, out, in)
			}
			_, _, got, _ := read(nil, c.out, c.in, func(int) int { return 1 })
			assert.Check(t, got == c.want, "byte by byte: %+v\nwant %+v", got, c.want)
		})
	}
}

// byID is a fault for some messages of each ten.
func byID(id uint64) Fault {
	switch id {
	case 2:
		return Drop
	case 4:
		return Twice
	case 6, 7:
		return Swap
	case 9:
		return Reset
	}
	return Pass
}

// message is chat message n, with a text that looks like other things.
func message(n int) string {
	return `{"id":` + string(rune('0'+n)) + `,"room":"a","user":"b","text":"{\"id\":2} 42[ \r\n","at":1}`
}

func TestFaultsOfMessages(t *testing.T) {
	text := func(payload string) string { return frame(finBit|opText, false, payload) }
	event := func(n int) string {
		return "id: " + string(rune('0'+n)) + "\nevent: message\ndata: " + message(n) + "\n\n"
	}
	packet := func(n int) string { return text(`42["chat message",` + message(n) + `]`) }
	const stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
	const truncated = "event: truncated\ndata: {\"truncated\":true}\n\n"
	packed := frame(finBit|opText|0x40, false, message(2))
	for _, c := range []struct {
		name, out, in, want string
		reset               bool
	}{
		{"WebSocket", handshake,
			switching + text(message(1)) + text(`{"ack":2}`) + text(message(2)) + text(message(3)) + text(message(4)) + packed + text(message(5)),
			switching + text(message(1)) + text(`{"ack":2}`) + text(message(3)) + text(message(4)) + text(message(4)) + packed + text(message(5)), false},
		{"WebSocket, several in a frame", handshake,
			switching + text(message(1)+"\n"+message(2)+"\n"+message(6)+"\n"+message(7)) + text(message(2)) + text(message(8)+"\n"+message(3)),
			switching + text(message(1)) + text(message(8)) + text(message(6)) + text(message(7)) + text(message(3)), false},
		{"WebSocket, reset", handshake, switching + text(message(8)+"\n"+message(9)+"\n"+message(1)) + text(message(3)), switching + text(message(8)), true},
		{"event stream", "GET /e HTTP/1.1\r\n\r\n",
			stream + chunks(":\n\n", truncated, event(1)+event(2)+event(6), ":\n", "\n"+event(3)[:9], event(3)[9:]+event(4)) + "0\r\n\r\n",
			stream + chunks(":\n\n", truncated, event(1), ":\n\n", event(3), event(6), event(4), event(4)) + "0\r\n\r\n", false},
		{"event stream, broken off", "GET /e HTTP/1.1\r\n\r\n",
			stream + chunks("data: 1") + "0\r\n\r\n", stream + chunks("data: 1") + "0\r\n\r\n", false},
		{"event stream, reset", "GET /e HTTP/1.1\r\n\r\n", stream + chunks(event(1)+event(9)+event(3)), stream + chunks(event(1)), true},
		{"Socket.IO", handshake,
			switching + text(`0{"sid":"x"}`) + packet(1) + packet(2) + text(`4212["chat message",`+message(2)+`,2,"offset"]`) + text("2") + packet(6) + text(`437[{"id":2,"text":"x"}]`) + packet(4),
			switching + text(`0{"sid":"x"}`) + packet(1) + text("2") + text(`437[{"id":2,"text":"x"}]`) + packet(4) + packet(4) + packet(6), false},
		{"polls are left alone", "GET /p HTTP/1.1\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(message(2)) + "0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(message(2)) + "0\r\n\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, all, counts, _ := read(nil, c.out, c.want, whole)
			assert.Assert(t, all == c.want, "the case contradicts itself")
			for size := 1; size <= len(c.in); size++ {
				_, got, n, reset := read(byID, c.out, c.in, func(left int) int { return min(size, left) })
				assert.Assert(t, got == c.want && reset == c.reset, "in pieces of %d: %q, reset %v\nwant %q, %v", size, got, reset, c.want, c.reset)
				assert.Assert(t, n == counts, "in pieces of %d: %+v, for what goes on %+v", size, n, counts)
			}
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
		cut := func(left int) int { return min(size, left) }
		onOut, onIn, pieces, _ := read(nil, string(out), string(in), cut)
		assert.Assert(t, onOut == string(out) && onIn == string(in), "what goes on is not what came: %q, %q", onOut, onIn)
		if _, _, once, _ := read(nil, string(out), string(in), whole); once.Requests != pieces.Requests ||
			once.FramesIn != pieces.FramesIn || once.FramesOut != pieces.FramesOut {
			t.Fatalf("in pieces %+v, at once %+v", pieces, once)
		}
		read(byID, string(out), string(in), cut)
	})
}
