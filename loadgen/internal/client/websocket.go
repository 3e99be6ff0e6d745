package client

import (
	"bytes"
	"fmt"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// webSocket receives and publishes over the contract's WebSocket.
type webSocket struct {
	socket
	deflates, batches bool
	joined            bool
	text              string // to be published, and not answered yet
}

func newWebSocket(t Target) Client        { return makeWebSocket(t, false, false) }
func newWebSocketDeflate(t Target) Client { return makeWebSocket(t, true, false) }

// newWebSocketBatch makes a client that allows the server to hold messages back
// for its window, to send several at once.
func newWebSocketBatch(t Target) Client { return makeWebSocket(t, false, true) }

func makeWebSocket(t Target, compress, batches bool) Client {
	return &webSocket{socket: newSocket(t), deflates: compress, batches: batches}
}

func (c *webSocket) Open(t *Turn, _ Line) {
	c.joined = false
	path := fmt.Sprintf("/api/rooms/%s/ws?after=%d", c.target.Room, c.target.After)
	if c.batches {
		path += "&batch=true"
	}
	c.open(t, path, c.deflates)
}

func (c *webSocket) Receive(t *Turn, _ Line, b []byte) (used int) {
	if !c.joined {
		r, ok, err := c.handshake(t, b)
		if ok && err == nil && c.batches && len(r.Field("batch-window")) == 0 {
			err = errBatch
		}
		if !ok || err != nil {
			c.fail(t, err)
			return r.Size
		}
		c.joined, t.Ready, used = true, true, r.Size
		if c.text != "" {
			c.say(t)
		}
	}
	for {
		message, n, ok, err := c.next(t, b[used:])
		used += n
		if ok && err == nil {
			err = c.take(t, message)
		}
		if !ok || err != nil {
			c.fail(t, err)
			return used
		}
	}
}

// fail ends the conversation, if err is not nil.
func (c *webSocket) fail(t *Turn, err error) {
	if err == nil {
		return
	}
	if c.joined && c.text != "" {
		c.text = ""
		t.said(ErrUnanswered)
	}
	c.joined = false
	t.Ended = err
}

// take takes in what one message holds: objects, separated by line feeds where
// the server coalesces.
func (c *webSocket) take(t *Turn, b []byte) error {
	size, had := len(b), len(t.Deliveries)
	for {
		var o codec.Object
		if err := codec.ScanObject(b, &o); err != nil {
			return err
		}
		switch {
		case o.Text != nil && o.ID != 0:
			t.Deliveries = append(t.Deliveries, Delivery{ID: o.ID, Text: o.Text, JSON: b[:o.Size]})
			c.target.After = max(c.target.After, o.ID)
		case o.Ack != 0:
			c.answered(t, nil)
		case o.Refused != nil:
			refused, err := codec.ScanError(o.Refused)
			if err != nil {
				return err
			}
			c.answered(t, refused)
		case o.Truncated: // the ledger will show what is missing
		default:
			return codec.Malformed("neither message nor ack nor error", b)
		}
		b = bytes.TrimLeft(b[o.Size:], " \t\r\n")
		if len(b) == 0 {
			t.Counts.In.Add(codec.MessagesTally(t.Deliveries[had:], size))
			return nil
		}
	}
}

// answered takes in the answer to what was published, if anything was.
func (c *webSocket) answered(t *Turn, refused *codec.AnswerError) {
	if c.text == "" {
		return
	}
	c.text = ""
	t.answer(refused)
}

// Publish publishes by a text message.
func (c *webSocket) Publish(t *Turn, text string) {
	c.text = text
	if c.joined {
		c.say(t)
	}
}

func (c *webSocket) say(t *Turn) {
	c.send(t, []byte(`{"user":"`+c.target.User+`","text":"`+c.text+`"}`))
	t.Counts.Out.Add(codec.Published(c.target.User, c.text))
}

func (c *webSocket) End(t *Turn, _ Line, rest []byte, err error) {
	c.ended(t, rest, err)
	c.fail(t, t.Ended)
}
