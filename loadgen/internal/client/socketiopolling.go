package client

import (
	"bytes"
	"errors"
	"net/url"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// socketIOPolling receives by Socket.IO over Engine.IO's long polling: a GET
// is out at all times, and its answer holds what has come up by then. What
// the client sends goes by POST, one packet at a time, over the same connection
// between two GETs, and over one more if it publishes. Its session it leaves to
// the server, which forgets it when no GET comes any more.
type socketIOPolling struct {
	silent
	session
	target Target
	lines  [Lines]link
	sid    string // empty before the session is open

	getting bool  // what is out on Main, or waits for a connection there, is a GET
	posting what  // is out, or waits for a connection
	greets  bool  // the namespace is still to be asked for
	pinged  bool  // a ping is still to be answered
	emitted bool  // the text has been posted
	acked   bool  // before its POST was answered
	outcome error // and how
}

// what is posted.
type what byte

const (
	nothing what = iota
	greeting
	pong
	message
)

func newSocketIOPolling(t Target) Client {
	c := &socketIOPolling{session: session{after: t.After}, target: t, lines: [Lines]link{{line: Main, takes: true}, {line: Post, once: true}}}
	c.sends = c.proceed
	return c
}

// poster is the connection that POSTs go over.
func (c *socketIOPolling) poster() *link {
	if c.target.Publishes {
		return &c.lines[Post]
	}
	return &c.lines[Main]
}

func (c *socketIOPolling) Armed() bool { return c.getting && c.lines[Main].asked }

func (c *socketIOPolling) Open(t *Turn, line Line) {
	c.lines[line].opened(t)
	t.Ready = line == Main && c.joined // as before, over another connection
	if line == Main && (c.getting || c.sid == "") {
		c.get(t)
	} else if c.poster().line == line {
		c.sendPost(t)
	}
}

// proceed sends what can be sent now: a packet, if no other one is out, and
// a GET, once the packets that the server waits for have been taken.
func (c *socketIOPolling) proceed(t *Turn) {
	if c.posting == nothing {
		switch {
		case c.greets:
			c.greets, c.posting = false, greeting
		case c.pinged:
			c.pinged, c.posting = false, pong
		case c.text != "" && c.joined && !c.emitted:
			c.emitted, c.posting = true, message
		}
		c.sendPost(t)
	}
	if !c.getting && (c.posting == nothing || c.posting == message) {
		c.get(t)
	}
}

// get asks for what has come up, as soon as it can.
func (c *socketIOPolling) get(t *Turn) {
	c.getting = true
	if c.lines[Main].ready(t) {
		t.Send[Main] = append(c.appendHead(t, t.Send[Main], "GET "), "\r\n"...)
		c.lines[Main].ask(t)
	}
}

// sendPost posts the packet that is to be posted, as soon as it can.
func (c *socketIOPolling) sendPost(t *Turn) {
	l := c.poster()
	if c.posting == nothing || !l.ready(t) {
		return
	}
	packet := "40"
	switch c.posting {
	case pong:
		packet = "3"
	case message:
		packet = string(c.emit(nil, c.target.User))
		t.Counts.Out.Add(codec.Published(c.target.User, c.text))
	}
	b := c.appendHead(t, t.Send[l.line], "POST ")
	t.Send[l.line] = appendBody(b, "text/plain;charset=UTF-8", packet)
	l.ask(t)
}

// appendHead begins a request to the session, or for one.
func (c *socketIOPolling) appendHead(t *Turn, b []byte, method string) []byte {
	from := len(b)
	b = append(b, method...)
	if c.sid == "" {
		b = append(b, c.path(c.target.Room, "polling")...)
	} else {
		b = append(b, "/socket.io/?EIO=4&transport=polling&sid="...)
		b = append(b, c.sid...)
	}
	b = append(b, " HTTP/1.1\r\n"...)
	return c.target.appendHost(t, b, from)
}

func (c *socketIOPolling) Receive(t *Turn, line Line, b []byte) int {
	l := &c.lines[line]
	r, ok, err := l.answer(t, b, false)
	if err != nil && err != errRetired {
		c.broken(t, line, err)
	}
	if !ok {
		return 0
	}
	c.answered(t, line, r)
	return r.Size
}

func (c *socketIOPolling) End(t *Turn, line Line, rest []byte, err error) {
	l := &c.lines[line]
	idle := l.up && !l.asked
	r, ok, again, err := l.end(t, rest, err)
	switch {
	case ok:
		c.answered(t, line, r)
	case again && c.getting: // a POST is not sent again
		c.get(t)
	case !idle || err != errRetired:
		c.broken(t, line, err)
	}
}

// broken takes in that a line is no good any more.
func (c *socketIOPolling) broken(t *Turn, line Line, err error) {
	switch {
	case c.stale(line):
	case line == Post && c.posting == message:
		c.posting = nothing
		c.settle(t, err)
		c.proceed(t)
	default:
		c.over(t, err)
	}
}

// stale reports whether what a line brings is of a session that has ended.
func (c *socketIOPolling) stale(line Line) bool { return line == Post && c.posting == nothing }

// settle ends what is published, which an acknowledgement may have done before
// err came to its POST.
func (c *socketIOPolling) settle(t *Turn, err error) {
	if c.acked {
		err = c.outcome
	}
	c.text, c.emitted, c.acked = "", false, false
	t.said(err)
}

func (c *socketIOPolling) answered(t *Turn, line Line, r codec.Response) {
	c.target.Cookies.take(t, r, c.target.TLS)
	if c.stale(line) {
		return
	}
	get := line == Main && c.getting
	var err error
	switch {
	case r.Status != 200 && (get || c.posting == greeting || c.posting == pong):
		err = c.refused(r)
	case get:
		c.getting = false
		err = c.packets(t, r)
	default:
		c.posted(t, r)
	}
	if err != nil {
		c.over(t, err)
		return
	}
	c.proceed(t)
}

// refused is the error for a GET or a pong that is refused. The session is over
// then, as it is for the official client: asking again would not help.
func (c *socketIOPolling) refused(r codec.Response) error {
	var answer *codec.AnswerError
	if err := r.Refusal(); !c.joined || !errors.As(err, &answer) {
		return err
	}
	return &LastAnswer{answer}
}

func (c *socketIOPolling) posted(t *Turn, r codec.Response) {
	was := c.posting
	c.posting = nothing
	switch {
	case was != message:
	case r.Status != 200:
		c.settle(t, r.Refusal())
	case c.acked:
		c.settle(t, nil)
	}
}

func (c *socketIOPolling) packets(t *Turn, r codec.Response) error {
	if c.sid == "" {
		return c.begin(r.Body)
	}
	news := false
	for rest, more := r.Body, true; more; {
		var b []byte
		b, rest, more = bytes.Cut(rest, codec.Separator)
		p, err := codec.ParsePacket(b)
		if err != nil {
			return err
		}
		if p.Engine == codec.EnginePing {
			c.pinged = true
			continue
		}
		news = news || p.Engine == codec.EngineMessage
		if err := c.take(t, p); err != nil {
			return err
		}
	}
	if !news {
		t.Counts.Empty++
	}
	if len(t.Deliveries) > 0 {
		t.Counts.Head.offer(r)
	}
	if t.Published && c.posting == message {
		c.acked, c.outcome = true, t.NotSaid
		t.Published, t.NotSaid = false, nil
	} else if t.Published {
		c.emitted = false
	}
	return nil
}

// begin takes in the answer that opens a session.
func (c *socketIOPolling) begin(body []byte) error {
	first, rest, more := bytes.Cut(body, codec.Separator)
	sid, err := codec.ParseOpen(first)
	if err == nil && more {
		err = codec.Malformed("more than the Engine.IO handshake", rest)
	}
	c.sid, c.greets = url.QueryEscape(sid), true
	return err
}

func (c *socketIOPolling) over(t *Turn, err error) {
	if c.acked {
		c.settle(t, nil)
	}
	c.finish(t, err)
	c.sid, c.getting, c.posting = "", false, nothing
	c.greets, c.pinged, c.emitted = false, false, false
	c.lines[Post].over = true // its answer, if one is out, is of the session that has ended
}
