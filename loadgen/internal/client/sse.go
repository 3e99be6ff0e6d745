package client

import (
	"bytes"
	"fmt"
	"io"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// sse receives over an event stream, and publishes with POST.
type sse struct {
	pair
	body   codec.Framing
	events codec.EventStream
}

func newSSE(t Target) Client {
	c := &sse{pair: newPair(t)}
	c.receiver = c
	return c
}

func (c *sse) begin(t *Turn) {
	c.events = codec.EventStream{}
	b := c.appendGet(t, t.Send[Main], "/events", c.target.After, "")
	b = append(b, "Accept: text/event-stream\r\n"...)
	if c.target.After > 0 {
		b = fmt.Appendf(b, "Last-Event-ID: %d\r\n", c.target.After)
	}
	t.Send[Main] = append(b, "\r\n"...)
	c.main.ask(t)
}

func (c *sse) received(t *Turn, b []byte) (used int) {
	if !c.main.stream {
		if used = c.head(t, b); !c.main.stream || t.Ended != nil {
			return used
		}
	}
	n, err := c.read(t, b[used:])
	if err == io.EOF {
		err = c.streamEnd(t)
	}
	t.Ended = err
	return used + n
}

// head takes in the head of the answer that the stream is the body of.
func (c *sse) head(t *Turn, b []byte) (used int) {
	r, body, ok, err := codec.ParseHead(b)
	switch {
	case err != nil:
		c.main.giveUp(t)
		t.Ended = err
		return 0
	case !ok:
		return 0
	case r.Status != 200 || !c.main.asked:
		if r, ok, err = c.main.answer(t, b, false); ok {
			err = r.Refusal()
		}
		t.Ended = err
		return r.Size
	}
	c.target.Cookies.take(t, r, c.target.TLS)
	c.main.answered(t, r)
	c.main.stream, c.main.over, c.body = true, r.Open, body // whatever it says of its connection, it goes on until the stream ends
	media, _, _ := bytes.Cut(r.Field("content-type"), []byte(";"))
	if t.Ready = codec.EqualFold(bytes.TrimSpace(media), "text/event-stream"); !t.Ready {
		t.Ended = fmt.Errorf("%w: Content-Type is %.80q, not %q", codec.ErrMalformed, r.Field("content-type"), "text/event-stream")
	}
	return r.Size
}

// read takes in all that has come of the stream. Deliveries point into it.
func (c *sse) read(t *Turn, b []byte) (used int, err error) {
	for {
		piece, size, err := c.body.Next(b[used:])
		used += size
		if err != nil || len(piece) == 0 {
			return used, err
		}
		for {
			e, size, ok, err := c.events.Next(piece)
			if err != nil {
				return used, err
			}
			if !ok {
				break
			}
			piece = piece[size:]
			if e.Type != "message" { // truncated: the ledger will show what is missing
				t.Counts.In.Add(codec.Tally{Envelope: int64(len(e.Data))})
				continue
			}
			if err := c.message(t, e.Data); err != nil {
				return used, err
			}
		}
	}
}

// streamEnd is the error for the stream's end, which is a planned one between
// two events only.
func (c *sse) streamEnd(t *Turn) error {
	if c.events.Within() {
		t.Counts.Lost++
		return fmt.Errorf("the stream broke off within an event: %w", io.EOF)
	}
	return fmt.Errorf("the stream: %w", codec.ErrEnded)
}

func (c *sse) message(t *Turn, data []byte) error {
	var o codec.Object
	if err := codec.ScanObject(data, &o); err != nil {
		return err
	}
	if o.ID == 0 || o.Text == nil || len(bytes.TrimSpace(data[o.Size:])) > 0 {
		return codec.Malformed("no message with id and text, or more than one", data)
	}
	c.target.After = max(c.target.After, o.ID)
	t.Deliveries = append(t.Deliveries, Delivery{ID: o.ID, Text: o.Text, JSON: data[:o.Size]})
	t.Counts.In.Add(codec.Tally{Text: int64(len(o.Text)), Envelope: int64(len(data) - len(o.Text))})
	return nil
}

func (c *sse) ended(t *Turn, rest []byte, err error) {
	stream := c.main.stream
	if stream && c.main.over && err == io.EOF { // which ends the stream, too
		c.main.up = false
		t.Ended = c.streamEnd(t)
		return
	}
	r, ok, again := c.mainEnded(t, rest, err)
	switch {
	case ok && !stream:
		t.Ended = r.Refusal()
	case again, t.Ended == nil:
		t.Ended = errRetired
	}
}
