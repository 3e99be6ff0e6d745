package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/clock"
)

// Handler is whom a connection belongs to. All of it is called on the loop.
type Handler interface {
	// Connected is called once the connection can be written to.
	Connected(c *Conn)
	// Received takes in what has come, and returns how many bytes it has used.
	// The rest is offered again once there are need bytes in all, or one more.
	// Neither b nor what it points to may be kept.
	Received(c *Conn, b []byte) (used, need int)
	// Ended is called when the connection has ended or could not be made, but
	// not after Close. Rest was received and not used.
	Ended(c *Conn, rest []byte, err error)
}

// Address is where to connect, and from where.
type Address struct {
	To     []netip.AddrPort // tried one after the other
	Source netip.Addr       // or the zero Addr for the kernel's choice
	TLS    *TLS             // nil in the clear
	// Patience is how long connecting may take, the handshake of TLS included.
	Patience time.Duration
}

// Conn is one TCP connection, counted by its loop.
type Conn struct {
	loop    *Loop
	handler Handler
	address *Address
	fd      int32
	made    int32
	tried   int16 // of address.To
	state   state
	v6      bool

	Tag int8 // what the handler knows it by

	rest []byte // received and not used
	need int
	out  []byte // to be written
	tls  *sealed
	err  error
}

type state int8

const (
	connecting state = iota
	shaking          // hands, for TLS
	open
	closed
)

// Dial begins to connect. The handler hears of it later.
func (l *Loop) Dial(h Handler, a *Address) *Conn {
	c := &Conn{loop: l, handler: h, address: a, fd: -1}
	l.At(Deadline(a.Patience), c, 0)
	if c.err = c.dial(errors.New("no address")); c.err != nil {
		l.failed = append(l.failed, c)
	}
	return c
}

// Deadline is when patience is over that begins now. It is rounded up, so that
// many of them are one wake-up.
func Deadline(patience time.Duration) int64 {
	step := max(1, int64(patience)/8)
	return (clock.Now() + int64(patience) + step - 1) / step * step
}

// dial begins with the next address. The error, where there is none left, is why
// the last one was not connected.
func (c *Conn) dial(err error) error {
	for _, to := range c.address.To[c.tried:] {
		c.tried++
		if err = c.connect(to); err == nil {
			return nil
		}
		c.drop()
	}
	c.loop.Failed++
	return err
}

func (c *Conn) Wake(int64, int) {
	if c.state == connecting {
		c.loop.Failed++
	}
	if c.state < open {
		c.end(fmt.Errorf("not connected within %v: %w", c.address.Patience, context.DeadlineExceeded))
	}
}

func (c *Conn) connect(to netip.AddrPort) error {
	ip := to.Addr().Unmap()
	family := unix.AF_INET
	if c.v6 = ip.Is6(); c.v6 {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.fd = int32(fd)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if source := c.address.Source; source.IsValid() {
		// Without this the port is chosen at bind, and all connections of one
		// source address share its 28,000 ports whatever they connect to.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(source, 0))); err != nil {
			return err
		}
	}
	if err := unix.Connect(fd, sockaddr(netip.AddrPortFrom(ip, to.Port()))); err != nil && err != unix.EINPROGRESS {
		return err
	}
	l := c.loop
	l.made++
	c.made = l.made & 0x7fffffff
	if need := fd + 1 - len(l.conns); need > 0 {
		l.conns = append(l.conns, make([]*Conn, need)...)
	}
	l.conns[fd] = c
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: c.fd, Pad: c.made,
	})
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// connected takes in that connecting has come to its end.
func (c *Conn) connected() {
	failed, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && failed != 0 {
		err = syscall.Errno(failed)
	}
	if err != nil {
		c.drop()
		if err = c.dial(err); err != nil {
			c.end(err)
		}
		return
	}
	c.loop.enter()
	if c.address.TLS != nil {
		c.state = shaking
		c.secure()
		return
	}
	c.state = open
	c.handler.Connected(c)
}

// drop gives up the descriptor, if there is one.
func (c *Conn) drop() {
	if c.fd < 0 {
		return
	}
	if int(c.fd) < len(c.loop.conns) && c.loop.conns[c.fd] == c {
		c.loop.conns[c.fd] = nil
	}
	unix.Close(int(c.fd))
	c.fd = -1
}

func (c *Conn) Write(b []byte) {
	if c.state != open {
		return
	}
	if c.tls != nil {
		c.tls.seal(c, b)
		return
	}
	c.send(b)
}

func (c *Conn) send(b []byte) {
	if len(c.out) == 0 {
		b = c.write(b)
	}
	if len(b) > 0 {
		c.out = append(c.out, b...)
	}
}

func (c *Conn) flush() {
	if c.out = c.write(c.out); len(c.out) == 0 {
		c.out = nil
	}
}

// write returns what of b has no room now.
func (c *Conn) write(b []byte) (rest []byte) {
	n, _ := transfer(syscall.SYS_WRITE, c.fd, b) // what has broken is seen by reading
	c.loop.BytesOut += int64(n)
	return b[n:]
}

// read takes in all that has come. Where the other side has ended, it reads up
// to that.
func (c *Conn) read(ending bool) {
	for c.state < closed {
		space := c.loop.scratch
		if c.tls == nil {
			space = c.space()
		}
		n, err := transfer(syscall.SYS_READ, c.fd, space)
		c.loop.BytesIn += int64(n)
		if err == syscall.EAGAIN {
			return
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		switch {
		case c.tls != nil:
			c.tls.receive(c, space[:n], err)
		case err != nil:
			c.end(err)
		default:
			c.took(space[:n])
		}
		if err != nil || n < len(space) && !ending {
			return // the kernel has no more, and will say so when it has
		}
	}
}

// space is what to read into: the room behind what is left, or what all
// connections read into.
func (c *Conn) space() []byte {
	if len(c.rest) == 0 {
		return c.loop.scratch
	}
	if len(c.rest) == cap(c.rest) {
		c.rest = slices.Grow(c.rest, max(len(c.rest), min(c.need-len(c.rest), maxGrowth), 4<<10))
	}
	return c.rest[len(c.rest):cap(c.rest)]
}

// took offers b, which was read into space, with what was left before.
func (c *Conn) took(b []byte) {
	if len(c.rest) > 0 {
		c.rest = c.rest[:len(c.rest)+len(b)]
		b = c.rest
	}
	if len(b) < c.need {
		c.keep(b)
		return
	}
	var used int
	if used, c.need = c.handler.Received(c, b); c.state != closed {
		c.keep(b[used:])
	}
}

// maxGrowth bounds how much room is made for what was only announced.
const maxGrowth = 1 << 20

// keep keeps what is left of c.rest, or of what was read elsewhere.
func (c *Conn) keep(b []byte) {
	switch {
	case len(b) == 0:
		c.rest = nil
	case len(c.rest) == 0:
		c.rest = append(make([]byte, 0, max(len(b), min(c.need, maxGrowth))), b...)
	case len(b) < len(c.rest):
		c.rest = append(c.rest[:0], b...) // the same memory, and further on in it
	} // else b is c.rest: to move megabytes onto themselves for each piece takes minutes
}

// end takes the connection down and tells the handler.
func (c *Conn) end(err error) {
	if c.state == closed {
		return
	}
	rest := c.rest
	c.Close()
	c.handler.Ended(c, rest, err)
}

// Close drops the connection with a reset, so that tens of thousands of them do
// not stay behind in TIME_WAIT and use up the ports.
func (c *Conn) Close() {
	if c.state == closed {
		return
	}
	was := c.state
	c.state, c.rest, c.out = closed, nil, nil
	if c.tls != nil {
		c.tls.abandon()
		c.tls = nil // an alarm may hold on to c for a while
	}
	if was != connecting {
		c.loop.leave(c)
		_ = unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	c.drop()
}
