package contract

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// byPoll are the transports that receive by GET.
var byPoll = []string{"poll", "poll-etag", "longpoll"}

var polling = []Point{
	{Group: "polling", Name: "a room exists once it is named", Transports: byPoll, try: roomExists},
	{Group: "polling", Name: "after returns newer messages, oldest first", Transports: byPoll, Needed: true, try: func(v *visit) { v.follows("&limit=1000") }},
	{Group: "polling", Name: "an answer is not compressed", Transports: byPost, Needed: true, try: plain},
	{Group: "polling", Name: "an answer has a length or is chunked", Transports: byPost, try: framed},
	{Group: "polling", Name: "limit caps the page, and last continues from it", Transports: byPoll, try: limitCuts},
	{Group: "polling", Name: "limit defaults to 100", Transports: byPoll, Optional: true, try: limitDefaults},
	{Group: "polling", Name: "without after, the newest messages come", Transports: byPoll, try: newestWithout},
	{Group: "polling", Name: "without news, an empty page with the room's last", Transports: byPoll, try: emptyPage},
	{Group: "polling", Name: "unknown parameters are ignored", Transports: byPoll, try: unknownIgnored},
	{Group: "polling", Name: "the connection is kept alive", Transports: byPoll, try: keptAlive},
	{Group: "polling", Name: "HEAD is answered like GET, without the body", Transports: byPoll, Optional: true, try: headAnswered},
}

func roomExists(v *visit) {
	name := v.room() + "_Z-9"
	for _, room := range []string{name, name + strings.Repeat("x", 64-len(name))} {
		p := v.poll(room, "?after=0")
		if p.last != 0 || len(p.messages) > 0 || p.truncated {
			p.fail(quote(string(p.body)), `answer {"messages":[],"last":0} for a new room`)
		}
		p.isMedia("application/json")
	}
}

// follows polls for what is said in a room, in two parts.
func (v *visit) follows(query string) {
	room, other := v.room(), v.room()
	l := &pollListener{v: v, room: room, query: query}
	for _, texts := range [][]string{loadTexts[:1], loadTexts[1:]} {
		v.say(other, "elsewhere")
		v.say(room, texts...)
		wantsGrowing(l, room, l.last, texts...)
	}
}

// pollListener polls until there is something.
type pollListener struct {
	page  // whose messages are still to be taken
	v     *visit
	room  string
	query string // beside the cursor
}

func (l *pollListener) message() message {
	if len(l.messages) == 0 {
		l.page = l.v.poll(l.room, fmt.Sprintf("?after=%d%s", l.last, l.query))
		if len(l.messages) == 0 {
			l.fail("no message", "return the messages after the cursor")
		}
		l.last = l.messages[len(l.messages)-1].ID
	}
	m := l.messages[0]
	l.messages = l.messages[1:]
	return m
}

func plain(v *visit) {
	p := v.poll(v.room(), "?after=0")
	if encoding := p.header.Get("Content-Encoding"); encoding != "" {
		p.fail("Content-Encoding "+quote(encoding), "do not compress unless asked to")
	}
}

func framed(v *visit) {
	p := v.poll(v.room(), "?after=0")
	if !p.framed {
		p.fail("neither Content-Length nor chunks", "send a Content-Length, or chunks")
	}
}

func (p page) isLast(want uint64) {
	if p.last != want || p.truncated {
		p.fail(fmt.Sprintf("last %d, truncated %v", p.last, p.truncated),
			fmt.Sprintf("answer with last %d: the page's last message, or the room's if the page is empty", want))
	}
}

func limitCuts(v *visit) {
	room := v.room()
	v.say(room, "one", "two", "three")
	p := v.poll(room, "?after=0&limit=2")
	p.isTexts(1, "one", "two")
	p.isLast(2)
}

func limitDefaults(v *visit) {
	room := v.room()
	v.say(room, slices.Repeat([]string{"hello"}, 101)...)
	p := v.poll(room, "?after=0")
	if p.truncated {
		p.absent("history is shorter than 101 messages")
	}
	if n := len(p.messages); n != 100 || p.messages[0].ID != 1 {
		p.fail(fmt.Sprintf("%d of 101 messages", n), "answer with the first 100 if no limit is given")
	}
}

func newestWithout(v *visit) {
	room := v.room()
	v.say(room, "one", "two", "three")
	p := v.poll(room, "?limit=2")
	p.isTexts(2, "two", "three")
	p.isLast(3)
}

func emptyPage(v *visit) {
	room := v.room()
	v.say(room, "one", "two")
	for _, query := range []string{"?after=2", "?after=1000000"} { // the second cursor is ahead of the room
		p := v.poll(room, query)
		p.isTexts(1)
		p.isLast(2)
	}
}

func unknownIgnored(v *visit) {
	room := v.room()
	v.say(room, "one")
	v.poll(room, "?after=0&colour=blue").isTexts(1, "one")
}

func keptAlive(v *visit) {
	own := visit{check: newCheck(v.ctx, v.base, v.roots), ctx: v.ctx} // whose connections nobody else takes
	defer own.client.CloseIdleConnections()
	room := v.room()
	own.poll(room, "?after=0")
	if p := own.poll(room, "?after=0"); !p.reused {
		p.about("twice").fail("a connection closed after the first", "keep connections alive (HTTP/1.1, Content-Length or chunks)")
	}
}

func headAnswered(v *visit) {
	a := v.head(v.messages(v.room(), "?after=0"))
	a.offered()
	a.is(http.StatusOK)
	a.isMedia("application/json")
	if len(a.body) > 0 {
		a.fail("bytes after the header: "+quote(string(a.body)), "answer HEAD with the header only: the next answer begins right after it")
	}
}

// head asks HEAD on a connection of its own. Into the answer's body it reads the
// beginning of what follows the header and is no answer to the next question: a
// client of HTTP would not show it.
func (v *visit) head(path string) *answer {
	q := asked(http.MethodHead, path, "", nil)
	c, err := v.connect()
	v.unbroken(q, err)
	defer c.Close()
	r := bufio.NewReader(c)
	request, err := v.raw(c, http.MethodHead, path)
	v.unbroken(q, err)
	got, err := http.ReadResponse(r, request)
	v.unbroken(q, err)
	if !got.Close {
		_, _ = v.raw(c, http.MethodGet, path) // fails where the server has closed all the same
	}
	a := &answer{question: q, status: got.StatusCode, header: got.Header}
	const next = "HTTP/"
	first, _ := r.Peek(len(next))
	if got.Close || string(first) != next {
		a.body, _ = r.Peek(r.Buffered())
	}
	return a
}

// connect opens a connection to the server, for as long as the point may take.
func (v *visit) connect() (net.Conn, error) {
	u, err := url.Parse(v.base)
	if err != nil {
		return nil, err
	}
	c, err := dialBounded(v.ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	deadline, _ := v.ctx.Deadline()
	_ = c.SetDeadline(deadline)
	if u.Scheme == "https" {
		c = tls.Client(c, &tls.Config{RootCAs: v.roots, ServerName: u.Hostname()})
	}
	return c, nil
}

// raw asks on a connection. It asks HTTP/1.1 to close it after a GET.
func (v *visit) raw(c net.Conn, method, path string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(v.ctx, method, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	for _, cookie := range v.jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	request.Close = method == http.MethodGet
	return request, request.Write(c)
}
