package contract

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// byWS are the transports over the contract's own WebSocket.
var byWS = []string{"ws", "ws-deflate", "ws-batch"}

var webSocket = []Point{
	{Group: "websocket", Name: "the handshake gets 101", Transports: byWS, Needed: true, try: socketOpens},
	{Group: "websocket", Name: "a message reaches everyone in the room", Transports: byWS, Needed: true,
		try: func(v *visit) error { return v.socketDelivers("?after=0") }},
	{Group: "websocket", Name: "each message sent gets one ack", Transports: byWS, Needed: true, try: socketAcks},
	{Group: "websocket", Name: "an ack has the message's id", Transports: byWS, try: socketAckNames},
	{Group: "websocket", Name: "text comes back byte for byte", Transports: byWS, try: socketText},
	{Group: "websocket", Name: "without after, only new messages come", Transports: byWS, try: socketFromNow},
	{Group: "websocket", Name: "after returns missed messages, then new ones", Transports: byWS, try: socketResumes},
	{Group: "websocket", Name: "bad input gets an error, and the socket stays open", Transports: byWS, try: socketRefuses},
	{Group: "websocket", Name: "a message may span several frames", Transports: byWS, try: socketJoins},
	{Group: "websocket", Name: "a ping gets a pong", Transports: byWS, try: socketPongs},
	{Group: "websocket", Name: "a close frame is answered with its code", Transports: byWS, try: socketCloses},
	{Group: "websocket", Name: "a message above 16 KiB closes with 1009", Transports: byWS, try: socketTooBig},
	{Group: "websocket", Name: "a foreign origin gets 403", Transports: byWS, try: socketOrigin},
	{Group: "websocket", Name: "a bad room or cursor gets 400", Transports: byWS, try: socketHandshakeRefused},
}

func socketOpens(v *visit) error {
	s := must1(v.socket(v.room(), "?after=0"))
	for _, name := range []string{"Sec-Websocket-Extensions", "Sec-Websocket-Protocol"} {
		if value := s.header.Get(name); value != "" {
			return s.fault(name+" "+quote(value), "accept only what was offered")
		}
	}
	return nil
}

// socketDelivers has one of two sockets speak, and both listen.
func (v *visit) socketDelivers(query string) error {
	room := v.room()
	speaker := must1(v.socket(room, query))
	other := must1(v.socket(room, query))
	for _, text := range loadTexts {
		must(speaker.text(body("ada", text)))
	}
	must(v.wantsGrowing(other, other.asked, room, 0, loadTexts...))
	return v.wantsGrowing(speaker, speaker.asked, room, 0, loadTexts...)
}

func socketText(v *visit) error {
	s := must1(v.socket(v.room(), "?after=0"))
	must(s.text(body("ada", oddText)))
	return s.wants(1, oddText)
}

func socketAcks(v *visit) error {
	s, acks, err := v.acked()
	if err == nil && len(acks) != 3 {
		err = s.fault(fmt.Sprintf("acks %d of three messages", acks), `answer each message with one {"ack":ID}`)
	}
	return err
}

func socketAckNames(v *visit) error {
	s, acks, err := v.acked()
	if got := fmt.Sprint(acks); err == nil && got != "[1 2 3]" {
		err = s.fault("acks "+got+" of the room's first three messages", `answer each message with {"ack":ID} and its id`)
	}
	return err
}

// acked sends three messages, one after the other, and returns their acks.
func (v *visit) acked() (s *socket, acks []uint64, err error) {
	if s, err = v.socket(v.room(), "?after=0"); err != nil {
		return nil, nil, err
	}
	came := 0
	for want := 1; want <= 3; want++ {
		if err := s.text(body("ada", loadTexts[0])); err != nil {
			return nil, nil, err
		}
		for len(acks) < want || came < want {
			p, err := s.next()
			if err != nil {
				return nil, nil, err
			}
			if p.ack != 0 {
				acks = append(acks, p.ack)
			} else if _, wrong := parseMessage(p.raw); wrong == "" {
				came++
			}
		}
	}
	return s, acks, nil
}

func socketFromNow(v *visit) error {
	room := v.room()
	first := must1(v.socket(room, ""))
	must(first.say("one"))
	second := must1(v.socket(room, ""))
	must(first.say("two"))
	return second.wants(2, "two")
}

// say sends a message and waits for its ack.
func (s *socket) say(text string) error {
	if err := s.text(body("ada", text)); err != nil {
		return err
	}
	p, err := s.answer()
	if err == nil && p.refused != nil {
		err = s.fault(quote(string(p.raw))+" for "+quote(text), `answer {"ack":ID}`)
	}
	return err
}

func socketResumes(v *visit) error {
	room := v.room()
	speaker := must1(v.socket(room, ""))
	for _, text := range []string{"one", "two", "three"} {
		must(speaker.say(text))
	}
	s := must1(v.socket(room, "?after=1"))
	must(speaker.say("four"))
	return s.wants(2, "two", "three", "four")
}

// badMessages are refused wherever they are sent.
var badMessages = []string{`{"user":"ada","text":""}`, `{"user":"","text":"hello"}`, `{"text":"hello"}`, `{"user":"ada"}`,
	`{"user":"ada","text":"hello","colour":"blue"}`, `{"user":"ada","text":5}`, `{"user":"ada"`, `5`,
	body("ada", strings.Repeat("x", 4097)), body(strings.Repeat("x", 65), "hello")}

func socketRefuses(v *visit) error {
	s := must1(v.socket(v.room(), ""))
	for _, bad := range badMessages {
		must(s.text(bad))
		p, err := s.answer()
		if fault, ok := err.(*Fault); ok {
			fault.Asked += ", " + quote(bad)
		}
		if err != nil {
			return err
		}
		if p.refused == nil || p.refused.Status != http.StatusBadRequest || p.refused.Title == "" {
			return s.fault(quote(string(p.raw))+" for "+quote(bad), `answer {"error":{"status":400,"title":"…"}}`)
		}
	}
	return s.say("still here")
}

func socketJoins(v *visit) error {
	s := must1(v.socket(v.room(), "?after=0"))
	text := strings.Repeat("0123456789", 400) // four frames of the client's buffer
	must(s.text(body("ada", text)))
	return s.wants(1, text)
}

func socketPongs(v *visit) error {
	s := must1(v.socket(v.room(), ""))
	var pongs []string
	s.SetPongHandler(func(data string) error { pongs = append(pongs, data); return nil })
	deadline, _ := v.ctx.Deadline()
	if err := s.WriteControl(websocket.PingMessage, []byte("are you there"), deadline); err != nil {
		return v.broken(s.asked+", a ping", err)
	}
	if err := s.say("hello"); err != nil { // its ack comes after the pong, or soon before
		return err
	}
	if len(pongs) == 0 {
		must(s.say("again"))
	}
	if fmt.Sprint(pongs) != "[are you there]" {
		return s.fault(fmt.Sprintf("pongs %+q to a ping %+q", pongs, "are you there"), "answer a ping with one pong and the same data")
	}
	return nil
}

func socketCloses(v *visit) error {
	s := must1(v.socket(v.room(), ""))
	deadline, _ := v.ctx.Deadline()
	const code = 4321
	if err := s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "good bye"), deadline); err != nil {
		return v.broken(s.asked+", a close frame", err)
	}
	return s.closed(code)
}

func socketTooBig(v *visit) error {
	s := must1(v.socket(v.room(), ""))
	_ = s.text(body("ada", strings.Repeat("x", 17<<10))) // the server may close before it has read all
	s.asked += ", a message of 17 KiB"
	return s.closed(websocket.CloseMessageTooBig)
}

func socketOrigin(v *visit) error {
	room := v.room()
	must1(v.socket(room, "", "Origin", v.base))
	s, err := v.dial(v.socketPath(room, ""), false, "Origin", "http://elsewhere.example")
	if err == nil {
		return s.fault("101", "answer 403, unless the origin is on an allow list")
	}
	return refusedWith(err, http.StatusForbidden)
}

// refusedWith says that a handshake was refused with a status.
func refusedWith(err error, status int) error {
	refusal, ok := err.(*handshakeRefusal)
	switch {
	case !ok:
		return err
	case refusal.status != status:
		refusal.Remedy = fmt.Sprintf("answer %d", status)
		return &refusal.Fault
	}
	return nil
}

func socketHandshakeRefused(v *visit) error {
	must1(v.socket(v.room(), ""))
	for _, path := range []string{v.socketPath("no%20room", ""), v.socketPath(v.room(), "?after=x"), v.socketPath(v.room(), "?after=-1")} {
		s, err := v.dial(path, false)
		if err == nil {
			return s.fault("101", "answer 400")
		}
		must(refusedWith(err, http.StatusBadRequest))
	}
	return nil
}
