package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// byWS are the transports over the contract's own WebSocket.
var byWS = []string{"ws", "ws-deflate", "ws-batch"}

var webSocket = []Point{
	{Group: "websocket", Name: "the handshake gets 101", Transports: byWS, Needed: true, try: socketOpens},
	{Group: "websocket", Name: "a message reaches everyone in the room", Transports: byWS, Needed: true, try: delivers(bySocket)},
	{Group: "websocket", Name: "each message sent gets one ack", Transports: byWS, Needed: true, try: socketAcks},
	{Group: "websocket", Name: "an ack has the message's id", Transports: byWS, try: socketAckNames},
	{Group: "websocket", Name: "text comes back byte for byte", Transports: byWS, try: keepsText(bySocket)},
	{Group: "websocket", Name: "without after, only new messages come", Transports: byWS, try: fromNow(bySocket)},
	{Group: "websocket", Name: "after returns missed messages, then new ones", Transports: byWS, try: resumes(bySocket)},
	{Group: "websocket", Name: "bad input gets an error, and the socket stays open", Transports: byWS, try: socketRefuses},
	{Group: "websocket", Name: "a message may span several frames", Transports: byWS, try: socketJoins},
	{Group: "websocket", Name: "a ping gets a pong", Transports: byWS, try: socketPongs},
	{Group: "websocket", Name: "a close frame is answered with its code", Transports: byWS, try: socketCloses},
	{Group: "websocket", Name: "a message above 16 KiB closes with 1009", Transports: byWS, try: socketTooBig},
	{Group: "websocket", Name: "a foreign origin gets 403", Transports: byWS, try: socketOrigin},
	{Group: "websocket", Name: "a bad room or cursor gets 400", Transports: byWS, try: socketHandshakeRefused},
}

func socketOpens(v *visit) {
	s := v.socket(v.room(), "?after=0")
	for _, name := range []string{"Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
		if value := s.header.Get(name); value != "" {
			s.fail(name+" "+quote(value), "accept only what was offered")
		}
	}
}

func socketAcks(v *visit) {
	s, acks := v.acked()
	if len(acks) != 3 {
		s.fail(fmt.Sprintf("acks %d of three messages", acks), `answer each message with one {"ack":ID}`)
	}
}

func socketAckNames(v *visit) {
	s, acks := v.acked()
	if got := fmt.Sprint(acks); got != "[1 2 3]" {
		s.fail("acks "+got+" of the room's first three messages", `answer each message with {"ack":ID} and its id`)
	}
}

// acked sends three messages, one after the other, and returns their acks.
func (v *visit) acked() (s *socket, acks []uint64) {
	s = v.socket(v.room(), "?after=0")
	came := 0
	for want := 1; want <= 3; want++ {
		s.tell(loadTexts[0])
		for len(acks) < want || came < want {
			p := s.next()
			if p.ack != 0 {
				acks = append(acks, p.ack)
			} else if _, wrong := parseMessage(p.raw); wrong == "" {
				came++
			}
		}
	}
	return s, acks
}

// badMessages are refused wherever they are sent.
var badMessages = []string{`{"user":"ada","text":""}`, `{"user":"","text":"hello"}`, `{"text":"hello"}`, `{"user":"ada"}`,
	`{"user":"ada","text":"hello","colour":"blue"}`, `{"user":"ada","text":5}`, `{"user":"ada"`, `5`,
	body("ada", strings.Repeat("x", 4097)), body(strings.Repeat("x", 65), "hello")}

func socketRefuses(v *visit) {
	s := v.socket(v.room(), "")
	asked := s.asked
	for _, bad := range badMessages {
		s.asked = asked
		s.text(bad)
		s.asked += ", " + quote(bad)
		p := s.answer()
		if p.refused == nil || p.refused.Status != http.StatusBadRequest || p.refused.Title == "" {
			s.fail(quote(string(p.raw)), `answer {"error":{"status":400,"title":"…"}}`)
		}
	}
	s.asked = asked
	s.say("still here")
}

func socketJoins(v *visit) {
	s := v.socket(v.room(), "?after=0")
	text := strings.Repeat("0123456789", 400) // four frames of the client's buffer
	s.tell(text)
	wants(s, 1, text)
}

func socketPongs(v *visit) {
	s := v.socket(v.room(), "")
	var pongs []string
	s.SetPongHandler(func(data string) error { pongs = append(pongs, data); return nil })
	s.control("a ping", websocket.PingMessage, []byte("are you there"))
	s.say("hello") // its ack comes after the pong, or soon before
	if len(pongs) == 0 {
		s.say("again")
	}
	if fmt.Sprint(pongs) != "[are you there]" {
		s.fail(fmt.Sprintf("pongs %+q to a ping %+q", pongs, "are you there"), "answer a ping with one pong and the same data")
	}
}

func socketCloses(v *visit) {
	s := v.socket(v.room(), "")
	const code = 4321
	s.control("a close frame", websocket.CloseMessage, websocket.FormatCloseMessage(code, "good bye"))
	s.closed(code)
}

func (s *socket) control(what string, kind int, data []byte) {
	deadline, _ := s.v.ctx.Deadline()
	s.v.unbroken(s.about(what), s.WriteControl(kind, data, deadline))
}

func socketTooBig(v *visit) {
	v.socket(v.room(), "").tooBig("a message of 17 KiB", body("ada", strings.Repeat("x", 17<<10)))
}

// tooBig sends what is larger than a message may be.
func (s *socket) tooBig(what, body string) {
	_ = s.WriteMessage(websocket.TextMessage, []byte(body)) // the server may close before it has read all
	s.asked += ", " + what
	s.closed(websocket.CloseMessageTooBig)
}

func socketOrigin(v *visit) {
	room := v.room()
	v.socket(room, "", "Origin", v.base)
	v.refusedSocket(http.StatusForbidden, "answer 403, unless the origin is on an allow list", v.socketPath(room, ""), "Origin", "http://elsewhere.example")
}

func socketHandshakeRefused(v *visit) {
	v.socket(v.room(), "")
	for _, path := range []string{v.socketPath("no%20room", ""), v.socketPath(v.room(), "?after=x"), v.socketPath(v.room(), "?after=-1")} {
		v.refusedSocket(http.StatusBadRequest, "answer 400", path)
	}
}

// refusedSocket wants a handshake refused with a status.
func (v *visit) refusedSocket(status int, remedy, path string, header ...string) {
	err := attempt(func() { v.dial(path, false, header...).fail("101", remedy) })
	fault, ok := err.(*Fault)
	if ok && fault.status == status {
		return
	}
	if ok && fault.status != 0 {
		fault.Remedy = fmt.Sprintf("answer %d", status)
	}
	must(err)
}

var byDeflate = []string{"ws-deflate"}

var deflate = []Point{
	{Group: "deflate", Name: "permessage-deflate is accepted", Transports: byDeflate, Needed: true, try: deflateAgreed},
	{Group: "deflate", Name: "it is accepted without context takeover", Transports: byDeflate, try: func(v *visit) { v.compressedSocket(v.room()) }},
	{Group: "deflate", Name: "messages arrive compressed and intact", Transports: byDeflate, try: deflateDelivers},
	{Group: "deflate", Name: "the size limit applies after inflating: 1009", Transports: byDeflate, try: deflateBomb},
}

// compressedSocket opens a WebSocket with permessage-deflate; the dialer takes it
// without context only.
func (v *visit) compressedSocket(room string) *socket {
	s := v.dial(v.socketPath(room, ""), true)
	if s.header.Get("Sec-Websocket-Extensions") == "" {
		s.absent("permessage-deflate was offered but not accepted")
	}
	return s
}

// deflateAgreed takes any terms, as a load does.
func deflateAgreed(v *visit) {
	err := attempt(func() { v.compressedSocket(v.room()) })
	if fault, ok := err.(*Fault); !ok || !fault.otherTerms {
		must(err)
	}
}

func deflateDelivers(v *visit) {
	room := v.room()
	s, other := v.compressedSocket(room), v.compressedSocket(room)
	text := strings.Repeat("0123456789", 400)
	for range 2 {
		s.tell(text)
	}
	wants(s, 1, text, text)
	before := other.tcp.read.Load()
	wants(other, 1, text, text)
	if n := other.tcp.read.Load() - before; n > int64(len(text)) {
		s.fail(fmt.Sprintf("%d bytes for two messages of %d bytes of digits", n, len(text)), "compress messages for clients that agreed to it")
	}
}

func deflateBomb(v *visit) {
	v.compressedSocket(v.room()).tooBig("1 MiB of spaces, compressed", `{"user":"ada","text":"`+strings.Repeat(" ", 1<<20)+`"}`)
}

var byBatch = []string{"ws-batch"}

var batches = []Point{
	{Group: "batch", Name: "batch=true is answered with Batch-Window", Transports: byBatch, Needed: true, try: func(v *visit) { v.windowedSocket(v.room()) }},
	{Group: "batch", Name: "gathered messages reach everyone in the room", Transports: byBatch, Needed: true, try: delivers(batchSocket)},
	{Group: "batch", Name: "messages within a window go in one frame", Transports: byBatch, try: batchJoins},
	{Group: "batch", Name: "clients that did not ask do not wait", Transports: byBatch, try: batchAsked},
}

// batchSocket is the channel of a WebSocket that asks for batches.
func batchSocket(v *visit, room, after string) talker {
	return v.socket(room, "?after="+after+"&batch=true")
}

// windowedSocket opens a WebSocket that is served in batches.
func (v *visit) windowedSocket(room string) *socket {
	s := v.socket(room, "?after=0&batch=true")
	if s.header.Get("Batch-Window") == "" {
		s.absent("no Batch-Window")
	}
	return s
}

// window says for how long the server gathers.
func (s *socket) window() time.Duration {
	window := s.header.Get("Batch-Window")
	d, err := time.ParseDuration(window)
	if err != nil || d <= 0 {
		s.fail("Batch-Window "+quote(window), "say how long the server gathers: Batch-Window: 50ms")
	}
	return d
}

func batchJoins(v *visit) {
	room := v.room()
	s := v.windowedSocket(room)
	window := s.window()
	s.tell("ready") // who hears that is gathered for
	wants(s, 1, "ready")
	before, speaker := s.frames, v.socket(room, "")
	// One after the other, each seen by one who is not made to wait: where none
	// is gathered, each has gone out in a frame of its own.
	const n = 20
	texts := slices.Repeat([]string{"hello"}, n)
	began := time.Now()
	for i, text := range texts {
		speaker.tell(text)
		wants(speaker, uint64(i)+2, text)
	}
	wants(s, 2, texts...)
	frames := s.frames - before
	if most := int(time.Since(began)/window) + 3; frames > most { // the late ack among them
		s.fail(fmt.Sprintf("%d frames for %d messages within %v, with a window of %v", frames, n, time.Since(began).Round(time.Millisecond), window),
			"put all messages of a window into one frame")
	}
}

func batchAsked(v *visit) {
	room := v.room()
	v.windowedSocket(room).window()
	s := v.socket(room, "")
	if window := s.header.Get("Batch-Window"); window != "" {
		s.fail("Batch-Window "+quote(window), "send Batch-Window, and gather messages, only if batch=true was requested")
	}
}
