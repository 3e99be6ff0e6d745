package loadgen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// wsClient receives and publishes over the contract's WebSocket.
type wsClient struct {
	socket
	user string
	got  []Delivery
	acks acks
}

// DialWebSocket opens a client by the contract's WebSocket.
func DialWebSocket(ctx context.Context, t Target) (Client, error) {
	c := newWSClient(t)
	if _, err := c.open(ctx, t, wsPath(t), false); err != nil {
		return nil, err
	}
	return c, nil
}

// DialWebSocketDeflate opens a client by a WebSocket with compressed messages.
func DialWebSocketDeflate(ctx context.Context, t Target) (Client, error) {
	c := newWSClient(t)
	if _, err := c.open(ctx, t, wsPath(t), true); err != nil {
		return nil, err
	}
	return c, nil
}

// DialWebSocketBatch opens a client by a WebSocket over which the server may
// hold messages back for its window, to send several at once.
func DialWebSocketBatch(ctx context.Context, t Target) (Client, error) {
	c := newWSClient(t)
	r, err := c.open(ctx, t, wsPath(t)+"&batch=true", false)
	if err != nil {
		return nil, err
	}
	if len(r.field("batch-window")) == 0 {
		c.Close()
		return nil, errors.New("the server does not batch: its answer has no Batch-Window")
	}
	return c, nil
}

func newWSClient(t Target) *wsClient { return &wsClient{user: t.User, acks: newAcks(t)} }

func wsPath(t Target) string { return fmt.Sprintf("/api/rooms/%s/ws?after=%d", t.Room, t.After) }

func (c *wsClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	c.release()
	for {
		message, ok, err := c.next()
		switch {
		case err != nil:
		case ok:
			err = c.text(message)
		case len(c.got) > 0:
			return c.got, nil
		default:
			err = c.conn.Fill()
		}
		if err != nil {
			return nil, err
		}
	}
}

// text takes in what one message holds: objects, separated by line feeds where
// the server coalesces.
func (c *wsClient) text(b []byte) error {
	size, had := len(b), len(c.got)
	for {
		var o object
		if err := scanObject(b, &o); err != nil {
			return err
		}
		switch {
		case o.text != nil && o.id != 0:
			c.got = append(c.got, Delivery{ID: o.id, Text: o.text, JSON: b[:o.size]})
		case o.ack != 0:
			c.acks.settle(nil)
		case o.refused != nil:
			if err := c.refused(o.refused); err != nil {
				return err
			}
		case o.truncated: // the ledger will show what is missing
		default:
			return malformed("neither message nor ack nor error", b)
		}
		b = bytes.TrimLeft(b[o.size:], " \t\r\n")
		if len(b) == 0 {
			c.conn.meter.in.add(messagesTally(c.got[had:], size))
			return nil
		}
	}
}

// refused takes in an error message, the answer to what was published.
func (c *wsClient) refused(b []byte) error {
	answer, err := scanError(b)
	if err == nil {
		c.acks.settle(answer)
	}
	return err
}

func (c *wsClient) Publish(text string) error {
	c.acks.forget() // of nothing that was asked
	if err := c.send([]byte(`{"user":"` + c.user + `","text":"` + text + `"}`)); err != nil {
		return err
	}
	c.conn.meter.out.add(published(c.user, text))
	return c.acks.wait(c.closed)
}
