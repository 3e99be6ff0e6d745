package loadgen

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/certificate"
)

// secured returns both ends of a connection by TLS.
func secured(t *testing.T) (*Conn, *tls.Conn) {
	t.Helper()
	own, text, err := certificate.New("127.0.0.1")
	assert.NilError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	accepted := make(chan *tls.Conn, 1)
	go func() {
		defer close(accepted)
		c, err := l.Accept()
		if err != nil {
			return
		}
		s := tls.Server(&throttled{Conn: c}, &tls.Config{Certificates: []tls.Certificate{own}, DynamicRecordSizingDisabled: true})
		s.Handshake() // whose error the client sees
		accepted <- s
	}()
	roots, err := Roots(text)
	assert.NilError(t, err)
	c, _, err := Target{URL: "https://" + l.Addr().String(), Roots: roots, Meter: &Meter{}}.dial(t.Context())
	assert.NilError(t, err)
	s := <-accepted
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

// tlsBytes are the bytes so far, and what of them is TLS.
func (m *Meter) tlsBytes() (in, inTLS, out, outTLS int64) {
	return m.bytesIn.Load(), m.in.tls.Load(), m.bytesOut.Load(), m.out.tls.Load()
}

// recordBytes is what TLS 1.3 adds to the bytes of a record: header, type and tag.
const recordBytes = 5 + 1 + 16

func TestTLSBytesAreALayer(t *testing.T) {
	c, s := secured(t)
	m := c.meter
	in0, inTLS, out0, outTLS := m.tlsBytes()
	if in0 == 0 || in0 != inTLS || out0 == 0 || out0 != outTLS {
		t.Errorf("the handshake: %d bytes in, %d of TLS; %d out, %d of TLS", in0, inTLS, out0, outTLS)
	}
	if m.handshakes.Load() != 1 || !strings.HasPrefix(*m.suite.Load(), "TLS 1.3, TLS_") {
		t.Errorf("%d handshakes, %q", m.handshakes.Load(), *m.suite.Load())
	}
	got := 0
	for i, n := range []int{1, 2, 300, 16 << 10, 1, 16<<10 + 1, 100_000} {
		text := strings.Repeat("x", n)
		go io.WriteString(s, text)
		for want := got + n; got < want; {
			assert.NilError(t, c.Fill())
			got += len(c.Bytes())
			c.Consume(len(c.Bytes()))
		}
		in, inTLS, _, _ := m.tlsBytes()
		assert.Check(t, in-inTLS == int64(got), "piece %d: %d bytes in, %d of TLS, %d of text", i, in, inTLS, got)
	}
	if in, inTLS, _, _ := m.tlsBytes(); inTLS-in0 != recordBytes*(1+1+1+1+1+2+7) {
		t.Errorf("%d bytes in, %d of them TLS", in-in0, inTLS-in0)
	}
	assert.NilError(t, c.Write(make([]byte, 1000)))
	_, err := io.ReadFull(s, make([]byte, 1000))
	assert.NilError(t, err)
	if _, _, out, outTLS := m.tlsBytes(); out-out0 != 1000+recordBytes || outTLS-out0 != recordBytes {
		t.Errorf("%d bytes out, %d of them TLS", out-out0, outTLS-out0)
	}
}

// A record is waited for without a buffer, however much of it is there, and
// nobody waits for the network while the TLS holds one.
func TestTLSIsWaitedForWithoutABuffer(t *testing.T) {
	c, s := secured(t)
	var sealed bytes.Buffer
	s.NetConn().(*throttled).to = &sealed
	fmt.Fprint(s, "first")
	half := sealed.Len() / 2
	fmt.Fprint(s, "second")
	tcp := s.NetConn().(*throttled).Conn

	read := func(want string) {
		t.Helper()
		took := false
		if err := c.raw.Control(func(fd uintptr) { took = c.tryRead(fd) }); err != nil || c.readErr != nil {
			t.Fatal(err, c.readErr)
		}
		if took != (want != "") || string(c.Bytes()) != want || !took && c.in != nil {
			t.Fatalf("%q (%v), want %q; it holds a buffer: %v", c.Bytes(), took, want, c.in != nil)
		}
		if took {
			c.Consume(len(want))
			c.release()
		}
	}
	read("")
	tcp.Write(sealed.Next(half))
	awaitBytes(t, c)
	read("")
	tcp.Write(sealed.Bytes())
	awaitBytes(t, c)
	read("first")
	read("second")
	read("")
}

// throttled is a connection that can be written to elsewhere.
type throttled struct {
	net.Conn
	to io.Writer // nil is the connection itself
}

func (c *throttled) Write(p []byte) (int, error) {
	if c.to != nil {
		return c.to.Write(p)
	}
	return c.Conn.Write(p)
}

// awaitBytes returns when something has come.
func awaitBytes(t *testing.T, c *Conn) {
	t.Helper()
	c.raw.Control(func(fd uintptr) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
		assert.Check(t, n == 1, "nothing has come: %v", err)
	})
}

// A server that has said goodbye has closed, although something has come.
func TestTLSIsNotAliveAfterTheGoodbye(t *testing.T) {
	c, s := secured(t)
	assert.Check(t, c.alive(), "it is not alive at first")
	s.Close()
	awaitBytes(t, c)
	for i := 0; c.alive(); i++ { // the end comes behind the goodbye
		assert.Assert(t, i != 1e6, "it is still alive")
		runtime.Gosched()
	}
	n := c.meter.read()
	assert.Check(t, n.lost == 0 && n.held == 0, "counted %+v, want neither lost nor held", n)
}

// A handshake that nobody answers ends with its context.
func TestTLSHandshakeEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 1)) // the client has begun
		cancel()
		io.Copy(io.Discard, c)
	}()
	m := &Meter{}
	_, _, err = Target{URL: "https://" + l.Addr().String(), Meter: m}.dial(ctx)
	assert.Check(t, errors.Is(err, context.Canceled), "%v", err)
	if c := m.read(); c.opened != 1 || c.held != 0 || c.lost != 0 || m.handshakes.Load() != 0 {
		t.Errorf("opened %d, held %d, lost %d, handshakes %d", c.opened, c.held, c.lost, m.handshakes.Load())
	}
}

func TestTLSErrorsAreNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			c.Read(make([]byte, 1<<10))
			c.(*net.TCPConn).CloseWrite()
		}
	}()
	_, _, err = Target{URL: "https://" + l.Addr().String(), Meter: &Meter{}}.dial(t.Context())
	got := dialError(err)
	assert.Check(t, got == "dial: TLS", "%q of %v", got, err)
}

func TestRoots(t *testing.T) {
	roots, err := Roots("")
	assert.Check(t, roots == nil && err == nil, "of nothing: %v, %v", roots, err)
	_, err = Roots("no certificate")
	assert.Check(t, err != nil && strings.Contains(err.Error(), "BEGIN CERTIFICATE"), "of no certificate: %v", err)
}
