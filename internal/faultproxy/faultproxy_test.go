package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start begins a proxy to a server whose connections are all handed to serve.
func start(t *testing.T, f Faults, serve func(net.Conn)) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	p, err := Start(l.Addr().String(), f)
	assert.NilError(t, err)
	serving := make(chan struct{})
	go func() {
		defer close(serving)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		p.Close()
		<-serving
	})
	return p
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	assert.NilError(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func echo(c net.Conn) { io.Copy(c, c) }

// roundTrip sends text and waits until it is back.
func roundTrip(t *testing.T, c net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	assert.NilError(t, err)
	got := make([]byte, len(text))
	_, err = io.ReadFull(c, got)
	assert.Assert(t, err == nil && string(got) == text, "%.40q came back for %.40q: %v", got, text, err)
}

// Many pieces are under way at once: a delay is none of the throughput's.
func TestDelay(t *testing.T) {
	const delay, pieces = 40 * time.Millisecond, 200
	p := start(t, Faults{Delay: delay}, echo)
	c := dial(t, p)
	sent := make(chan time.Time, pieces)
	go func() {
		for i := range pieces {
			sent <- time.Now()
			c.Write([]byte{byte(i)})
		}
	}()
	begun, b := testkit.Now(), make([]byte, 1)
	for i := range pieces {
		_, err := io.ReadFull(c, b)
		assert.Assert(t, err == nil && b[0] == byte(i), "piece %d: %d, %v", i, b[0], err)
		took := time.Since(<-sent)
		assert.Assert(t, took >= 2*delay, "piece %d was back after %v, sooner than twice %v", i, took, delay)
	}
	took := begun.Calm()
	assert.Check(t, took <= pieces*delay, "%d pieces took %v: they wait for one another", pieces, took)
}

func TestReset(t *testing.T) {
	const after = 70_000
	p := start(t, Faults{ResetAfter: func(n int) int64 { return []int64{0, after}[n] }}, func(c net.Conn) { c.Write(make([]byte, 2*after)) })
	for i, want := range []struct {
		bytes int64
		err   error
	}{{2 * after, nil}, {after, syscall.ECONNRESET}} {
		var n int64
		c, err := net.Dial("tcp", p.Addr())
		if err == nil { // a reset may be there before
			n, err = io.Copy(io.Discard, c)
			c.Close()
		}
		if n != want.bytes && want.err == nil || n > want.bytes || !errors.Is(err, want.err) {
			t.Errorf("connection %d: %d bytes, %v; want %d, %v", i, n, err, want.bytes, want.err)
		}
	}
	c := p.Counts(nil)
	assert.Check(t, c.BytesIn == 3*after && c.Connections == 2, "%+v, want %d bytes on 2 connections", c, 3*after)
}

func TestRefuse(t *testing.T) {
	p := start(t, Faults{Refuse: func(request string) bool { return request == "GET /metrics" }}, echo)
	c := dial(t, p)
	io.WriteString(c, "GET /metrics HTTP/1.1\r\n\r\n")
	got, err := io.ReadAll(c)
	assert.Check(t, len(got) == 0 && errors.Is(err, syscall.ECONNRESET), "%q, %v", got, err)
	roundTrip(t, dial(t, p), "GET /metrics/more HTTP/1.1\r\n\r\n")
	n := p.Counts(func(request string) bool { return request == "GET /metrics/more" })
	assert.Check(t, n.Requests == 1 && n.Connections == 1, "%+v, want one request on one connection", n)
	n = p.Counts(nil)
	assert.Check(t, n.Requests == 2 && n.Connections == 2, "%+v, want two of each in all", n)
}

// How one side ends is how the other sees it.
func TestEnds(t *testing.T) {
	ended := make(chan error, 2)
	p := start(t, Faults{Delay: 10 * time.Millisecond}, func(c net.Conn) {
		b, err := io.ReadAll(c)
		ended <- err
		c.Write(b) // the other direction still stands
	})
	c := dial(t, p)
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		c.Write(big)
		c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	assert.Check(t, err == nil && bytes.Equal(got, big), "%d bytes of %d came back, %v", len(got), len(big), err)
	if err := <-ended; err != nil {
		t.Errorf("the server saw %v at the client's end", err)
	}
	c = dial(t, p)
	(*net.TCPConn).SetLinger(c, 0)
	c.Close()
	err = <-ended
	assert.Check(t, errors.Is(err, syscall.ECONNRESET), "the server saw %v at the client's reset", err)
}

func TestNoServer(t *testing.T) {
	p, err := Start("127.0.0.1:1", Faults{})
	assert.NilError(t, err)
	defer p.Close()
	var got []byte
	c, err := net.Dial("tcp", p.Addr())
	if err == nil { // else the reset has come before the dial's end
		defer c.Close()
		got, err = io.ReadAll(c)
	}
	assert.Check(t, len(got) == 0 && errors.Is(err, syscall.ECONNRESET), "%q, %v", got, err)
}

// Close ends what waits for a delay or a reader.
func TestCloseEndsAll(t *testing.T) {
	for name, f := range map[string]Faults{"delay": {Delay: time.Hour}, "plain": {}} {
		t.Run(name, func(t *testing.T) {
			p := start(t, f, func(c net.Conn) { c.Write(make([]byte, 64<<20)) }) // which nobody reads
			dial(t, p)
			c := dial(t, p)
			if name == "plain" {
				_, err := io.ReadFull(c, make([]byte, 1000))
				assert.NilError(t, err)
			}
			c.Write([]byte("x"))
			p.Close()
			_, err := io.Copy(io.Discard, c)
			assert.Check(t, errors.Is(err, syscall.ECONNRESET) || name == "plain", "the connection ended by %v", err)
		})
	}
}
