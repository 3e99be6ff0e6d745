package loadgen

import (
	"bytes"
	"context"
	"fmt"
)

// maxETag bounds what a server can make a client send with every poll.
const maxETag = 256

// errNoETag is about a server whose answers could never be 304: polling it this
// way would be plain polling by another name.
var errNoETag = fmt.Errorf("%w: no ETag", errMalformed)

// pollETagClient polls as pollClient does, and tells the server what it has
// got, so that an answer without news needs no body.
type pollETagClient struct {
	pollClient
	etag  []byte // of the last 200, as the server wrote it
	after uint64
}

// DialPollETag opens a client that polls with GET ?after= and If-None-Match,
// and publishes with POST.
func DialPollETag(ctx context.Context, t Target) (Client, error) {
	c := &pollETagClient{after: t.After}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	c.render()
	return c, nil
}

// render makes the request for what follows the cursor.
func (c *pollETagClient) render() {
	b := c.appendGet(c.spare[:0], "/messages", c.after, pageLimit)
	if len(c.etag) > 0 {
		b = append(b, "If-None-Match: "...)
		b = append(b, c.etag...)
		b = append(b, "\r\n"...)
	}
	c.request, c.spare = append(b, acceptJSON...), c.request
}

func (c *pollETagClient) Receive() ([]Delivery, error) {
	r, err := c.conn.answer()
	if err != nil {
		return nil, err
	}
	c.conn.Consume(r.size) // the body holds until the next Fill
	switch {
	case r.status == 304 && len(c.etag) > 0:
		c.conn.meter.empty.Add(1)
		return nil, nil
	case r.status != 200:
		return nil, r.refusal()
	}
	etag := r.field("etag")
	if etag == nil && len(c.etag) == 0 {
		return nil, errNoETag
	}
	if etag != nil && !isETag(etag) {
		return nil, malformed("an ETag that cannot be sent back", etag)
	}
	if c.got, err = c.conn.page(c.got[:0], r); err != nil {
		return nil, err
	}
	if len(c.got) > 0 {
		c.after = c.got[len(c.got)-1].ID
	}
	c.etag = append(c.etag[:0], etag...)
	c.render()
	return c.got, nil
}

// isETag reports whether b is an entity tag (RFC 9110, 8.8.3) of a length
// that is sent back.
func isETag(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("W/"))
	if len(b) < 2 || len(b) > maxETag || b[0] != '"' || b[len(b)-1] != '"' {
		return false
	}
	for _, c := range b[1 : len(b)-1] {
		if c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	return true
}
