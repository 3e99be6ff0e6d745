// Package wire is the server's end of TCP connections. They count what passes
// over them, and one that a handler has taken over is written to by an
// [Outbox], which never waits for the peer. [WebSocket] and [TakeOver] are the
// two ways to take one over.
package wire

import (
	"crypto/tls"
	"errors"
	"io"
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
	conn := newConn(c.(*net.TCPConn), l.tally)
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

	in     incoming
	frames FrameScanner // received by a WebSocket
}

func newConn(tcp *net.TCPConn, tally *Tally) *Conn {
	c := &Conn{tcp: tcp, tally: tally, reading: deadline{until: never, timer: never}}
	c.writeUntil.Store(int64(never))
	c.raw, _ = tcp.SyscallConn() // fails where there is no connection
	c.in.ready = c.in.take
	return c
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

// Read is where the goroutines of idle connections wait. It takes little stack,
// and so does what it calls before it waits: they keep their first 2 KiB.
func (c *Conn) Read(p []byte) (int, error) {
	if c.tls != nil {
		return c.decrypt(p)
	}
	return c.receive(p)
}

func (c *Conn) decrypt(p []byte) (int, error) {
	n, err := c.tls.Read(p)
	if c.outbox != nil {
		c.scan(p[:n])
		c.outbox.relay()
	}
	return n, err
}

// receive reads from the wire.
func (c *Conn) receive(p []byte) (int, error) {
	c.in.p = p
	for c.reading.begin(c) {
		c.in.err = c.raw.Read(c.in.ready)
		if c.reading.end(c) {
			break
		}
	}
	return c.received()
}

// incoming is what the kernel has last given, by a function that is made once.
type incoming struct {
	p     []byte
	n     int
	errno syscall.Errno
	err   error // instead of the others
	ready func(fd uintptr) bool
}

func (in *incoming) take(fd uintptr) bool {
	in.n, in.errno = readNow(fd, in.p)
	return in.errno != syscall.EAGAIN
}

// received returns what has come, with an error in the form that net/http knows.
func (c *Conn) received() (int, error) {
	p, n, err := c.in.p, c.in.n, c.in.err
	c.in.p, c.in.err = nil, nil
	switch {
	case err == nil && n > 0:
		c.tally.BytesReceived.Add(int64(n))
		if c.outbox != nil {
			c.heard.Store(true)
			if c.tls == nil {
				c.scan(p[:n])
			}
		}
		return n, nil
	case err == nil && c.in.errno == 0:
		return 0, io.EOF
	case err == nil:
		err = c.in.errno
	}
	return 0, &net.OpError{Op: "read", Net: "tcp", Addr: c.RemoteAddr(), Err: err}
}

// scan counts frames.
func (c *Conn) scan(p []byte) {
	if c.outbox.framed {
		c.tally.FramesReceived.Add(int64(c.frames.Scan(p)))
	}
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
	p     []byte
	n     int
	errno syscall.Errno
	once  func(fd uintptr)
}

var writings = sync.Pool{New: func() any {
	w := &writing{}
	w.once = func(fd uintptr) { w.n, w.errno = writeNow(fd, w.p) }
	return w
}}

// writeNow writes as much as the kernel takes at once. The error is
// syscall.EAGAIN where that is not all.
func (c *Conn) writeNow(p []byte) (n int, err error) {
	w := writings.Get().(*writing)
	w.p, w.n = p, 0
	if err = c.raw.Control(w.once); err == nil {
		n = w.n
		if w.errno != 0 {
			err = w.errno
		}
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
