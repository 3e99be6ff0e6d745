package loadgen

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/transport"
)

// pageLimit asks for the largest page that the contract offers.
const pageLimit = "&limit=1000"

// maxETag bounds what a server can make a client send with every poll.
const maxETag = 256

// errNoETag is about a server whose answers could never be 304: polling it this
// way would be plain polling by another name.
var errNoETag = fmt.Errorf("%w: no ETag", errMalformed)

// pager asks for the page after its cursor. By ETag it tells the server what it
// has got, so that an answer without news needs no body.
type pager struct {
	httpPair
	query   string // after the cursor
	byETag  bool
	may304  bool   // no news may come as 304
	etag    []byte // of the last 200, as the server wrote it
	after   uint64
	request []byte // rendered for the cursor
	spare   []byte // the one before, which may still be on its way out
	got     []Delivery
}

// pollClient polls when it is asked to.
type pollClient struct{ pager }

// DialPoll opens a client that polls with GET ?after= and publishes with POST.
func DialPoll(ctx context.Context, t Target) (Client, error) { return dialPoll(ctx, t, false) }

// DialPollETag opens a client that polls with GET ?after= and If-None-Match,
// and publishes with POST.
func DialPollETag(ctx context.Context, t Target) (Client, error) { return dialPoll(ctx, t, true) }

func dialPoll(ctx context.Context, t Target, byETag bool) (Client, error) {
	c := &pollClient{pager{query: pageLimit, byETag: byETag, after: t.After}}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	c.render()
	return c, nil
}

// render makes the request for what follows the cursor.
func (c *pager) render() {
	b := c.appendGet(c.spare[:0], "/messages", c.after, c.query)
	if len(c.etag) > 0 {
		b = append(b, "If-None-Match: "...)
		b = append(b, c.etag...)
		b = append(b, "\r\n"...)
	}
	c.request, c.spare = append(b, acceptJSON...), c.request
}

func (c *pager) Resume(context.Context, uint64) error { return c.reopen() }

func (c *pollClient) Poll() error { return c.conn.send(c.request) }

func (c *pollClient) Receive() ([]Delivery, error) {
	r, err := c.conn.answer()
	if err != nil {
		return nil, err
	}
	return c.take(r)
}

// take takes in the answer to a poll.
func (c *pager) take(r response) ([]Delivery, error) {
	c.conn.Consume(r.size) // the body holds until the next Fill
	switch {
	case r.status == 304 && c.may304:
		c.conn.meter.empty.Add(1)
		return nil, nil
	case r.status != 200:
		return nil, r.refusal()
	}
	var etag []byte
	var err error
	if c.byETag {
		if etag, err = c.tagOf(r); err != nil {
			return nil, err
		}
	}
	if c.got, err = c.conn.page(c.got[:0], r); err != nil {
		return nil, err
	}
	if len(c.got) > 0 {
		c.after = c.got[len(c.got)-1].ID
	}
	if c.byETag {
		c.etag = append(c.etag[:0], etag...)
		c.may304 = len(etag) > 0
	}
	if c.byETag || len(c.got) > 0 {
		c.render()
	}
	return c.got, nil
}

// tagOf is the ETag of a page, which may only be missing where an earlier one
// had one.
func (c *pager) tagOf(r response) ([]byte, error) {
	etag := r.field("etag")
	if etag == nil && len(c.etag) == 0 {
		return nil, errNoETag
	}
	if etag != nil && !isETag(etag) {
		return nil, malformed("an ETag that cannot be sent back", etag)
	}
	return etag, nil
}

// isETag reports whether b is an entity tag (RFC 9110, 8.8.3) of a length
// that is sent back.
func isETag(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("W/"))
	if len(b) < 2 || len(b) > maxETag || b[0] != '"' || b[len(b)-1] != '"' {
		return false
	}
	return !bytes.ContainsFunc(b[1:len(b)-1], func(c rune) bool { return c <= ' ' || c == '"' || c == 0x7f })
}

// page takes in an answer with a page, whose messages it puts into the empty ds,
// and counts one that has none.
func (c *Conn) page(ds []Delivery, r response) ([]Delivery, error) {
	ds, err := scanPage(ds, r.body)
	if err != nil {
		return ds, err
	}
	c.meter.in.add(messagesTally(ds, len(r.body)))
	if len(ds) == 0 {
		c.meter.empty.Add(1)
	} else {
		c.meter.head.offer(r)
	}
	return ds, nil
}

// scanPage appends a page's messages to ds.
func scanPage(ds []Delivery, body []byte) ([]Delivery, error) {
	var page object
	if err := scanObject(body, &page); err != nil {
		return ds, err
	}
	if page.messages == nil {
		return ds, malformed("no messages", body)
	}
	return scanMessages(ds, page.messages)
}

// leastWait is the shortest wait that the contract knows: a server that has no
// news, and says so sooner, does not wait.
const leastWait = time.Second

// A target that refuses, or does not wait, is kept off for longer each time,
// and for as long as it says.
const (
	firstBackoff  = 250 * time.Millisecond
	lastBackoff   = 8 * time.Second
	maxRetryAfter = time.Minute
)

// longPollClient asks again as soon as it has an answer, which comes when
// there is news.
type longPollClient struct {
	pager
	armed      atomic.Bool
	backoff    time.Duration // 0 after a good answer
	retryAfter time.Duration
}

// DialLongPoll opens a client that asks with GET ?after=&wait= and publishes
// with POST. Its first request is out by then; what becomes of it, Receive
// will tell.
func DialLongPoll(ctx context.Context, t Target) (Client, error) {
	wait := cmp.Or(t.Wait, transport.LongPollWait).Seconds()
	c := &longPollClient{pager: pager{query: fmt.Sprintf("%s&wait=%gs", pageLimit, wait), may304: true, after: t.After}}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	c.render()
	if err := c.ask(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Armed is true from when a request has been written to when its answer has
// been read.
func (c *longPollClient) Armed() bool { return c.armed.Load() }

func (c *longPollClient) ask() error {
	conn, err := c.usable(&c.conn)
	if err != nil {
		return err
	}
	if err := conn.send(c.request); err != nil {
		return err
	}
	c.armed.Store(true)
	return nil
}

func (c *longPollClient) Receive() ([]Delivery, error) {
	if !c.armed.Load() {
		// Between half the backoff and all of it, so that clients do not come
		// back all at once, and that on top of what the server asks for.
		if c.backoff > 0 && !pause(c.life(), c.retryAfter+c.backoff/2+rand.N(c.backoff/2)) {
			return nil, errClosed
		}
		if err := c.ask(); err != nil {
			return nil, err
		}
	}
	r, err := c.conn.answer()
	if errors.Is(err, errRetired) { // the request met the close of an idle connection
		if err = c.ask(); err == nil {
			r, err = c.conn.answer()
		}
	}
	c.armed.Store(false)
	if err != nil {
		return nil, err
	}
	ds, err := c.take(r)
	switch {
	case r.status != 200 && r.status != 304:
		c.keepOff(retryAfter(r.field("retry-after")))
		return nil, err
	case err != nil:
		return nil, err
	case len(ds) == 0 && clock.Now()-c.conn.sent < int64(leastWait):
		c.keepOff(0)
		return nil, &AnswerError{Status: r.status, Text: "no news, and no wait for any"}
	}
	c.backoff, c.retryAfter = 0, 0
	return ds, nil
}

// keepOff lengthens the pause before the next request.
func (c *longPollClient) keepOff(retryAfter time.Duration) {
	c.backoff = min(max(2*c.backoff, firstBackoff), lastBackoff)
	c.retryAfter = retryAfter
}

// retryAfter reads a Retry-After in seconds. One that is a date counts as none.
func retryAfter(value []byte) time.Duration {
	seconds, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
}
