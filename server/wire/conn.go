// Package wire is the server's end of TCP connections. They count what passes
// over them, and one that a handler has taken over is written to by an
// [Outbox], which never waits for the peer. [WebSocket] and [TakeOver] are the
// two ways to take one over.
package wire

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// listener accepts TCP connections that count.
type listener struct {
	net.Listener
	tally *Tally
}

// Listen returns a listener whose connections, of l, count in t. Handlers can
// take over only those.
func Listen(l net.Listener, t *Tally) net.Listener { return &listener{l, t} }

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.tally.Connections.Add(1)
	l.tally.Open.Add(1)
	return &Conn{tcp: c.(*net.TCPConn), tally: l.tally}, nil
}

// Conn is a connection that counts its bytes. Once it is a WebSocket it counts
// frames too, and everything written to it, by gorilla as well, goes through its
// outbox, so that frames never interleave.
//
// The TCPConn is not embedded: its ReadFrom and WriteTo would carry bytes past
// the counting.
type Conn struct {
	tcp    *net.TCPConn
	tally  *Tally
	outbox *Outbox // nil until it is taken over; nobody else uses the connection before
	closed atomic.Bool
	heard  atomic.Bool // whether anything has come since Heard was asked

	framed   bool // a WebSocket
	received FrameScanner
}

// TakeOver takes a request's connection from net/http. Its handler returns right
// after, and from then on all that is sent goes through the outbox, the answer's
// header too. Beyond limit bytes the connection is dropped as that of a slow
// reader. The caller reads, to see the connection end, and closes it.
func TakeOver(w http.ResponseWriter, limit int) (*Conn, *Outbox, error) {
	hijacked, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c, ok := hijacked.(*Conn)
	if !ok {
		hijacked.Close()
		return nil, nil, errNotOurs
	}
	if err := c.takeOver(limit, false); err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, c.outbox, nil
}

var errNotOurs = errors.New("wire: the connection is not of a listener made by Listen")

func (c *Conn) takeOver(limit int, framed bool) error {
	o, err := newOutbox(c.tcp, limit, framed, c.tally)
	if err != nil {
		return err
	}
	c.framed = framed
	c.heard.Store(true)
	c.tcp.SetDeadline(time.Time{})
	c.outbox = o
	return nil
}

// Heard says whether anything has come from the peer since it was last asked.
func (c *Conn) Heard() bool { return c.heard.Swap(false) }

func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.tcp.Read(p)
	c.tally.BytesReceived.Add(int64(n))
	if c.outbox != nil {
		c.heard.Store(true)
		if c.framed {
			c.tally.FramesReceived.Add(int64(c.received.Scan(p[:n])))
		}
	}
	return n, err
}

func (c *Conn) Write(p []byte) (int, error) {
	if c.outbox != nil {
		return c.outbox.writeFrame(p)
	}
	c.tally.BytesSent.Add(int64(len(p)))
	n, err := c.tcp.Write(p)
	c.tally.BytesSent.Add(int64(n - len(p)))
	return n, err
}

// Close closes the connection. What the kernel has not sent yet it still tries
// to send.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.tally.Open.Add(-1)
	return c.tcp.Close()
}

// CloseWrite lets net/http end an answer without losing it where the request was
// not read to its end.
func (c *Conn) CloseWrite() error { return c.tcp.CloseWrite() }

func (c *Conn) LocalAddr() net.Addr               { return c.tcp.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr              { return c.tcp.RemoteAddr() }
func (c *Conn) SetReadDeadline(t time.Time) error { return c.tcp.SetReadDeadline(t) }

func (c *Conn) SetDeadline(t time.Time) error {
	if c.outbox != nil {
		return c.tcp.SetReadDeadline(t)
	}
	return c.tcp.SetDeadline(t)
}

// SetWriteDeadline does nothing once the connection is taken over: writes into
// an outbox do not wait, and gorilla's deadline for one frame must not end the
// connection later.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if c.outbox != nil {
		return nil
	}
	return c.tcp.SetWriteDeadline(t)
}
