package loadgen

import "context"

// pageLimit asks for the largest page that the contract offers.
const pageLimit = "&limit=1000"

// pollClient asks for news when it is told to.
type pollClient struct {
	httpPair
	request []byte // rendered for the cursor
	spare   []byte // the one before, which may still be on its way out
	got     []Delivery
}

// DialPoll opens a client that polls with GET ?after= and publishes with POST.
func DialPoll(ctx context.Context, t Target) (Client, error) {
	c := &pollClient{}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	c.render(t.After)
	return c, nil
}

// render makes the request for what follows a cursor.
func (c *pollClient) render(after uint64) {
	c.request, c.spare = append(c.appendGet(c.spare[:0], "/messages", after, pageLimit), acceptJSON...), c.request
}

func (c *pollClient) Resume(context.Context, uint64) error { return c.reopen() }

func (c *pollClient) Poll() error { return c.conn.send(c.request) }

func (c *pollClient) Receive() ([]Delivery, error) {
	r, err := c.conn.answer()
	if err != nil {
		return nil, err
	}
	c.conn.Consume(r.size) // the body holds until the next Fill
	if r.status != 200 {
		return nil, r.refusal()
	}
	if c.got, err = c.conn.page(c.got[:0], r); err != nil || len(c.got) == 0 {
		return nil, err
	}
	c.render(c.got[len(c.got)-1].ID)
	return c.got, nil
}

// page takes in an answer with a page, whose messages it appends to ds, and
// counts one that has none.
func (c *Conn) page(ds []Delivery, r response) ([]Delivery, error) {
	had := len(ds)
	ds, err := scanPage(ds, r.body)
	if err != nil {
		return ds, err
	}
	c.meter.in.add(messagesTally(ds[had:], len(r.body)))
	if len(ds) == had {
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
