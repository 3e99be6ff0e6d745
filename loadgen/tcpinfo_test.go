package loadgen

import (
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// serveEcho sends back what it is sent.
func serveEcho(t *testing.T, network, address string) (addr string) {
	t.Helper()
	l, err := net.Listen(network, address)
	assert.NilError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}) // and not by splice
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String()
}

// echo sends so many small pieces, each when the one before has come back.
func echo(t *testing.T, c *Conn, n int) {
	t.Helper()
	for range n {
		assert.NilError(t, c.Write([]byte("hello")))
		for got := 0; got < len("hello"); {
			assert.NilError(t, c.Fill())
			got += len(c.Bytes())
			c.Consume(len(c.Bytes()))
		}
	}
}

// headerOf is what the headers of one segment take here.
func headerOf(ip int64) int64 {
	if b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_timestamps"); err == nil && strings.TrimSpace(string(b)) != "0" {
		return ip + 20 + 12
	}
	return ip + 20
}

// Small pieces with an answer each are a segment each, and the answers carry
// the acknowledgements.
func TestTCPCounts(t *testing.T) {
	const n = 40
	for _, c := range []struct {
		network, address string
		ip               int64
	}{
		{"tcp4", "127.0.0.1:0", 20},
		{"tcp6", "[::1]:0", 40},
	} {
		if l, err := net.Listen("tcp", c.address); err != nil {
			t.Logf("left out: %v", err)
			continue
		} else {
			l.Close()
		}
		t.Run(c.network, func(t *testing.T) {
			m := &Meter{}
			conn, err := m.Dial(t.Context(), serveEcho(t, c.network, c.address), netip.Addr{})
			assert.NilError(t, err)
			defer conn.Close()
			before := m.TCP()
			assert.Assert(t, before != nil && before.Out.DataSegments == 0 && before.Out.Segments >= 1, "after the handshake: %+v", before)
			echo(t, conn, n)
			after := m.TCP()
			got := result.Sub(*after, *before)
			if got.Out.DataSegments != n || got.In.DataSegments != n {
				t.Errorf("%d pieces went in %d segments, and came in %d", n, got.Out.DataSegments, got.In.DataSegments)
			}
			for way, s := range map[string]result.Segments{"in": after.In, "out": after.Out} {
				if s.Segments < s.DataSegments || s.HeaderBytes != s.Segments*headerOf(c.ip) {
					t.Errorf("%s: %+v, where a header has %d bytes", way, s, headerOf(c.ip))
				}
			}
		})
	}
}

// Connections that have ended, from either side, stay counted.
func TestTCPCountsWhatHasEnded(t *testing.T) {
	m := &Meter{}
	addr := serveEcho(t, "tcp4", "127.0.0.1:0")
	var conns []*Conn
	var data int64
	for i := range 5 {
		c, err := m.Dial(t.Context(), addr, netip.Addr{})
		assert.NilError(t, err)
		defer c.Close()
		conns = append(conns, c)
		echo(t, c, i+1)
		data += int64(i + 1)
	}
	for _, i := range []int{2, 4, 0, 3, 1} {
		if i == 3 { // by the other side
			conns[i].tcp.CloseWrite()
			err := conns[i].Fill()
			assert.Check(t, err == io.EOF, "after the end: %v", err)
		}
		conns[i].Close()
		conns[i].Close()
		open := len(m.open.conns)
		if open != int(m.read().held) {
			t.Errorf("%d connections are listed, and %d held", open, m.read().held)
		}
		if got := m.TCP(); got == nil || got.Out.DataSegments != data || got.In.DataSegments != data {
			t.Errorf("with %d open: %+v, want %d segments with data", open, got, data)
		}
	}
}

// One connection of which the kernel tells nothing makes all unknown.
func TestTCPUntold(t *testing.T) {
	m := &Meter{}
	got := m.TCP()
	assert.Check(t, got != nil && *got == (result.TCP{}), "of no connection: %+v", got)
	c, err := m.Dial(t.Context(), serveEcho(t, "tcp4", "127.0.0.1:0"), netip.Addr{})
	assert.NilError(t, err)
	defer c.Close()
	c.tcp.Close() // behind the meter's back: its socket cannot be asked any more
	got = m.TCP()
	assert.Check(t, got == nil, "of a closed socket: %+v", got)
	c.Close()
	got = m.TCP()
	assert.Check(t, got == nil, "later: %+v", got)
}
