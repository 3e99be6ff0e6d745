package loop

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

func TestConnect(t *testing.T) {
	here := serve(t, false, func(c net.Conn) {
		io.WriteString(c, c.RemoteAddr().(*net.TCPAddr).IP.String())
		io.Copy(io.Discard, c)
	}).To[0]
	nobody := closedPort(t)
	loopback6 := netip.AddrPortFrom(netip.IPv6Loopback(), here.Port())
	for name, c := range map[string]struct {
		to     []netip.AddrPort
		source string
		want   string // the address that the server sees
		err    error
	}{
		"the first":             {[]netip.AddrPort{here, nobody}, "", "127.0.0.1", nil},
		"the next":              {[]netip.AddrPort{nobody, nobody, here}, "", "127.0.0.1", nil},
		"none":                  {[]netip.AddrPort{nobody, nobody}, "", "", syscall.ECONNREFUSED},
		"from elsewhere":        {[]netip.AddrPort{here}, "127.0.1.9", "127.0.1.9", nil},
		"from what is not here": {[]netip.AddrPort{here, here}, "192.0.2.1", "", syscall.EADDRNOTAVAIL},
		"from the other family": {[]netip.AddrPort{loopback6, here}, "127.0.1.9", "127.0.1.9", nil},
		"mapped":                {[]netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom16(here.Addr().As16()), here.Port())}, "", "127.0.0.1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			l, p, a := start(t), newPeer(), &Address{To: c.to, Patience: testkit.Patience}
			if c.source != "" {
				a.Source = netip.MustParseAddr(c.source)
			}
			if c.err != nil {
				l.Do(func() { l.Dial(p, a) })
				assert.Check(t, errors.Is((<-p.over).err, c.err))
				got := l.traffic()
				assert.Check(t, got.Opened == 0 && got.Failed == 1 && got.Held == 0, "%+v", got)
				return
			}
			conn := l.dial(t, p, a)
			p.await(t, c.want)
			got := l.traffic()
			assert.Check(t, got.Opened == 1 && got.Failed == 0 && got.Held == 1, "%+v", got)
			l.on(conn.Close)
			assert.Check(t, l.traffic().Held == 0)
		})
	}
}

// A connection that nobody takes can be given up, and is nothing then. It fails
// when its time is over.
func TestNobodyTakes(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	assert.NilError(t, err)
	defer unix.Close(fd)
	assert.NilError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	assert.NilError(t, unix.Listen(fd, 0)) // holds one that is not accepted
	bound, err := unix.Getsockname(fd)
	assert.NilError(t, err)
	a := &Address{To: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(bound.(*unix.SockaddrInet4).Port))}, Patience: testkit.Patience}
	l, p := start(t), newPeer()
	l.dial(t, p, a)
	l.on(func() {
		c := l.Dial(p, a)
		fd := c.fd
		assert.Check(t, c.state == connecting && l.conns[fd] == c)
		c.Close()
		assert.Check(t, l.conns[fd] == nil)
		c.Close() // twice does no harm
	})
	got := l.traffic()
	assert.Check(t, got.Opened == 1 && got.Failed == 0 && got.Held == 1 && len(p.over) == 0, "%+v", got)
	l.on(func() { l.Dial(p, &Address{To: a.To, Patience: time.Millisecond}) })
	assert.ErrorIs(t, (<-p.over).err, context.DeadlineExceeded)
	got = l.traffic()
	assert.Check(t, got.Opened == 1 && got.Failed == 1 && got.Held == 1, "%+v", got)
}

// again dials again when it hears that it could not.
type again struct {
	*peer
	l *Loop
	a *Address
}

func (r again) Ended(c *Conn, rest []byte, err error) {
	r.peer.Ended(c, rest, err)
	if len(r.over) < 3 {
		r.l.Dial(r, r.a)
	}
}

// Who dials again at once, where that fails at once, hears of each.
func TestDialAgain(t *testing.T) {
	l, p := start(t), newPeer()
	a := &Address{To: []netip.AddrPort{closedPort(t)}, Source: netip.MustParseAddr("192.0.2.1"), Patience: testkit.Patience}
	p.over = make(chan ending, 3)
	l.Do(func() { l.Dial(again{p, l, a}, a) })
	testkit.Await(t, "three failures", func() bool { return len(p.over) == 3 })
	l.on(func() {})
	assert.Check(t, l.traffic().Failed == 3)
}

// What a reader that is slow has no room for is written later, in order, and
// counted when it is.
func TestSlowReader(t *testing.T) {
	const piece, n = 50_000, 60
	both(t, func(t *testing.T, secure bool) {
		read, got := make(chan bool), make(chan []byte, 1)
		a := serve(t, secure, func(c net.Conn) {
			io.ReadFull(c, make([]byte, 1)) // with TLS's handshake
			<-read
			b := make([]byte, piece*n)
			io.ReadFull(c, b)
			got <- b
		})
		l, p := start(t), newPeer()
		c := l.dial(t, p, a)
		l.on(func() {
			_ = unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10)
			c.Write([]byte{0})
		})
		before := l.traffic()
		for i := range n {
			l.on(func() { c.Write([]byte(strings.Repeat(string(rune('0'+i)), piece))) })
		}
		l.on(func() {
			pending := int64(len(c.out))
			written := l.BytesOut - before.BytesOut
			assert.Check(t, pending > 0 && written-(l.TLSOut-before.TLSOut)+pending >= piece*n, "%d pending, %d written", pending, written)
		})
		close(read)
		for i, b := range <-got {
			if b != byte('0'+i/piece) {
				t.Fatalf("byte %d is %q", i, b)
			}
		}
		l.on(func() {
			assert.Check(t, c.out == nil, "%d bytes are still to be written", len(c.out))
			out := l.BytesOut - before.BytesOut - (l.TLSOut - before.TLSOut)
			assert.Check(t, out == piece*n, "counted %d bytes", out)
		})
	})
}

// Messages of all sizes come whole, however they are cut, and no sooner than what
// is needed of them is there.
func TestReceive(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		random := rand.New(rand.NewPCG(1, 2))
		var sizes []int
		var stream []byte
		for i := range 60 {
			size := random.IntN(1 << random.IntN(18))
			if i == 30 {
				size = maxGrowth + 500_000 // more than is made room for at once
			}
			sizes = append(sizes, size)
			stream = binary.BigEndian.AppendUint32(stream, uint32(size))
			stream = append(stream, strings.Repeat(string(rune('a'+i%26)), size)...)
		}
		a := serve(t, secure, func(c net.Conn) {
			for rest := stream; len(rest) > 0; {
				n := min(len(rest), 1+random.IntN(100_000))
				c.Write(rest[:n])
				rest = rest[n:]
			}
			io.Copy(io.Discard, c)
		})
		l, p := start(t), newPeer()
		done := make(chan struct{})
		seen, need := 0, 0
		p.take = func(_ *Conn, b []byte) (used, _ int) {
			assert.Check(t, len(b) >= max(1, need), "offered %d bytes, where %d are needed", len(b), need)
			for need = 0; len(b)-used >= 4; seen++ {
				rest := b[used:]
				if need = 4 + int(binary.BigEndian.Uint32(rest)); len(rest) < need {
					return used, need
				}
				if string(rest[4:need]) != strings.Repeat(string(rune('a'+seen%26)), sizes[seen]) {
					t.Errorf("message %d came as something else", seen)
				}
				used, need = used+need, 0
			}
			if seen == len(sizes) {
				close(done)
			}
			return used, 0
		}
		c := l.dial(t, p, a)
		<-done
		got := l.traffic()
		assert.Check(t, got.BytesIn-got.TLSIn == int64(len(stream)), "counted %d bytes, want %d", got.BytesIn-got.TLSIn, len(stream))
		l.on(func() { assert.Check(t, c.rest == nil, "%d bytes are kept", len(c.rest)) })
	})
}

// What is only announced is given no memory.
func TestMoreAnnouncedThanComes(t *testing.T) {
	end := make(chan bool)
	a := serve(t, false, func(c net.Conn) { io.WriteString(c, "0123456789"); <-end })
	l, p, came := start(t), newPeer(), make(chan bool, 2)
	p.take = func(_ *Conn, b []byte) (used, need int) { came <- true; return 1, 1 << 40 }
	c := l.dial(t, p, a)
	<-came
	l.on(func() { assert.Check(t, cap(c.rest) <= 2*maxGrowth, "%d bytes", cap(c.rest)) })
	close(end)
	got := <-p.over
	assert.Check(t, got == ending{"123456789", io.EOF}, "%+v", got)
}

// All that the other side sends before it ends is received before that.
func TestTheOtherSideEnds(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		for name, c := range map[string]struct {
			sent  int
			reset bool
		}{
			"FIN": {0, false}, "data and FIN": {10, false}, "much and FIN": {30_000, false},
			"RST": {0, true}, "data and RST": {10, true}, "much and RST": {30_000, true},
		} {
			t.Run(name, func(t *testing.T) {
				begin, ended := make(chan bool), make(chan bool)
				a := serve(t, secure, func(conn net.Conn) {
					conn.Read(make([]byte, 1))
					<-begin
					io.WriteString(conn, strings.Repeat("x", c.sent))
					tcp := netConn(conn)
					if c.reset {
						tcp.SetLinger(0)
					}
					tcp.Close()
					close(ended)
				})
				l, p := start(t), newPeer()
				l.on(func() { l.scratch = l.scratch[:1000] }) // so that it takes several reads
				got := 0
				p.take = func(_ *Conn, b []byte) (used, need int) { // leaves the last byte
					got += len(b) - 1
					return len(b) - 1, 0
				}
				conn := l.dial(t, p, a)
				l.on(func() { conn.Write([]byte("x")); close(begin); <-ended })
				e := <-p.over
				want := error(io.EOF)
				if c.reset {
					want = syscall.ECONNRESET
				}
				assert.Check(t, errors.Is(e.err, want), "%v", e.err)
				assert.Check(t, got+len(e.rest) == c.sent && len(e.rest) == min(1, c.sent), "received %d and %d bytes, want %d", got, len(e.rest), c.sent)
				assert.Check(t, l.traffic().Held == 0 && conn.fd == -1)
			})
		}
	})
}

// netConn is the TCP connection beneath.
func netConn(c net.Conn) *net.TCPConn {
	if sealed, ok := c.(*tls.Conn); ok {
		c = sealed.NetConn().(*holding).Conn
	}
	return c.(*net.TCPConn)
}

// A handler that closes hears no more, whatever has come meanwhile.
func TestCloseWithinTheHandler(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		a := serve(t, secure, func(c net.Conn) {
			io.WriteString(c, strings.Repeat("x", 10*scratchSize)) // which the client does not read
		})
		l, p, calls := start(t), newPeer(), 0
		p.take = func(c *Conn, b []byte) (used, need int) {
			calls++
			c.Close()
			c.Close()
			c.Write(b)
			p.got <- ""
			return 0, 0
		}
		l.Do(func() { l.Dial(p, a) })
		<-p.got
		l.on(func() {})
		assert.Check(t, calls == 1 && len(p.over) == 0 && l.traffic().Held == 0)
	})
}

// An event of a connection that one before it in the same batch has closed is not
// taken for one of the connection that has got its descriptor.
func TestDescriptorsAreUsedAgain(t *testing.T) {
	begin, said := make(chan bool), make(chan bool)
	a := serve(t, false, func(c net.Conn) {
		<-begin
		io.WriteString(c, "hello")
		said <- true
		io.Copy(io.Discard, c)
	})
	silent := serve(t, false, func(c net.Conn) { io.Copy(io.Discard, c) })
	l := start(t)
	first, second, third := newPeer(), newPeer(), newPeer()
	conns := []*Conn{l.dial(t, first, a), l.dial(t, second, a)}
	var reused bool
	closes := func(other *Conn) func(*Conn, []byte) (int, int) {
		return func(_ *Conn, b []byte) (used, need int) {
			fd := other.fd
			other.Close()
			reused = l.Dial(third, silent).fd == fd
			return len(b), 0
		}
	}
	l.on(func() { // so that both have something when it looks
		first.take, second.take = closes(conns[1]), closes(conns[0])
		close(begin)
		<-said
		<-said
	})
	c := <-third.up
	l.on(func() {
		assert.Check(t, reused && c.state == open && l.Held == 2 && l.Opened == 3, "%+v", l.Traffic)
	})
	assert.Check(t, len(first.over)+len(second.over)+len(third.got)+len(third.over) == 0)
}
