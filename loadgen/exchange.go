package loadgen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

// errRetired says that a connection ended between two requests: its server
// closed it while it was idle, or had announced that it would. Nothing is
// broken off, and the next request goes over a new connection.
var errRetired = fmt.Errorf("the connection was closed between two requests: %w", errEnded)

// crossing bounds how long a request and the close of an idle connection can
// cross on their way. A request that is older had reached its server.
const crossing = 250 * time.Millisecond

// send writes a rendered request, with the client's cookies, and counts it, or
// returns errRetired and does neither.
func (c *Conn) send(request []byte) error {
	c.sent = clock.Now()
	c.asked.Store(true)
	if c.over.Load() && c.asked.Swap(false) { // in this order: see unanswered
		return errRetired
	}
	c.meter.requests.Add(1)
	return c.Write(c.cookies.into(request))
}

// answer waits for the response to the request sent before, or yet to be sent,
// and counts it. The response holds until its size has been consumed and the
// next one is asked for. The error is errRetired if the connection ends before
// the request has reached the server.
func (c *Conn) answer() (response, error) {
	if c.over.Load() && (c.last || !c.asked.Load()) {
		return response{}, c.unanswered(io.EOF) // errRetired
	}
	for end := error(nil); ; {
		r, ok, err := parseResponse(c.Bytes(), end == io.EOF)
		switch {
		case ok && c.asked.Load():
			c.answered(r)
			return r, nil
		case ok && r.last: // such as 408, for a connection that was idle for long
			return r, c.unanswered(io.EOF)
		case ok:
			err = malformed("an answer without a request", r.first)
		case err == nil && end != nil:
			err = end
		case err == nil:
			if r.open {
				c.over.Store(true)
			}
			if end = c.Fill(); end == nil || end == io.EOF {
				continue // the end may make the answer whole
			}
			err = end
		}
		return r, c.unanswered(err)
	}
}

// exchange sends a request, which holds of the chat what the tally says, and waits
// for an answer of a status. Its body holds until the next Fill.
func (c *Conn) exchange(request []byte, holds tally, status int) (response, error) {
	if err := c.send(request); err != nil {
		return response{}, err
	}
	c.meter.out.add(holds)
	r, err := c.answer()
	if err != nil {
		return r, err
	}
	c.Consume(r.size)
	if r.status != status {
		return r, r.refusal()
	}
	return r, nil
}

// answerHead waits for the response to a request whose answer does not end,
// and counts it. Where its status is 200, the response is without its body,
// which is framed as f says; other responses are whole.
func (c *Conn) answerHead() (r response, f framing, err error) {
	for {
		r, f, ok, err := parseHead(c.Bytes())
		switch {
		case ok && r.status == 200:
			c.answered(r)
			c.stream = true
			c.over.Store(r.open) // whatever it says of its connection: it goes on until the stream ends
			return r, f, nil
		case ok:
			r, err = c.answer()
			return r, f, err
		}
		if err == nil {
			err = c.Fill()
		}
		if err != nil {
			return r, f, c.unanswered(err)
		}
	}
}

// answered counts a response. What a 200 holds its reader counts.
func (c *Conn) answered(r response) {
	c.asked.Store(false)
	c.reused = true
	if c.last = r.last; r.last {
		c.over.Store(true)
	}
	c.meter.byStatus[r.status].Add(1)
	if r.sets && c.cookies != nil {
		c.cookies.take(r, c.tls != nil)
	}
	if r.status != 200 {
		c.meter.in.add(objectTally(r.body))
	}
}

// unanswered gives up the answer that is out, for err, and returns that, or
// errRetired. A request that another goroutine sends meanwhile is either
// counted here, or not sent.
func (c *Conn) unanswered(err error) error {
	if c.retires(err) {
		err = errRetired
	}
	c.over.Store(true)
	if c.asked.Swap(false) {
		c.meter.unanswered.Add(1)
	}
	return err
}

// retires reports whether nothing is broken off by a connection that ends with
// err.
func (c *Conn) retires(err error) bool {
	gone := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case c.over.Load() && (c.stream || c.asked.Load()): // the end of what lasts until the connection's end
		return err == io.EOF
	case c.stream || !gone:
		return false
	case !c.asked.Load():
		return true
	}
	return !c.once && c.reused && len(c.Bytes()) == 0 && clock.Now()-c.sent < int64(crossing)
}

// httpPair is what the transports over plain HTTP have in common: one
// connection to receive over, and another to publish over by POST, as a
// browser would while its first one waits.
type httpPair struct {
	target Target
	host   string
	conn   *Conn

	guard  sync.Mutex // over conn, but for the goroutine that receives, and what follows
	post   *Conn
	ctx    context.Context    // nil before somebody needs it
	stop   context.CancelFunc // ends it
	closed bool
}

// open connects.
func (p *httpPair) open(ctx context.Context, t Target) (err error) {
	p.target = t
	if p.conn, p.host, err = t.dial(ctx); err != nil {
		return err
	}
	if t.Publishes {
		if err := p.openPost(ctx); err != nil {
			p.Close()
			return err
		}
	}
	return nil
}

// openPost opens the connection to publish over. Servers soon close one on
// which nothing has ever been asked, so one poll goes first.
func (p *httpPair) openPost(ctx context.Context) (err error) {
	if p.post, _, err = p.target.dial(ctx); err != nil {
		return err
	}
	post := p.post
	defer context.AfterFunc(ctx, func() { post.Close() })()
	request := p.appendGet(nil, "/messages", p.target.After, "&limit=1")
	r, err := post.exchange(append(request, acceptJSON...), tally{}, 200)
	if err != nil {
		return err
	}
	if ds, err := scanPage(nil, r.body); err == nil {
		post.meter.in.add(messagesTally(ds, len(r.body)))
	}
	return nil
}

// acceptJSON ends the header of a request that appendGet has begun.
const acceptJSON = "Accept: application/json\r\n\r\n"

// appendGet begins a request for what follows a cursor; more goes on with its
// query, and the caller with its header.
func (p *httpPair) appendGet(b []byte, path string, after uint64, more string) []byte {
	b = append(b, "GET /api/rooms/"...)
	b = append(b, p.target.Room...)
	b = append(b, path...)
	b = append(b, "?after="...)
	b = strconv.AppendUint(b, after, 10)
	b = append(b, more...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, p.host...)
	return append(b, "\r\nUser-Agent: pollpush\r\n"...)
}

func (p *httpPair) Publish(text string) error {
	request := p.renderPost("/api/rooms/"+p.target.Room+"/messages", "application/json", `{"user":"`+p.target.User+`","text":"`+text+`"}`)
	conn, err := p.usable(&p.post)
	if err != nil {
		return err
	}
	conn.once = true
	_, err = conn.exchange(request, published(p.target.User, text), 201)
	return err
}

func (p *httpPair) renderPost(path, media, body string) []byte {
	return fmt.Appendf(make([]byte, 0, len(path)+len(body)+256), "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, p.host, media, len(body), body)
}

// usable returns the connection at which, or puts a new one there if its server
// has ended it, or said that it will.
func (p *httpPair) usable(at **Conn) (*Conn, error) {
	last := *at
	if last != nil && !last.over.Load() && last.alive() {
		return last, nil
	}
	conn, err := p.replace(at)
	if err == nil && last != nil {
		conn.meter.reconnects.Add(1)
	}
	return conn, err
}

// life ends with Close.
func (p *httpPair) life() context.Context {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.ctx == nil {
		p.ctx, p.stop = context.WithCancel(context.Background())
		if p.closed {
			p.stop()
		}
	}
	return p.ctx
}

// replace puts a new connection at which.
func (p *httpPair) replace(at **Conn) (*Conn, error) {
	ctx, cancel := context.WithTimeout(p.life(), dialTimeout)
	defer cancel()
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.closed {
		return nil, errUnsent
	}
	if *at != nil {
		(*at).Close()
	}
	p.guard.Unlock()
	conn, _, err := p.target.dial(ctx)
	p.guard.Lock()
	if p.closed {
		if err == nil {
			conn.Close()
		}
		return nil, errUnsent
	}
	if err != nil {
		return nil, err
	}
	*at = conn
	return conn, nil
}

// Suspend drops the connection that receives, and leaves the one that publishes.
func (p *httpPair) Suspend() { p.conn.Close() }

// reopen replaces the connection that receives.
func (p *httpPair) reopen() error {
	_, err := p.replace(&p.conn)
	return err
}

func (p *httpPair) Close() error {
	p.guard.Lock()
	defer p.guard.Unlock()
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	if p.post != nil {
		p.post.Close()
	}
	return p.conn.Close()
}

// answerHead keeps what the lines of one answer's head take.
type answerHead struct {
	wanted atomic.Bool
	lines  map[string]int64 // of who took wanted back; to be read when nothing runs any more
}

// offer records a poll's answer with news, if one is wanted.
func (h *answerHead) offer(r response) {
	if h.wanted.Load() && h.wanted.CompareAndSwap(true, false) {
		h.lines = r.lines()
	}
}

// lines is how many bytes each line of the head takes, its end included, by
// the header's canonical name; the status line has the name "". All of them and
// the empty line at its end make up the head.
func (r response) lines() map[string]int64 {
	const end = len("\r\n")
	sizes := map[string]int64{"": int64(len(r.first) + end)}
	for line := range bytes.SplitSeq(r.fields, crlf) {
		field, _, found := cutField(line)
		if !found {
			break // there are no fields: parseHead refuses others
		}
		name := textproto.CanonicalMIMEHeaderKey(string(field))
		if _, known := sizes[name]; !result.IsHeaderName(name) || !known && len(sizes) >= result.MaxAnswerHeaders {
			name = result.OtherHeaders
		}
		sizes[name] += int64(len(line) + end)
	}
	return sizes
}
