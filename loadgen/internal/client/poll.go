package client

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// pageLimit asks for the largest page that the contract offers.
const pageLimit = "&limit=1000"

// maxETag bounds what a server can make a client send with every poll.
const maxETag = 256

// pager asks for the page after its cursor. By ETag it tells the server what it
// has got, so that an answer without news needs no body.
type pager struct {
	pair
	answered func(t *Turn, r codec.Response) // takes in what was asked
	query    string                          // after the cursor
	byETag   bool
	may304   bool   // no news may come as 304
	etag     []byte // of the last 200, as the server wrote it
	after    uint64
	asking   bool // a request is to be sent, or is out
}

func newPager(t Target, query string) pager {
	return pager{pair: newPair(t), query: query, after: t.After}
}

// begin goes on with the poll that waited for a connection, or waits for one.
func (c *pager) begin(t *Turn) {
	t.Ready = true
	if c.asking {
		c.ask(t)
	}
}

func (c *pager) received(t *Turn, b []byte) int {
	r, ok, err := c.main.answer(t, b, false)
	if ok {
		c.answered(t, r)
	} else if err != nil && err != errRetired {
		c.asking, t.Ended = false, err
	}
	return r.Size
}

func (c *pager) ended(t *Turn, rest []byte, err error) {
	r, ok, again := c.mainEnded(t, rest, err)
	switch {
	case ok:
		c.answered(t, r)
	case again:
		c.ask(t)
	default:
		c.asking = false
	}
}

// ask sends the request for what follows the cursor, as soon as it can.
func (c *pager) ask(t *Turn) {
	c.asking = true
	if !c.main.ready(t) {
		return
	}
	b := c.appendGet(t, t.Send[Main], "/messages", c.after, c.query)
	if len(c.etag) > 0 {
		b = append(b, "If-None-Match: "...)
		b = append(b, c.etag...)
		b = append(b, "\r\n"...)
	}
	t.Send[Main] = append(b, acceptJSON...)
	c.main.ask(t)
	t.Sent = true
}

func (c *pager) page(t *Turn, r codec.Response) (err error) {
	c.asking = false
	c.target.Cookies.take(t, r, c.target.TLS)
	switch {
	case r.Status == 304 && c.may304:
		t.Counts.Empty++
		return nil
	case r.Status != 200:
		return r.Refusal()
	}
	var etag []byte
	if c.byETag {
		if etag, err = c.tagOf(r); err != nil {
			return err
		}
	}
	if t.Deliveries, err = codec.ScanPage(t.Deliveries, r.Body); err != nil {
		t.Deliveries = t.Deliveries[:0]
		return err
	}
	t.Counts.In.Add(codec.MessagesTally(t.Deliveries, len(r.Body)))
	if n := len(t.Deliveries); n > 0 {
		t.Counts.Head.offer(r)
		c.after = t.Deliveries[n-1].ID
	} else {
		t.Counts.Empty++
	}
	if c.byETag {
		c.etag = append(c.etag[:0], etag...)
		c.may304 = len(etag) > 0
	}
	return nil
}

// tagOf is the ETag of a page, which may only be missing where an earlier one
// had one.
func (c *pager) tagOf(r codec.Response) ([]byte, error) {
	etag := r.Field("etag")
	if etag == nil && len(c.etag) == 0 {
		// No answer could ever be 304: that would be plain polling by another name.
		return nil, fmt.Errorf("%w: no ETag", codec.ErrMalformed)
	}
	if etag != nil && !isETag(etag) {
		return nil, codec.Malformed("an ETag that cannot be sent back", etag)
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

// poll polls when it is asked to.
type poll struct{ pager }

func newPoll(t Target, byETag bool) Client {
	c := &poll{newPager(t, pageLimit)}
	c.receiver, c.answered, c.byETag = c, c.take, byETag
	return c
}

func (c *poll) Poll(t *Turn) { c.ask(t) }

func (c *poll) take(t *Turn, r codec.Response) {
	t.fail(c.page(t, r))
	t.Answered = t.Ended == nil
}

// leastWait is the shortest wait that the contract knows: a server that has no
// news, and says so sooner, does not wait.
const leastWait = int64(time.Second)

// A target that refuses, or does not wait, is kept off for longer each time,
// and for as long as it says.
const (
	firstBackoff  = 250 * time.Millisecond
	lastBackoff   = 8 * time.Second
	maxRetryAfter = time.Minute
)

// longPoll asks again as soon as it has an answer, which comes when there is
// news.
type longPoll struct {
	pager
	backoff time.Duration // 0 after a good answer
}

func newLongPoll(t Target) Client {
	c := &longPoll{pager: newPager(t, fmt.Sprintf("%s&wait=%gs", pageLimit, t.Wait.Seconds()))}
	c.receiver, c.answered, c.may304 = c, c.take, true
	return c
}

// Armed is true from when a request has been sent to when its answer has come.
func (c *longPoll) Armed() bool { return c.main.asked }

func (c *longPoll) begin(t *Turn) {
	c.asking = true
	c.pager.begin(t)
}

// take takes in an answer, and asks again, at once or later.
func (c *longPoll) take(t *Turn, r codec.Response) {
	sent := c.main.sent
	err := c.page(t, r)
	switch {
	case r.Status != 200 && r.Status != 304:
		c.keepOff(t, retryAfter(r.Field("retry-after")))
	case err == nil && len(t.Deliveries) == 0 && t.Now-sent < leastWait:
		c.keepOff(t, 0)
		err = &codec.AnswerError{Status: r.Status, Text: "no news, and no wait for any"}
	case err == nil:
		c.backoff = 0
		c.ask(t)
	}
	t.fail(err)
}

// keepOff lengthens the pause before the next request: between half the backoff
// and all of it, so that clients do not come back all at once, and that on top
// of what the server asks for.
func (c *longPoll) keepOff(t *Turn, retryAfter time.Duration) {
	c.backoff = min(max(2*c.backoff, firstBackoff), lastBackoff)
	t.Awake = t.Now + int64(retryAfter+c.backoff/2+rand.N(c.backoff/2))
}

func (c *longPoll) Wake(t *Turn) {
	if !c.asking {
		c.ask(t)
	}
}

// retryAfter reads a Retry-After in seconds. One that is a date counts as none.
func retryAfter(value []byte) time.Duration {
	seconds, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil {
		return 0
	}
	return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
}
