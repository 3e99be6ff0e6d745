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
	return dialWS(ctx, t, "", false)
}

// DialWebSocketDeflate opens a client by a WebSocket with compressed messages.
func DialWebSocketDeflate(ctx context.Context, t Target) (Client, error) {
	return dialWS(ctx, t, "", true)
}

// DialWebSocketBatch opens a client by a WebSocket over which the server may
// hold messages back for its window, to send several at once.
func DialWebSocketBatch(ctx context.Context, t Target) (Client, error) {
	return dialWS(ctx, t, batching, false)
}

// batching is what a query goes on with to allow batches.
const batching = "&batch=true"

func dialWS(ctx context.Context, t Target, more string, compressed bool) (Client, error) {
	c := &wsClient{user: t.User, acks: newAcks(t)}
	r, err := c.open(ctx, t, fmt.Sprintf("/api/rooms/%s/ws?after=%d%s", t.Room, t.After, more), compressed)
	if err != nil {
		return nil, err
	}
	if more == batching && len(r.field("batch-window")) == 0 {
		c.Close()
		return nil, errors.New("the server does not batch: its answer has no Batch-Window")
	}
	return c, nil
}

func (c *wsClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	c.release()
	err := c.read(c.text, &c.got)
	return c.got, err
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
			if err := c.acks.refuse(o.refused); err != nil {
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

func (c *wsClient) Publish(text string) error {
	c.acks.forget() // of nothing that was asked
	if err := c.send([]byte(`{"user":"` + c.user + `","text":"` + text + `"}`)); err != nil {
		return err
	}
	c.conn.meter.out.add(published(c.user, text))
	return c.acks.wait(c.closed)
}
