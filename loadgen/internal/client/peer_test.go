package client

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// wire is bytes from a server, and what of them are text and envelope.
type wire struct {
	bytes string
	Layers
}

// cat puts wires, and strings of protocol, one behind the other.
func cat(parts ...any) (all wire) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			all.bytes += p
		case wire:
			all.bytes += p.bytes
			all.Add(p.Tally)
			all.Compression += p.Compression
		default:
			panic(fmt.Sprintf("%T is on no wire", p))
		}
	}
	return all
}

// envelope is JSON without a text.
func envelope(json string) wire {
	w := wire{bytes: json}
	w.Envelope = int64(len(json))
	return w
}

// messageJSON is a message as servers send it.
func messageJSON(id uint64, text string) string {
	return fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":"%s","at":1763850000123}`, id, text)
}

func object(id uint64, text string) wire {
	w := envelope(messageJSON(id, text))
	w.Text = int64(len(text))
	w.Envelope -= w.Text
	return w
}

func numbered(id uint64) wire { return object(id, fmt.Sprint("text ", id)) }

func page(ids ...uint64) wire {
	w, last := envelope(`{"messages": [`), uint64(0)
	for i, id := range ids {
		if i > 0 {
			w = cat(w, envelope(", "))
		}
		w, last = cat(w, numbered(id)), id
	}
	return cat(w, envelope(fmt.Sprintf("],\"last\":%d}\n", last)))
}

// answer is a response; further fields go with the status, behind line ends.
func answer(status string, parts ...any) wire {
	body := cat(parts...)
	return cat(fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status, len(body.bytes)), body)
}

// chunked frames a body in chunks of n bytes, but for the last one.
func chunked(n int, parts ...any) wire {
	w := cat(parts...)
	var b strings.Builder
	for piece := range slices.Chunk([]byte(w.bytes), n) {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
	}
	w.bytes = b.String()
	return w
}

// frame is a WebSocket frame as servers send it.
func frame(first byte, parts ...any) wire {
	payload := cat(parts...)
	head := []byte{first}
	switch n := len(payload.bytes); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return cat(string(head), payload)
}

// packer compresses messages as a server does, which keeps its window or not.
type packer struct {
	out   bytes.Buffer
	flate *flate.Writer
	keeps bool
}

func newPacker(keeps bool) *packer {
	p := &packer{keeps: keeps}
	p.flate, _ = flate.NewWriter(&p.out, flate.BestCompression) // fails for unknown levels only
	return p
}

func (p *packer) pack(parts ...any) wire {
	w := cat(parts...)
	p.out.Reset()
	if !p.keeps {
		p.flate.Reset(&p.out)
	}
	io.WriteString(p.flate, w.bytes)
	p.flate.Flush()
	packed := strings.TrimSuffix(p.out.String(), "\x00\x00\xff\xff")
	w.Compression = int64(len(packed) - len(w.bytes))
	w.bytes = packed
	return w
}

// acceptPlace stands for a Sec-WebSocket-Accept, and is as long.
const acceptPlace = "<28 bytes, by the nonce, go>"

// switching accepts a handshake; further fields go behind a line end.
func switching(fields string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + acceptPlace + fields + "\r\n\r\n"
}

// peer is all that a client has to do with, in memory: the loop that carries out
// its turns, the clock, and the server. It gives what comes in pieces.
type peer struct {
	t      testing.TB
	client Client
	turn   Turn
	counts Counts
	cut    int // where what comes is cut: everywhere if negative
	heard  int
	all    []byte // of what came
	in     Layers // of what has come
	out    Layers // of what was sent
	key    string // of the last handshake

	up               [Lines]bool
	rest             [Lines][]byte
	need             [Lines]int
	wake             int64 // when the client wants to be woken
	over             bool  // Ended, and not connected again
	began            bool  // has been ready
	polls, publishes int   // that have no outcome yet

	sent [Lines][]byte // in this step
	got  []string      // in this step
	did  [7]string     // in this step, by kind
}

func newPeer(t testing.TB, transport string, target Target, tools *Tools, cut int) *peer {
	target.Host, target.Room, target.User = "chat:1", "lobby", "ada"
	if target.Cookies != nil {
		target.Cookies = new(Cookies)
	}
	p := &peer{t: t, client: New(transport, target), cut: cut}
	p.turn = Turn{Counts: &p.counts, Tools: tools, Now: int64(time.Hour)}
	return p
}

// step lets the client take one turn, and carries it out.
func (p *peer) step(f func(t *Turn)) {
	t := &p.turn
	t.Reset(t.Now)
	f(t)
	for line := range Lines {
		assert.Assert(p.t, len(t.Send[line]) == 0 || p.up[line] && !t.Open[line], "%.80q was sent where no connection is", t.Send[line])
		p.sent[line] = append(p.sent[line], t.Send[line]...)
		if t.Open[line] {
			p.hangUp(line)
			p.did[line] = [Lines]string{"dials main", "dials post"}[line]
		}
	}
	assert.Assert(p.t, len(t.Deliveries) == 0 || !p.over, "delivered after the end")
	for _, d := range t.Deliveries {
		id := fmt.Sprint(d.ID)
		if string(d.Text) != "text "+id {
			id += fmt.Sprintf("=%.20s", d.Text)
		}
		if string(d.JSON) != messageJSON(d.ID, string(d.Text)) {
			id += fmt.Sprintf(" in %.80s", d.JSON)
		}
		p.got = append(p.got, id)
	}
	if t.Ready {
		if p.began {
			p.counts.Reconnects++
		}
		p.did[2], p.began = "ready", true
	}
	if t.Published {
		assert.Assert(p.t, p.publishes > 0, "an outcome of nothing that was to be published: %v", t.NotSaid)
		p.publishes--
		if p.did[3] = "published"; t.NotSaid != nil {
			p.did[3] = "unpublished: " + kind(t.NotSaid)
		}
	}
	if t.Answered {
		assert.Assert(p.t, p.polls > 0, "an answer to no poll")
		p.polls--
		p.did[4] = "answered"
	}
	if t.Refused != nil {
		p.did[5] = "refused: " + kind(t.Refused)
	}
	if t.Awake != 0 {
		p.wake = t.Awake
	}
	if t.Ended != nil {
		p.over, p.polls, p.wake = true, 0, 0
		p.did[6] = "ended: " + kind(t.Ended)
		p.hangUp(Main)
		if !p.began { // that is the end of it
			p.hangUp(Post)
			p.did[Post] = ""
		}
	}
}

func (p *peer) hangUp(line Line) { p.up[line], p.rest[line], p.need[line] = false, nil, 0 }

// kind is an error, in short where there is a word for it.
func kind(err error) string {
	var refused *codec.AnswerError
	var last *LastAnswer
	switch {
	case errors.As(err, &last):
		return fmt.Sprintf("for good by %d %s", last.Answer.Status, last.Answer.Text)
	case errors.As(err, &refused):
		return strings.TrimSpace(fmt.Sprint(refused.Status, " ", refused.Text))
	case errors.Is(err, codec.ErrMalformed):
		return "malformed"
	case errors.Is(err, codec.ErrEnded):
		return "planned"
	case errors.Is(err, io.EOF):
		return "broken off"
	}
	return err.Error()
}

func (p *peer) connect(line Line) {
	p.hangUp(line)
	p.up[line] = true
	p.over = p.over && line != Main
	p.step(func(t *Turn) { p.client.Open(t, line) })
}

// hear brings bytes of the server, in pieces.
func (p *peer) hear(line Line, b []byte) {
	p.all = append(p.all, b...)
	for len(b) > 0 && p.up[line] {
		n := len(b)
		if p.cut < 0 {
			n = 1
		} else if at := p.cut - p.heard; at > 0 && at < n {
			n = at
		}
		p.receive(line, b[:n])
		b, p.heard = b[n:], p.heard+n
	}
}

// receive does with a piece what the loop does: what the client leaves is moved
// to other memory, and what it has seen is overwritten.
func (p *peer) receive(line Line, piece []byte) {
	b := append(p.rest[line], piece...)
	if p.rest[line] = b; len(b) < p.need[line] {
		return
	}
	used := 0
	p.step(func(t *Turn) {
		used = p.client.Receive(t, line, b)
		p.need[line] = t.Need
	})
	assert.Assert(p.t, used >= 0 && used <= len(b), "%d of %d bytes were used", used, len(b))
	rest := bytes.Clone(b[used:])
	for i := range b {
		b[i] = '?'
	}
	if p.up[line] {
		p.rest[line] = rest
	}
}

func (p *peer) end(line Line, err error) {
	rest := p.rest[line]
	p.hangUp(line)
	p.step(func(t *Turn) { p.client.End(t, line, rest, err) })
}

func (p *peer) publish(text string) {
	p.publishes++
	p.step(func(t *Turn) { p.client.Publish(t, text) })
}

func (p *peer) poll() {
	p.polls++
	p.step(p.client.(Poller).Poll)
}

// reaction is what the client has done since the last one.
func (p *peer) reaction() string {
	var all []string
	for line, b := range p.sent {
		for len(b) > 0 {
			var one string
			one, b = p.next(b)
			all = append(all, [Lines]string{"> ", "post> "}[line]+one)
		}
		p.sent[line] = nil
	}
	if len(p.got) > 0 {
		all = append(all, "got "+strings.Join(p.got, " "))
	}
	all = append(all, p.did[:]...)
	p.got, p.did = nil, [7]string{}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
}

// publishing is what publishes a text, whatever it goes by.
var publishing = regexp.MustCompile(`\{"user":"ada","text":"([^"]*)"\}`)

// usual are lines of requests that all of a kind have.
var usual = []string{
	"Host: chat:1", "User-Agent: pollpush", "Accept: application/json", "Accept: text/event-stream", "Connection: Upgrade", "Upgrade: websocket",
	"Sec-WebSocket-Version: 13", "Content-Type: application/json", "Content-Type: text/plain;charset=UTF-8", "Sec-WebSocket-Extensions: " + codec.DeflateOffer,
}

// next is the first request or frame of what was sent.
func (p *peer) next(b []byte) (one string, rest []byte) {
	if b[0] < 0x80 {
		head, rest, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		lines := strings.Split(string(head), "\r\n")
		one = strings.TrimSuffix(lines[0], " HTTP/1.1")
		length := 0
		for _, line := range lines[1:] {
			if key, ok := strings.CutPrefix(line, "Sec-WebSocket-Key: "); ok {
				p.key = key
			} else if n, _ := fmt.Sscanf(line, "Content-Length: %d", &length); n == 0 && !slices.Contains(usual, line) {
				one += " " + line
			}
		}
		p.outgoing(string(rest[:length]))
		return strings.TrimSpace(one + " " + string(rest[:length])), rest[length:]
	}
	n, at := int(b[1]&0x7f), 2
	switch n {
	case 126:
		n, at = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		n, at = int(binary.BigEndian.Uint64(b[2:])), 10
	}
	payload := bytes.Clone(b[at+4 : at+4+n])
	for i := range payload {
		payload[i] ^= b[at+i&3]
	}
	switch b[0] {
	case 0x80 | codec.OpPong:
		one = "pong "
	case 0x80 | codec.OpClose:
		one = "close "
	case 0x80 | codec.OpText | codec.RSV1:
		packed := len(payload)
		r := flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
		var err error
		payload, err = io.ReadAll(r)
		assert.Assert(p.t, err)
		p.out.Compression += int64(packed - len(payload))
		one = "packed "
	}
	p.outgoing(string(payload))
	return one + string(payload), b[at+4+n:]
}

// outgoing counts the text and envelope of what was sent.
func (p *peer) outgoing(content string) {
	for _, m := range publishing.FindAllStringSubmatch(content, -1) {
		p.out.Add(codec.Tally{Text: int64(len(m[1])), Envelope: int64(len(m[0]) - len(m[1]))})
	}
}

// counted are the counts that are not zero.
func (p *peer) counted() string {
	c, s := &p.counts, ""
	add := func(name string, n int64) {
		if n != 0 {
			s += fmt.Sprintf(" %s=%d", name, n)
		}
	}
	add("requests", c.Requests)
	for status, n := range c.ByStatus {
		if n != 0 {
			add(fmt.Sprint(status), n)
		}
	}
	add("unanswered", c.Unanswered)
	add("empty", c.Empty)
	add("lost", c.Lost)
	add("reconnects", c.Reconnects)
	add("frames in", c.FramesIn)
	add("out", c.FramesOut)
	if c.Deflate != "" {
		s += " by " + c.Deflate
	}
	return strings.TrimSpace(s)
}
