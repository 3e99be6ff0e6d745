package loadgen

import (
	"bytes"
	"context"
	"fmt"
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

// pollClient asks when it is told to.
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
