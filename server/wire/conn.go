// Package wire is the server's end of TCP connections. They count what passes
// over them, and one that a handler has taken over is written to by an
// [Outbox], which never waits for the peer. [WebSocket] and [TakeOver] are the
// two ways to take one over.
package wire

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// listener accepts TCP connections that count.
type listener struct {
	net.Listener
	tally *Tally
	tls   *tls.Config // nil in the clear
}

// Listen returns a listener whose connections, of l, count in t. Handlers can
// take over only those. They speak TLS if there is a config: their bytes are then
// counted as they are on the wire, and their frames as they are within.
func Listen(l net.Listener, t *Tally, config *tls.Config) net.Listener {
	return &listener{l, t, config}
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.tally.Connections.Add(1)
	l.tally.Open.Add(1)
	conn := &Conn{tcp: c.(*net.TCPConn), tally: l.tally, reading: deadline{until: never, timer: never}}
	conn.writeUntil.Store(int64(never))
	conn.raw, _ = conn.tcp.SyscallConn() // fails where there is no connection
	if l.tls != nil {
		conn.tls = &security{Conn: tls.Server(encrypted{conn}, l.tls)}
	}
	return conn, nil
}

// Conn is a connection that counts its bytes. Once it is a WebSocket it counts
// frames too, and everything written to it, by gorilla as well, goes through its
// outbox, so that frames never interleave.
//
// The TCPConn is not embedded: its ReadFrom and WriteTo would carry bytes past
// the counting.
type Conn struct {
	tcp    *net.TCPConn
	raw    syscall.RawConn // of tcp
	tally  *Tally
	tls    *security // nil in the clear
	outbox *Outbox   // nil until it is taken over; nobody else uses the connection before
	closed atomic.Bool
	heard  atomic.Bool // whether anything has come since Heard was asked

	reading    deadline
	writeUntil atomic.Int64 // an instant; unused once the connection is taken over

	received FrameScanner // of a WebSocket
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
	c.takeOver(limit, false)
	return c, c.outbox, nil
}

var errNotOurs = errors.New("wire: the connection is not of a listener made by Listen")

func (c *Conn) takeOver(limit int, framed bool) {
	c.heard.Store(true)
	c.reading.disarm(c.tcp)
	c.tcp.SetWriteDeadline(time.Time{})
	c.outbox = &Outbox{conn: c, limit: limit, framed: framed}
}

// Heard says whether anything has come from the peer since it was last asked.
func (c *Conn) Heard() bool { return c.heard.Swap(false) }

func (c *Conn) Read(p []byte) (n int, err error) {
	if c.tls != nil {
		n, err = c.tls.Read(p)
	} else {
		n, err = c.receive(p)
	}
	if c.outbox != nil {
		c.heard.Store(true)
		if c.outbox.framed {
			c.tally.FramesReceived.Add(int64(c.received.Scan(p[:n])))
		}
		if c.tls != nil {
			c.outbox.relay()
		}
	}
	return n, err
}

// receive reads from the wire.
func (c *Conn) receive(p []byte) (int, error) {
	n, err := c.reading.read(c.tcp, p)
	if n > 0 {
		c.tally.BytesReceived.Add(int64(n))
	}
	return n, err
}

func (c *Conn) Write(p []byte) (int, error) {
	if c.outbox != nil {
		return c.outbox.writeFrame(p)
	}
	if c.tls != nil {
		return c.tls.Write(p)
	}
	return c.transmit(p)
}

// transmit writes to the wire. Only if the kernel does not take all at once does
// it wait, and need a deadline.
func (c *Conn) transmit(p []byte) (int, error) {
	c.tally.BytesSent.Add(int64(len(p)))
	n, _ := c.writeNow(p) // an error comes again
	if n == len(p) {
		return n, nil
	}
	c.tcp.SetWriteDeadline(instant(c.writeUntil.Load()).time())
	more, err := c.tcp.Write(p[n:])
	n += more
	c.tally.BytesSent.Add(int64(n - len(p)))
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.closed.Load() { // closing too ends a write by its deadline
		c.tally.StalledReaders.Add(1)
	}
	return n, err
}

// writing hands bytes to the kernel once, by a function made once.
type writing struct {
	p    []byte
	n    int
	err  error
	once func(fd uintptr)
}

var writings = sync.Pool{New: func() any {
	w := &writing{}
	w.once = func(fd uintptr) { w.n, w.err = writeNow(int(fd), w.p) }
	return w
}}

// writeNow writes as much as the kernel takes at once. The error is
// syscall.EAGAIN where that is not all.
func (c *Conn) writeNow(p []byte) (n int, err error) {
	w := writings.Get().(*writing)
	w.p, w.n = p, 0
	if err = c.raw.Control(w.once); err == nil {
		n, err = max(w.n, 0), w.err
	}
	w.p = nil
	writings.Put(w)
	return n, err
}

// Close closes the connection. What the kernel has not sent yet it still tries
// to send.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.tally.Open.Add(-1)
	if c.tls != nil {
		c.sayGoodbye()
	}
	return c.tcp.Close()
}

// CloseWrite lets net/http end an answer without losing it where the request was
// not read to its end.
func (c *Conn) CloseWrite() error {
	if c.tls != nil {
		c.tls.CloseWrite() // what it cannot say, the end of the connection does
		if c.outbox != nil {
			c.outbox.relay()
		}
	}
	return c.tcp.CloseWrite()
}

func (c *Conn) LocalAddr() net.Addr  { return c.tcp.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

func (c *Conn) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	return c.SetReadDeadline(t)
}

func (c *Conn) SetReadDeadline(t time.Time) error {
	c.reading.move(c.tcp, t)
	return nil
}

// SetWriteDeadline does nothing once the connection is taken over: writes into
// an outbox do not wait, and gorilla's deadline for one frame must not end the
// connection later.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeUntil.Store(int64(instantOf(t)))
	return nil
}
