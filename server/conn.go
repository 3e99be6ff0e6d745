package server

import (
	"net"
	"sync/atomic"
	"time"
)

// listener accepts TCP connections that count.
type listener struct {
	net.Listener
	tally *tally
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.tally.connections.Add(1)
	l.tally.open.Add(1)
	return &conn{tcp: c.(*net.TCPConn), tally: l.tally}, nil
}

// conn is a connection that counts its bytes. Once it is a WebSocket it counts
// frames too, and everything written to it, by gorilla as well, goes through the
// socket's outbox, so that frames never interleave.
//
// The TCPConn is not embedded: its ReadFrom and WriteTo would carry bytes past
// the counting.
type conn struct {
	tcp    *net.TCPConn
	tally  *tally
	socket *socket // nil until the handshake is answered; nobody else uses the connection before
	closed atomic.Bool
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.tcp.Read(p)
	c.tally.bytesReceived.Add(int64(n))
	if k := c.socket; k != nil {
		k.heard.Store(true)
		c.tally.framesReceived.Add(int64(k.received.scan(p[:n])))
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if k := c.socket; k != nil {
		return k.outbox.writeFrame(p)
	}
	c.tally.bytesSent.Add(int64(len(p)))
	n, err := c.tcp.Write(p)
	c.tally.bytesSent.Add(int64(n - len(p)))
	return n, err
}

// Close closes the connection. What the kernel has not sent yet it still tries
// to send.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.tally.open.Add(-1)
	return c.tcp.Close()
}

// CloseWrite lets net/http end an answer without losing it where the request was
// not read to its end.
func (c *conn) CloseWrite() error { return c.tcp.CloseWrite() }

func (c *conn) LocalAddr() net.Addr               { return c.tcp.LocalAddr() }
func (c *conn) RemoteAddr() net.Addr              { return c.tcp.RemoteAddr() }
func (c *conn) SetReadDeadline(t time.Time) error { return c.tcp.SetReadDeadline(t) }

func (c *conn) SetDeadline(t time.Time) error {
	if c.socket != nil {
		return c.tcp.SetReadDeadline(t)
	}
	return c.tcp.SetDeadline(t)
}

// SetWriteDeadline does nothing on a WebSocket: writes into an outbox do not
// wait, and gorilla's deadline for one frame must not end the socket later.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.socket != nil {
		return nil
	}
	return c.tcp.SetWriteDeadline(t)
}
