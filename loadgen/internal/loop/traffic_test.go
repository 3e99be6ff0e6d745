package loop

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// serveEcho sends back what it is sent, at an address of loopback.
func serveEcho(t *testing.T, address string) *Address {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) // and not by splice
			}()
		}
	}()
	return addressOf(l)
}

// echo sends so many small pieces, each when the one before has come back.
func (l *Loop) echo(t *testing.T, p *peer, c *Conn, n int) {
	t.Helper()
	for range n {
		l.on(func() { c.Write([]byte("hello")) })
		p.await(t, "hello")
	}
}

func (l *Loop) tcp() *result.TCP {
	got := make(chan *result.TCP)
	l.Do(func() { l.TCP(func(tcp *result.TCP) { go func() { got <- tcp }() }) })
	return <-got
}

// headerOf is what the headers of one segment take here.
func headerOf(ip int64) int64 {
	if b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_timestamps"); err == nil && strings.TrimSpace(string(b)) != "0" {
		return ip + 20 + 12
	}
	return ip + 20
}

// Small pieces with an answer each are a segment each, and the answers carry the
// acknowledgements. Connections that have ended, from either side, stay counted.
func TestTCPCounts(t *testing.T) {
	for address, ip := range map[string]int64{"127.0.0.1:0": 20, "[::1]:0": 40} {
		t.Run(address, func(t *testing.T) {
			const conns = 3 * stride // asked in several goes
			a, l, p := serveEcho(t, address), start(t), newPeer()
			before := l.tcp()
			assert.Check(t, *before == (result.TCP{}), "of no connection: %+v", before)
			var all []*Conn
			for range conns {
				all = append(all, l.dial(t, p, a))
			}
			before = l.tcp()
			assert.Check(t, before.Out.DataSegments == 0 && before.Out.Segments >= conns, "after the handshakes: %+v", before)
			data := int64(0)
			check := func(when string) {
				t.Helper()
				got := l.tcp()
				assert.Check(t, got.Out.DataSegments == data && got.In.DataSegments == data, "%s: %d pieces went in %d segments, and came in %d", when, data, got.Out.DataSegments, got.In.DataSegments)
				for _, s := range []result.Segments{got.In, got.Out} {
					assert.Check(t, s.Segments >= s.DataSegments && s.HeaderBytes == s.Segments*headerOf(ip), "%s: %+v, where a header has %d bytes", when, s, headerOf(ip))
				}
			}
			for i, c := range all {
				l.echo(t, p, c, i%3)
				data += int64(i % 3)
			}
			check("open")
			l.on(func() {
				for _, c := range all[:conns/2] {
					c.Close()
				}
			})
			check("half of them closed")
			l.on(func() { _ = unix.Shutdown(int(all[conns-1].fd), unix.SHUT_WR) }) // so that the other side ends, too
			<-p.over
			check("one ended")
			got := make(chan *result.TCP, 2)
			l.on(func() { // connections end while they are asked
				l.FinishTCP(func(tcp *result.TCP) { got <- tcp })
				l.TCP(func(tcp *result.TCP) { got <- tcp })
				l.sweep.step(l)
				for _, c := range all {
					c.Close()
				}
			})
			now, sum := <-got, <-got
			assert.Check(t, *now == *sum, "%+v at once, and later %+v", now, sum)
			assert.Check(t, sum.Out.DataSegments == data && sum.In.DataSegments == data, "%+v, want %d", sum, data)
			check("all closed")
		})
	}
}

// One connection of which the kernel reports nothing makes all unknown.
func TestTCPUnknown(t *testing.T) {
	l, p := start(t), newPeer()
	c := l.dial(t, p, serveEcho(t, "127.0.0.1:0"))
	l.on(func() {
		null, err := os.Open(os.DevNull)
		assert.NilError(t, err)
		defer null.Close()
		assert.NilError(t, unix.Dup2(int(null.Fd()), int(c.fd))) // behind the loop's back
	})
	assert.Check(t, l.tcp() == nil)
	l.on(c.Close)
	assert.Check(t, l.tcp() == nil)
}

// Connections are held from when they are made until they end.
func TestHeld(t *testing.T) {
	a, l, p := serveEcho(t, "127.0.0.1:0"), start(t), newPeer()
	type reading struct{ us, at, held int64 }
	read := func() (r reading) {
		l.on(func() { r.us, r.at = l.HeldUS(); r.held = l.Held })
		return r
	}
	between := func(from, to reading, low, high int64) {
		t.Helper()
		us, while := to.us-from.us, to.at-from.at
		assert.Check(t, us >= low*while && us <= high*while, "%d µs in %d µs", us, while)
	}
	r0 := read()
	c := l.dial(t, p, a)
	l.dial(t, p, a)
	r1 := read()
	l.echo(t, p, c, 10)
	r2 := read()
	l.on(c.Close)
	r3 := read()
	assert.Check(t, r0 == reading{0, r0.at, 0} && r1.held == 2 && r3.held == 1)
	between(r0, r1, 0, 2)
	between(r1, r2, 2, 2)
	between(r2, r3, 1, 2)
	between(r3, read(), 1, 1)
}
