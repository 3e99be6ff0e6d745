package loadgen

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// sseClient receives over an event stream, and publishes with POST.
type sseClient struct {
	httpPair
	body   framing
	events eventStream
	got    []Delivery
	ended  error // of the stream; what came before it is delivered first
}

// DialSSE opens a client that is told of news by Server-Sent Events, and
// publishes with POST.
func DialSSE(ctx context.Context, t Target) (Client, error) {
	c := &sseClient{}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	if err := c.subscribe(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *sseClient) Resume(ctx context.Context, after uint64) error {
	if err := c.reopen(); err != nil {
		return err
	}
	c.target.After, c.events, c.ended = after, eventStream{}, nil
	err := c.subscribe(ctx)
	if err != nil {
		c.Suspend() // what it has read is not taken in
	}
	return err
}

// subscribe asks for the stream and reads the answer's header.
func (c *sseClient) subscribe(ctx context.Context) error {
	conn := c.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	request := c.appendGet(nil, "/events", c.target.After, "")
	request = append(request, "Accept: text/event-stream\r\n"...)
	if c.target.After > 0 {
		request = fmt.Appendf(request, "Last-Event-ID: %d\r\n", c.target.After)
	}
	if err := c.conn.send(append(request, "\r\n"...)); err != nil {
		return err
	}
	r, body, err := c.conn.answerHead()
	if err != nil {
		return err
	}
	if r.status != 200 {
		return r.refusal()
	}
	media, _, _ := bytes.Cut(r.field("content-type"), []byte(";"))
	if !equalFold(bytes.TrimSpace(media), "text/event-stream") {
		return fmt.Errorf("%w: Content-Type is %.80q, not %q", errMalformed, r.field("content-type"), "text/event-stream")
	}
	c.body = body
	c.conn.Consume(r.size)
	return nil
}

func (c *sseClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	for {
		if c.ended == nil {
			c.ended = c.read()
		}
		if len(c.got) > 0 {
			return c.got, nil
		}
		if c.ended == nil {
			c.ended = c.conn.Fill()
			if c.conn.over.Load() { // it ends the stream, too
				c.ended = c.streamEnd(c.ended)
			}
		}
		if c.ended != nil {
			return nil, c.ended
		}
	}
}

// read takes in all that has come of the stream. Deliveries point into it.
func (c *sseClient) read() error {
	for {
		piece, size, err := c.body.next(c.conn.Bytes())
		if size > 0 {
			c.conn.Consume(size)
		}
		if err != nil || len(piece) == 0 {
			return c.streamEnd(err)
		}
		for {
			e, size, ok, err := c.events.Next(piece)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			piece = piece[size:]
			if e.Type != "message" { // truncated: the ledger will tell what is missing
				c.conn.meter.in.add(tally{envelope: int64(len(e.Data))})
				continue
			}
			if err := c.message(e.Data); err != nil {
				return err
			}
		}
	}
}

// streamEnd is the error for the stream's end, which is a planned one between
// two events only.
func (c *sseClient) streamEnd(err error) error {
	switch {
	case err != io.EOF:
		return err
	case c.events.within():
		c.conn.over.Store(false) // it should not have ended here
		c.conn.end(err)
		return fmt.Errorf("the stream broke off within an event: %w", err)
	}
	return fmt.Errorf("the stream: %w", errEnded)
}

// message takes in what an event holds.
func (c *sseClient) message(data []byte) error {
	var o object
	if err := scanObject(data, &o); err != nil {
		return err
	}
	if o.id == 0 || o.text == nil || len(bytes.TrimSpace(data[o.size:])) > 0 {
		return malformed("no message with id and text, or more than one", data)
	}
	c.got = append(c.got, Delivery{ID: o.id, Text: o.text, JSON: data[:o.size]})
	c.conn.meter.in.add(tally{text: int64(len(o.text)), envelope: int64(len(data) - len(o.text))})
	return nil
}
