package client

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// webSocket receives and publishes over the contract's WebSocket.
type webSocket struct {
	socket
	publisher
	deflates bool
	batches  bool // the server may hold messages back for its window, to send several at once
}

var errBatch = errors.New("the server does not batch: its answer has no Batch-Window")

func newWebSocket(t Target, deflates, batches bool) Client {
	c := &webSocket{socket: newSocket(t), deflates: deflates, batches: batches}
	c.talk, c.sends = c, c.say
	return c
}

func (c *webSocket) Open(t *Turn, _ Line) {
	c.joined = false
	path := fmt.Sprintf("/api/rooms/%s/ws?after=%d", c.target.Room, c.target.After)
	if c.batches {
		path += "&batch=true"
	}
	c.open(t, path, c.deflates)
}

func (c *webSocket) begin(t *Turn, r codec.Response) error {
	if c.batches && len(r.Field("batch-window")) == 0 {
		return errBatch
	}
	c.joined, t.Ready = true, true
	c.speak(t)
	return nil
}

// hear takes in what one message holds: objects, separated by line feeds where
// the server coalesces.
func (c *webSocket) hear(t *Turn, b []byte) error {
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
		case o.Ack != 0, o.Refused != nil:
			if err := c.answered(t, o.Refused); err != nil {
				return err
			}
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

func (c *webSocket) say(t *Turn) {
	c.send(t, []byte(`{"user":"`+c.target.User+`","text":"`+c.text+`"}`))
	t.Counts.Out.Add(codec.Published(c.target.User, c.text))
}
