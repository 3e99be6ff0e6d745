package client

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"syscall"
)

const (
	streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	chunkHead  = streamHead + "Transfer-Encoding: chunked\r\n\r\n"
	lastChunk  = "0\r\n\r\n"
	subscribes = "> GET /api/rooms/lobby/events?after=0"
)

// event is a message as an event.
func event(id uint64) wire {
	return cat(fmt.Sprintf("id: %d\nevent: message\ndata: ", id), numbered(id), "\n\n")
}

var three = cat(event(1), ": \n\n", event(2), event(3))

// instead is w with something in it written otherwise.
func (w wire) instead(of, by string) wire {
	w.bytes = strings.ReplaceAll(w.bytes, of, by)
	return w
}

// stream is a conversation of one answer, which is that of a stream.
func stream(name, does, counted string, parts ...any) conversation {
	return conversation{name, "sse", Target{}, []step{{connect(Main), subscribes}, {hears(Main, parts...), does}}, counted}
}

// cutOff is one of a stream whose connection ends then.
func cutOff(name, does, end, counted string, parts ...any) conversation {
	c := stream(name, does, counted, parts...)
	c.steps = append(c.steps, step{ends(Main, io.EOF), end})
	return c
}

const (
	streamed = "requests=1 200=1"
	gotThree = "got 1 2 3; ready"
	planned  = gotThree + "; ended: planned"
)

var streamConversations = []conversation{
	stream("a chunk", planned, streamed, chunkHead, chunked(1000, three), lastChunk),
	stream("chunks of a byte", planned, streamed, chunkHead, chunked(1, three), lastChunk),
	stream("chunks of seven", planned, streamed, chunkHead, chunked(7, three), lastChunk),
	stream("extensions", planned, streamed, chunkHead, "1;x=y\r\n:\r\n", chunked(50, "\n", three), "0;a\r\nX-Sum: 1\r\n\r\n"),
	stream("a length", planned, streamed, streamHead, fmt.Sprintf("Content-Length: %d\r\n\r\n", len(three.bytes)), three),
	stream("CRLF", planned, streamed, chunkHead, chunked(3, three.instead("\n", "\r\n")), lastChunk),
	stream("CR", planned, streamed, chunkHead, chunked(3, three.instead("\n", "\r")), lastChunk),
	stream("a broken chunk", gotThree+"; ended: malformed", streamed, chunkHead, chunked(100, three), "5\r\n: too long\r\n\r\n"),
	stream("no chunk", "ready; ended: malformed", streamed, chunkHead, "id: 1\r\n"),
	stream("no message", gotThree+"; ended: malformed", streamed, streamHead, "\r\n", three, "data: {}\n\n", "data: never\n\n"),
	stream("two in one", gotThree+"; ended: malformed", streamed, streamHead, "\r\n", three, "data: ", messageJSON(4, "a"), "\ndata: ", messageJSON(5, "b"), "\n\n"),
	stream("no more", "ended: 204", "requests=1 204=1", "HTTP/1.1 204 No Content\r\n\r\n"),
	stream("refused", "ended: 429 "+problem, "requests=1 429=1", answer("429 Too Many Requests", envelope(problem))),
	stream("refused in chunks", "ended: 503 gone", "requests=1 503=1", "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(3, "gone"), lastChunk),
	stream("another type", "ended: malformed", streamed, "HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\n\r\n"),
	stream("no type", "ended: malformed", streamed, "HTTP/1.1 200 OK\r\n\r\n"),
	stream("no HTTP", "ended: malformed", "requests=1 unanswered=1", "gone\r\n\r\n"),
	stream("a strange frame", "ended: malformed", "requests=1 unanswered=1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
	cutOff("until the end", gotThree, "ended: planned", streamed, streamHead, "\r\n", three),
	cutOff("parameters", gotThree, "ended: planned", streamed, "HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream ; charset=utf-8\r\n\r\n", three),
	cutOff("byte order mark", gotThree, "ended: planned", streamed, streamHead, "\r\n\uFEFF", three),
	cutOff("other events", gotThree, "ended: planned", streamed, streamHead, "\r\nevent: truncated\ndata: ", envelope(`{"truncated":true}`),
		"\n\nevent: weather\ndata: ", envelope("rain"), "\n\nretry: 1\n\nfoo: bar\n\n", three),
	cutOff("type left out", gotThree, "ended: planned", streamed, streamHead, "\r\n", three.instead("event: message\n", "")),
	cutOff("nothing", "ready", "ended: planned", streamed, streamHead, "\r\n"),
	cutOff("within an event", gotThree, "ended: broken off", streamed+" lost=1", streamHead, "\r\n", three, "id: 4\n"),
	cutOff("no last chunk", gotThree, "ended: broken off", streamed+" lost=1", chunkHead, chunked(9, three)),
	stream("within an event, in chunks", gotThree+"; ended: broken off", streamed+" lost=1", chunkHead, chunked(100, three, "id: 4\n"), lastChunk),
	stream("within a comment", planned, streamed, chunkHead, chunked(100, three, ": keep"), lastChunk),
	cutOff("refused until the end", "", "ended: 503 gone", "requests=1 503=1", "HTTP/1.1 503 Busy\r\n\r\ngone"),
	cutOff("a head cut off", "", "ended: broken off", "requests=1 unanswered=1 lost=1", "HTTP/1.1 200 OK\r\nConte"),
	{"an answer without a request", "sse", speaker, []step{{connect(Main), "dials post"}, {hears(Main, streamHead, "Content-Length: 0\r\n\r\n"), "ended: malformed"}}, ""},
	{"resumes and posts", "sse", Target{After: 40, Publishes: true}, []step{
		{connect(Main), "dials post"},
		{connect(Post), "post> GET /api/rooms/lobby/messages?after=40&limit=1"},
		{hears(Post, answer("200 OK", page())), "> GET /api/rooms/lobby/events?after=40 Last-Event-ID: 40"},
		{hears(Main, chunkHead, chunked(30, event(41))), "got 41; ready"},
		{publish("hello"), posts},
		{hears(Main, chunked(100, event(42))), "got 42"},
		{accepted, "published"},
		{ends(Main, syscall.ECONNRESET), "ended: connection reset by peer"},
		{publish("hello"), posts},
		{accepted, "published"},
		{connect(Main), "> GET /api/rooms/lobby/events?after=42 Last-Event-ID: 42"},
	}, "requests=5 200=2 201=2 lost=1"},
}

const (
	socketAsks = "> GET /api/rooms/lobby/ws?after=0"
	says       = `> {"user":"ada","text":"hello"}`
	shaken     = "requests=1 101=1"
	deflates   = "\r\nSec-WebSocket-Extensions: permessage-deflate"
	usually    = deflates + "; server_no_context_takeover"
	noContext  = " by permessage-deflate"
)

// socketOf is a conversation over a WebSocket that was agreed on.
func socketOf(name, transport, does, counted string, parts ...any) conversation {
	asks := socketAsks
	if transport == "ws-batch" {
		asks += "&batch=true"
	}
	return conversation{name, transport, Target{}, []step{{connect(Main), asks}, {hears(Main, parts...), does}}, counted}
}

// closedWith is one that a close frame ends.
func closedWith(code uint16, does, counted string) conversation {
	return socketOf(fmt.Sprint("closed with ", code), "ws", "ready; ended: "+does, shaken+counted, switching(""), frame(0x88, string([]byte{byte(code >> 8), byte(code)}), "bye"))
}

var socketConversations = []conversation{
	{"speaks", "ws", Target{After: 7}, []step{
		{connect(Main), "> GET /api/rooms/lobby/ws?after=7"},
		{publish("hello"), ""},
		{hears(Main, switching("")), says + "; ready"},
		{hears(Main, frame(0x81, numbered(8)), frame(0x89, "are you there"), frame(0x81, envelope(`{"truncated":true}`)), frame(0x8a),
			frame(0x81, envelope(`{"ack":3}`))), "> pong are you there; got 8; published"},
		{publish("hello"), says},
		{hears(Main, frame(0x81, envelope(`{"error":{"status":413,"title":"too long"}}`))), "unpublished: 413 too long"},
		{hears(Main, frame(0x81, envelope(`{"ack":4}`))), ""}, // of nothing
		{publish("hello"), says},
		{ends(Main, syscall.ECONNRESET), "unpublished: no answer before the connection ended; ended: connection reset by peer"},
		{connect(Main), "> GET /api/rooms/lobby/ws?after=8"},
		{hears(Main, switching(""), frame(0x81, "[1]")), "ready; ended: malformed"},
		{publish("hello"), ""}, // waits for the next connection
		{connect(Main), "> GET /api/rooms/lobby/ws?after=8"},
		{hears(Main, switching("")), says + "; ready"},
		{closes, "> close \x03\xe8"},
	}, "requests=3 101=3 lost=1 reconnects=2 frames in=8 out=6"},
	{"ends in a handshake", "ws", Target{}, []step{
		{connect(Main), socketAsks},
		{hears(Main, "HTTP/1.1 503 Busy\r\n\r\nbusy"), ""},
		{ends(Main, io.EOF), "ended: 503 busy"},
		{connect(Main), socketAsks},
		{closes, ""},
		{ends(Main, io.EOF), "ended: broken off"},
		{ends(Main, syscall.ECONNREFUSED), "ended: connection refused"},
	}, "requests=2 503=1 unanswered=1 lost=1"},
	socketOf("all sizes", "ws", "got 1="+strings.Repeat("x", 20)+" 2="+strings.Repeat("y", 20)+" 3; ready", shaken+" frames in=3", switching(""),
		frame(0x81, object(1, strings.Repeat("x", 200))), frame(0x81, object(2, strings.Repeat("y", 70_000))), frame(0x81, numbered(3))),
	socketOf("parts", "ws", "> pong ; got 1 2; ready", shaken+" frames in=5 out=1", switching(""), inParts(0x01, numbered(1)), frame(0x81, numbered(2))),
	socketOf("a message within a message", "ws", "ready; ended: malformed", shaken+" frames in=2", switching(""), frame(0x01, "x"), frame(0x81, "y")),
	socketOf("a part of nothing", "ws", "ready; ended: malformed", shaken+" frames in=1", switching(""), frame(0x80, "x")),
	socketOf("binary", "ws", "ready; ended: malformed", shaken+" frames in=1", switching(""), frame(0x82, "x")),
	socketOf("masked", "ws", "ready; ended: malformed", shaken, switching(""), "\x81\x81"),
	socketOf("refused", "ws", "ended: 429 "+problem, "requests=1 429=1", answer("429 Too Many Requests", envelope(problem))),
	socketOf("no such key", "ws", "ended: malformed", shaken, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n"),
	socketOf("an extension that was not asked for", "ws", "ended: malformed", shaken, switching(deflates)),
	closedWith(1000, "planned", " frames in=1"),
	closedWith(1001, "planned", " frames in=1"),
	closedWith(1012, "planned", " frames in=1"),
	closedWith(1008, "broken off", " lost=1 frames in=1"),
	closedWith(1011, "broken off", " lost=1 frames in=1"),
	closedWith(1013, "broken off", " lost=1 frames in=1"),
	socketOf("closed without a code", "ws", "ready; ended: broken off", shaken+" lost=1 frames in=1", switching(""), frame(0x88)),

	socketOf("batches", "ws-batch", "got 1 2 3; ready", shaken+" frames in=2", switching("\r\nBatch-Window: 50ms"),
		frame(0x81, numbered(1), envelope("\n"), numbered(2), envelope("\n"), envelope(`{"ack":3}`)), frame(0x81, numbered(3))),
	socketOf("does not batch", "ws-batch", "ended: "+errBatch.Error(), shaken, switching("")),
	socketOf("an empty window", "ws-batch", "ended: "+errBatch.Error(), shaken, switching("\r\nBatch-Window: ")),

	socketOf("does not compress", "ws-deflate", "ended: the server does not offer permessage-deflate", shaken, switching("")),
	{"compresses", "ws-deflate", Target{}, []step{
		{connect(Main), socketAsks},
		{hears(Main, switching(usually), packed(object(1, long)), frame(0x81, numbered(2)), packed(envelope(`{"ack":7}`)),
			inParts(0x41, newPacker(false).pack(object(3, long)))), "> pong ; got 1=" + long[:20] + " 2 3=" + long[:20] + "; ready"},
		{publish(long), `> packed {"user":"ada","text":"` + long + `"}`},
		{hears(Main, frame(0x88, "\x03\xe8")), "unpublished: no answer before the connection ended; ended: planned"},
	}, shaken + " frames in=8 out=2"},
	kept(true),
	kept(false),
	socketOf("no deflate", "ws-deflate", "ready; ended: malformed", shaken+" frames in=1", switching(usually), frame(0xc1, "\xffhello")),
	socketOf("half a message", "ws-deflate", "ready; ended: malformed", shaken+" frames in=1", switching(usually), frame(0xc1, newPacker(false).pack(messageJSON(1, long)).bytes[:40])),
	socketOf("compressed binary", "ws-deflate", "ready; ended: malformed", shaken+" frames in=1", switching(usually), frame(0xc2, "x")),
	socketOf("compressed parts alone", "ws-deflate", "ready; ended: malformed", shaken, switching(usually), frame(0xc0, "x")),
}

var long = strings.Repeat("what was said, and said again; ", 20)

// packed is a compressed message.
func packed(parts ...any) wire { return frame(0xc1, newPacker(false).pack(parts...)) }

// inParts is a message in three frames, with a ping between them.
func inParts(first byte, message wire) wire {
	b, n := message.bytes, len(message.bytes)/3
	w := cat(frame(first, b[:n]), frame(0, b[n:2*n]), frame(0x89), frame(0x80, b[2*n:]))
	w.Layers = message.Layers
	return w
}

// kept are messages that refer to earlier ones.
func kept(keeps bool) conversation {
	const count = 150
	p := newPacker(keeps)
	all, got := cat(switching(deflates)), "got"
	random := rand.New(rand.NewPCG(1, 2))
	for id := range uint64(count) {
		text := fmt.Sprintf("%d %x %s", id, random.Uint64(), long[:random.IntN(len(long))])
		all = cat(all, frame(0xc1, p.pack(object(id+1, text))))
		got += fmt.Sprintf(" %d=%.20s", id+1, text)
	}
	return socketOf(fmt.Sprint("a window that is kept: ", keeps), "ws-deflate", got+"; ready", fmt.Sprint(shaken, " frames in=", count, noContext), all)
}
