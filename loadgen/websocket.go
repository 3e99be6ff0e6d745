package loadgen

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	randv2 "math/rand/v2"
	"net/url"
	"sync"
)

// wsClient receives and publishes over one WebSocket. It reads frames itself:
// gorilla's reader holds a buffer and more per connection, and wakes for
// each, which at 100,000 clients is what a generator cannot afford.
type wsClient struct {
	conn    *Conn
	user    string
	partial []byte // payload so far of a message in several frames
	joining bool   // partial is in use
	got     []Delivery

	acks   chan error // of the message being published, nil for an ack
	end    sync.Once
	closed chan struct{}
}

// DialWebSocket opens a client by the contract's WebSocket.
func DialWebSocket(ctx context.Context, t Target) (Client, error) {
	base, err := url.Parse(t.URL)
	if err != nil {
		return nil, err
	}
	conn, err := t.Meter.Dial(ctx, base.Host, t.Source)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := handshake(conn, base.Host, t); err != nil {
		conn.Close()
		return nil, err
	}
	c := &wsClient{conn: conn, user: t.User, closed: make(chan struct{})}
	if t.Publishes {
		c.acks = make(chan error, 1)
	}
	return c, nil
}

// handshake asks for the protocol's change and checks the answer (RFC 6455, 4.1).
func handshake(conn *Conn, host string, t Target) error {
	var nonce [16]byte
	rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := fmt.Sprintf("GET /api/rooms/%s/ws?after=%d HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
		t.Room, t.After, host, key)
	if err := conn.send([]byte(request)); err != nil {
		return err
	}
	r, err := conn.answer()
	if err != nil {
		return err
	}
	if r.status != 101 {
		return r.refusal()
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if want := base64.StdEncoding.EncodeToString(sum[:]); string(r.accept) != want {
		return fmt.Errorf("%w: Sec-WebSocket-Accept is %.80q, not %q", errMalformed, r.accept, want)
	}
	conn.Consume(r.size)
	return nil
}

func (c *wsClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	for {
		if err := c.frames(); err != nil {
			return nil, err
		}
		if len(c.got) > 0 {
			return c.got, nil
		}
		if err := c.conn.Fill(); err != nil {
			return nil, err
		}
	}
}

// frames takes in all the whole frames that have been read.
func (c *wsClient) frames() error {
	for {
		f, ok, err := parseFrame(c.conn.Bytes())
		if err != nil || !ok {
			return err
		}
		c.conn.meter.framesIn.Add(1)
		c.conn.Consume(f.size)
		switch f.op {
		case opPing:
			err = c.write(opPong, f.payload)
		case opPong:
		case opClose:
			err = closed(f.payload)
		case opBinary:
			err = malformed("a binary frame where the chat has only text", f.payload)
		default:
			err = c.data(f)
		}
		if err != nil {
			return err
		}
	}
}

// closed is the error for a close frame.
func closed(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("the server closed the connection: %w", io.EOF)
	}
	return fmt.Errorf("the server closed the connection (%d %q): %w", binary.BigEndian.Uint16(payload), payload[2:], io.EOF)
}

// data takes in a text frame, or puts a message in several frames together.
func (c *wsClient) data(f frame) error {
	if (f.op == opContinuation) != c.joining {
		return malformed("a continuation that continues nothing, or a message within a message", f.payload)
	}
	if f.final && !c.joining {
		return c.text(f.payload)
	}
	if len(c.partial)+len(f.payload) > maxFrame {
		return malformed("a message larger than can be read", f.payload)
	}
	c.partial = append(c.partial, f.payload...)
	c.joining = !f.final
	if c.joining {
		return nil
	}
	// Deliveries point into the message, which therefore is not used again.
	whole := c.partial
	c.partial = nil
	return c.text(whole)
}

// text takes in what one frame holds: objects, separated by line feeds where
// the server coalesces.
func (c *wsClient) text(b []byte) error {
	for {
		var o object
		if err := scanObject(b, &o); err != nil {
			return err
		}
		switch {
		case o.text != nil && o.id != 0:
			c.got = append(c.got, Delivery{ID: o.id, Text: o.text, JSON: b[:o.size]})
		case o.ack != 0:
			c.settle(nil)
		case o.refused != nil:
			if err := c.refused(o.refused); err != nil {
				return err
			}
		case o.truncated: // the ledger will tell what is missing
		default:
			return malformed("neither message nor ack nor error", b)
		}
		b = bytes.TrimLeft(b[o.size:], " \t\r\n")
		if len(b) == 0 {
			return nil
		}
	}
}

// refused takes in an error message, the answer to what was published.
func (c *wsClient) refused(b []byte) error {
	answer, err := scanError(b)
	if err == nil {
		c.settle(answer)
	}
	return err
}

// settle answers the Publish that waits, if any still does.
func (c *wsClient) settle(err error) {
	select {
	case c.acks <- err:
	default:
	}
}

func (c *wsClient) Publish(text string) error {
	select {
	case <-c.acks: // of nothing that was asked
	default:
	}
	if err := c.write(opText, []byte(`{"user":"`+c.user+`","text":"`+text+`"}`)); err != nil {
		return err
	}
	select {
	case err := <-c.acks:
		return err
	case <-c.closed:
		return errClosed
	}
}

func (c *wsClient) write(op byte, payload []byte) error {
	c.conn.meter.framesOut.Add(1)
	return c.conn.Write(appendFrame(nil, op, payload, randv2.Uint32()))
}

func (c *wsClient) Close() error {
	c.end.Do(func() {
		close(c.closed)
		if c.conn.alive() {
			// 1000, and no waiting for the answer: the reset that follows
			// leaves no TIME_WAIT, and what was sent before it can be read.
			_ = c.write(opClose, []byte{0x03, 0xe8})
		}
	})
	return c.conn.Close()
}
