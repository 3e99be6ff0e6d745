package loadgen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/localhost"
)

// Conn is one counted TCP connection. Its reads park without holding a
// buffer: thousands of idle clients share the few buffers that are in use.
type Conn struct {
	tcp   *net.TCPConn
	raw   syscall.RawConn
	meter *Meter
	tls   *session // nil in the clear

	cookies *Cookies // of its client; nil keeps none

	in      *buffer // nil while parked
	readErr error
	attempt func(fd uintptr) bool // c.tryRead, bound once: binding allocates

	asked  atomic.Bool // a request is out and its answer is not in
	sent   int64       // when that request was
	over   atomic.Bool // the other side has announced the end, or it has come
	last   bool        // by the last answer
	once   bool        // requests here must not be repeated
	reused bool        // an answer has come
	stream bool        // what comes now answers no request
	closed atomic.Bool // by us
	ended  sync.Once
}

// A buffer serves a connection that has something to read: data[from:] was
// read and not yet consumed.
type buffer struct {
	data []byte
	from int
}

// bufferSize holds what one client is likely to get in one go. Larger buffers
// are left to the garbage collector.
const bufferSize = 16 << 10

var buffers = sync.Pool{New: func() any { return &buffer{data: make([]byte, 0, bufferSize)} }}

// room makes space for a read and returns it.
func (b *buffer) room() []byte {
	if len(b.data) == cap(b.data) {
		unread := b.data[b.from:]
		if b.from < len(b.data)/2 {
			b.data = make([]byte, 0, 2*cap(b.data))
		}
		b.data = append(b.data[:0], unread...)
		b.from = 0
	}
	return b.data[len(b.data):cap(b.data)]
}

// Dial connects to addr ("host:port") and counts the connection, or its
// failure, but not that it was called off.
func (m *Meter) Dial(ctx context.Context, addr string, source netip.Addr) (*Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	if source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		// Without this the port is chosen at bind, and all connections of one
		// source address share its 28,000 ports whatever they connect to.
		d.Control = func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
			})
		}
	}
	nc, err := localhost.Dial(ctx, &d, "tcp", addr)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			m.failed.Add(1)
		}
		return nil, err
	}
	tcp := nc.(*net.TCPConn)
	raw, _ := tcp.SyscallConn() // fails where there is no connection
	c := &Conn{tcp: tcp, raw: raw, meter: m}
	c.attempt = c.tryRead
	m.opened.Add(1)
	m.held.add(1)
	m.open.enter(c)
	return c, nil
}

// Write writes all of b in one piece: concurrent writes do not mix.
func (c *Conn) Write(b []byte) error {
	if c.closed.Load() {
		return errUnsent
	}
	if c.tls != nil {
		return c.tls.write(b)
	}
	n, err := c.tcp.Write(b)
	c.meter.bytesOut.Add(int64(n))
	return err
}

// Bytes are those read and not yet consumed. They hold until [Conn.Fill].
func (c *Conn) Bytes() []byte {
	if c.in == nil {
		return nil
	}
	return c.in.data[c.in.from:]
}

// Consume drops the first n of Bytes.
func (c *Conn) Consume(n int) { c.in.from += n }

// Fill waits until the other side has sent something and adds it to Bytes.
// It is for one goroutine only.
func (c *Conn) Fill() error {
	if c.in != nil && c.in.from == len(c.in.data) {
		c.release()
	}
	c.readErr = nil
	err := c.raw.Read(c.attempt)
	if c.readErr != nil {
		err = c.readErr
	}
	if err != nil {
		c.end(err)
	}
	return err
}

// end takes the connection down as no longer held, and as lost unless it was
// closed from here, or the other side ended it where nothing is broken off.
func (c *Conn) end(err error) {
	if c.closed.Load() {
		return
	}
	c.ended.Do(func() {
		if !c.retires(err) {
			c.meter.lost.Add(1)
		}
		c.meter.held.add(-1)
		c.meter.open.leave(c)
	})
}

// alive looks, without waiting or taking anything, whether an idle connection
// can still be used: servers close those that have been idle for long. What has
// come does not tell, since TLS says goodbye before the end.
func (c *Conn) alive() bool {
	ended := true
	ctl := c.raw.Control(func(fd uintptr) {
		state := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(state, 0)
		ended = err == nil && n > 0
	})
	if ctl == nil && !ended {
		return true
	}
	c.end(io.EOF)
	return false
}

// tryRead reads what there is into a buffer, taken from the pool only now,
// and reports false, the buffer given back, where there is nothing yet.
func (c *Conn) tryRead(fd uintptr) bool {
	parked := c.in == nil
	if parked {
		c.in = buffers.Get().(*buffer)
	}
	var n int
	var err error
	if room := c.in.room(); c.tls != nil {
		n, err = c.tls.read(int(fd), room)
	} else {
		n, err = readNow(int(fd), room)
		c.meter.bytesIn.Add(int64(n))
	}
	switch {
	case err == syscall.EAGAIN:
		if parked {
			c.release()
		}
		return false
	case err != nil:
		c.readErr = err
	case n == 0:
		c.readErr = io.EOF
	default:
		c.in.data = c.in.data[:len(c.in.data)+n]
	}
	return true
}

// readNow is syscall.Read, but for an interruption, and that n is never negative.
func readNow(fd int, p []byte) (n int, err error) {
	for n, err = syscall.Read(fd, p); err == syscall.EINTR; {
		n, err = syscall.Read(fd, p)
	}
	return max(n, 0), err
}

func (c *Conn) release() {
	if cap(c.in.data) == bufferSize {
		c.in.data, c.in.from = c.in.data[:0], 0
		buffers.Put(c.in)
	}
	c.in = nil
}

// Close drops the connection with a reset, so that tens of thousands of them
// do not stay behind in TIME_WAIT and use up the ports.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.ended.Do(func() { c.meter.held.add(-1); c.meter.open.leave(c) })
	_ = c.tcp.SetLinger(0)
	return c.tcp.Close()
}

// errTLS marks a connection whose TLS handshake has failed.
var errTLS = errors.New("TLS handshake failed")

// Roots returns the certificates of a PEM text, for [Target.Roots]: nil, which
// means the system's, for the empty text.
func Roots(certificates string) (*x509.CertPool, error) {
	if certificates == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(certificates)) {
		return nil, fmt.Errorf("found no certificate in %.40q: give one in PEM, which begins with -----BEGIN CERTIFICATE-----", certificates)
	}
	return roots, nil
}

// session is the TLS of a Conn.
type session struct {
	*tls.Conn
	below *encrypted
}

// encrypted is a Conn as its TLS sees it: it counts what is on the wire.
type encrypted struct {
	*net.TCPConn
	conn *Conn
	fd   int // to read from without waiting; negative in the handshake, which waits
}

// secure does the handshake with a host. No session is ever resumed: each client
// is a person of its own, who has not been here before.
func (c *Conn) secure(ctx context.Context, host string, roots *x509.CertPool) error {
	below := &encrypted{c.tcp, c, -1}
	s := &session{tls.Client(below, &tls.Config{ServerName: host, RootCAs: roots, NextProtos: []string{"http/1.1"}}), below}
	if err := s.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%w: %w%s", errTLS, err, tlsRemedy(err))
	}
	state := s.ConnectionState()
	suite := tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite)
	c.meter.suite.CompareAndSwap(nil, &suite)
	c.meter.handshakes.Add(1)
	c.tls = s
	return nil
}

// tlsRemedy says what can be done where a handshake has failed.
func tlsRemedy(err error) string {
	var untrusted *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		return "; trust the certificate, or the authority that signed it"
	case errors.As(err, &plain):
		return "; does the server speak TLS on this port?"
	}
	return ""
}

// read reads what is there from a descriptor that does not block, as
// [syscall.Read] does. The bytes that it waits for may be in the TLS already, so
// nobody waits for the descriptor who has not read before.
func (s *session) read(fd int, p []byte) (int, error) {
	s.below.fd = fd
	n, err := s.Conn.Read(p)
	s.below.conn.meter.in.tls.Add(-int64(n))
	switch {
	case n > 0: // an error comes again
		return n, nil
	case err == os.ErrDeadlineExceeded:
		return 0, syscall.EAGAIN
	case err == io.EOF:
		return 0, nil
	}
	return 0, err
}

func (s *session) write(p []byte) error {
	n, err := s.Conn.Write(p)
	s.below.conn.meter.out.tls.Add(-int64(n))
	return err
}

// Read is for the TLS alone. Where there is nothing, its error is the one after
// which a tls.Conn can be read again.
func (e *encrypted) Read(p []byte) (n int, err error) {
	if e.fd < 0 {
		n, err = e.TCPConn.Read(p)
	} else if n, err = readNow(e.fd, p); err == syscall.EAGAIN {
		return 0, os.ErrDeadlineExceeded
	} else if n == 0 && err == nil {
		err = io.EOF
	}
	e.conn.meter.bytesIn.Add(int64(n))
	e.conn.meter.in.tls.Add(int64(n))
	return n, err
}

func (e *encrypted) Write(p []byte) (int, error) {
	n, err := e.TCPConn.Write(p)
	e.conn.meter.bytesOut.Add(int64(n))
	e.conn.meter.out.tls.Add(int64(n))
	return n, err
}

// Close is what a handshake that takes too long is ended by.
func (e *encrypted) Close() error { return e.conn.Close() }
