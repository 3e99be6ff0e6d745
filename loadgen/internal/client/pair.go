package client

import (
	"strconv"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// pair is what the transports over plain HTTP have in common: one connection to
// receive over, and another to publish over by POST, as a browser would while
// its first one waits.
type pair struct {
	silent
	receiver receiver
	target   Target
	main     link
	post     link
	text     string // to be published, and not answered yet
	warm     bool   // the connection to publish over has been tried
}

// receiver is what a transport does with the connection that it receives over.
type receiver interface {
	begin(t *Turn) // both connections are there
	received(t *Turn, b []byte) (used int)
	ended(t *Turn, rest []byte, err error)
}

func newPair(t Target) pair {
	return pair{target: t, main: link{line: Main}, post: link{line: Post, once: true}, warm: !t.Publishes}
}

func (p *pair) Open(t *Turn, line Line) {
	if line == Main {
		p.main.opened(t)
		if p.warm {
			p.receiver.begin(t)
		} else {
			t.Open[Post] = true
		}
		return
	}
	p.post.opened(t)
	switch {
	case !p.warm:
		// Servers soon close a connection on which nothing has ever been asked,
		// so one poll goes first.
		b := p.appendGet(t, t.Send[Post], "/messages", p.target.After, "&limit=1")
		t.Send[Post] = append(b, acceptJSON...)
		p.post.ask(t)
	case p.text != "":
		p.send(t)
	}
}

func (p *pair) Receive(t *Turn, line Line, b []byte) (used int) {
	if line == Main {
		return p.receiver.received(t, b)
	}
	r, ok, err := p.post.answer(t, b, false)
	if err != nil {
		p.unposted(t, err)
	}
	if !ok {
		return 0
	}
	p.posted(t, r)
	return r.Size
}

func (p *pair) End(t *Turn, line Line, rest []byte, err error) {
	if line == Main {
		p.receiver.ended(t, rest, err)
		return
	}
	asked := p.post.asked || !p.post.up
	r, ok, _, err := p.post.end(t, rest, err)
	if ok {
		p.posted(t, r)
	} else if asked {
		p.unposted(t, err)
	}
}

// posted takes in the answer to a POST, or to the poll that went before.
func (p *pair) posted(t *Turn, r codec.Response) {
	p.target.Cookies.take(t, r, p.target.TLS)
	switch {
	case p.warm && r.Status == 201:
		p.said(t, nil)
	case p.warm:
		p.said(t, r.Refusal())
	case r.Status != 200:
		t.Ended = r.Refusal()
	default:
		if ds, err := codec.ScanPage(nil, r.Body); err == nil {
			t.Counts.In.Add(codec.MessagesTally(ds, len(r.Body)))
		}
		p.warm = true
		p.receiver.begin(t)
	}
}

// unposted takes in that the connection to publish over is no good any more.
func (p *pair) unposted(t *Turn, err error) {
	switch {
	case !p.warm:
		t.Ended = err
	case p.text != "":
		p.said(t, err)
	}
}

func (p *pair) said(t *Turn, err error) {
	p.text = ""
	t.said(err)
}

// mainEnded takes in that the connection to receive over has ended.
func (p *pair) mainEnded(t *Turn, rest []byte, err error) (r codec.Response, ok, again bool) {
	r, ok, again, err = p.main.end(t, rest, err)
	if !ok && err != errRetired {
		t.Ended = err
	}
	return r, ok, again
}

// acceptJSON ends the header of a request that appendGet has begun.
const acceptJSON = "Accept: application/json\r\n\r\n"

// appendGet begins a request for what follows a cursor; more goes on with its
// query, and the caller with its header.
func (p *pair) appendGet(t *Turn, b []byte, path string, after uint64, more string) []byte {
	from := len(b)
	b = append(b, "GET /api/rooms/"...)
	b = append(b, p.target.Room...)
	b = append(b, path...)
	b = append(b, "?after="...)
	b = strconv.AppendUint(b, after, 10)
	b = append(b, more...)
	b = append(b, " HTTP/1.1\r\n"...)
	return p.target.appendHost(t, b, from)
}

func (p *pair) Publish(t *Turn, text string) {
	p.text = text
	if p.post.ready(t) {
		p.send(t)
	}
}

func (p *pair) send(t *Turn) {
	b := t.Send[Post]
	from := len(b)
	b = append(b, "POST /api/rooms/"...)
	b = append(b, p.target.Room...)
	b = append(b, "/messages HTTP/1.1\r\n"...)
	b = p.target.appendHost(t, b, from)
	b = appendBody(b, "application/json", `{"user":"`, p.target.User, `","text":"`, p.text, `"}`)
	t.Send[Post] = b
	p.post.ask(t)
	t.Counts.Out.Add(codec.Published(p.target.User, p.text))
}

// appendBody ends a POST's header, and goes on with its body.
func appendBody(b []byte, media string, parts ...string) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	b = append(b, "Content-Type: "...)
	b = append(b, media...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(size), 10)
	b = append(b, "\r\n\r\n"...)
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}
