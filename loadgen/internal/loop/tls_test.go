package loop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// recordBytes is what TLS 1.3 adds to the bytes of a record: header, type and tag.
const recordBytes = 5 + 1 + 16

func TestTLSBytesAreALayer(t *testing.T) {
	pieces := make(chan int)
	a := serve(t, true, func(c net.Conn) {
		io.ReadFull(c, make([]byte, 1000))
		for n := range pieces {
			io.WriteString(c, strings.Repeat("x", n))
		}
	})
	l, p := start(t), newPeer()
	c := l.dial(t, p, a)
	shook := l.traffic()
	if shook.BytesIn == 0 || shook.BytesIn != shook.TLSIn || shook.BytesOut == 0 || shook.BytesOut != shook.TLSOut {
		t.Errorf("the handshake: %+v", shook)
	}
	assert.Check(t, shook.Handshakes == 1 && strings.HasPrefix(shook.Suite, "TLS 1.3, TLS_"), "%+v", shook)
	l.on(func() { c.Write(make([]byte, 1000)) })
	got := l.traffic()
	if out, sealed := got.BytesOut-shook.BytesOut, got.TLSOut-shook.TLSOut; out != 1000+recordBytes || sealed != recordBytes {
		t.Errorf("%d bytes out, %d of them TLS", out, sealed)
	}
	before := l.traffic() // the server's tickets are in it, or in the first piece
	all := int64(0)
	for i, n := range []int{1, 2, 300, 16 << 10, 1, 16<<10 + 1, 100_000} {
		pieces <- n
		p.await(t, strings.Repeat("x", n))
		all += int64(n)
		got := l.traffic()
		assert.Check(t, got.BytesIn-got.TLSIn == all, "piece %d: %+v, %d of text", i, got, all)
		if i == 0 {
			before = got
		}
	}
	if got := l.traffic(); got.TLSIn-before.TLSIn != recordBytes*(1+1+1+1+2+7) {
		t.Errorf("%d bytes of TLS around the pieces", got.TLSIn-before.TLSIn)
	}
	close(pieces)
	assert.Check(t, (<-p.over).err == io.EOF) // by the goodbye
}

// A record is passed on when all of it is there, and idle connections hold no
// buffers.
func TestTLSHoldsNothingWhileIdle(t *testing.T) {
	next := make(chan bool)
	a := serve(t, true, func(c net.Conn) {
		c.Read(make([]byte, 1))
		held := c.(*tls.Conn).NetConn().(*holding)
		held.on = true
		io.WriteString(c, "first")
		io.WriteString(c, "second")
		held.Conn.Write(held.Next(10))
		<-next
		held.Conn.Write(held.Bytes())
		<-next
	})
	l, p := start(t), newPeer()
	c := l.dial(t, p, a)
	idle := func() {
		l.on(func() {
			n := cap(c.tls.in) + cap(c.tls.out) + cap(c.rest) + cap(c.out)
			assert.Check(t, n == 0, "%d bytes are held", n)
		})
	}
	idle()
	before := l.traffic().TLSIn
	l.on(func() { c.Write([]byte("x")) })
	testkit.Await(t, "part of a record", func() bool { return l.traffic().TLSIn-before >= 10 })
	idle()
	assert.Check(t, len(p.got) == 0)
	next <- true
	p.await(t, "firstsecond")
	idle()
	close(next)
	<-p.over
}

// Handshakes that fail say why, and what to do.
func TestTLSErrorsAreNamed(t *testing.T) {
	plain := func(first, then string) func(c net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, first)
			c.Read(make([]byte, 4<<10))
			io.WriteString(c, then)
			if then != "" {
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			}
		}
	}
	for name, c := range map[string]struct {
		secure bool
		serve  func(net.Conn)
		want   string
	}{
		"answers in the clear": {false, plain("", "HTTP/1.1 400 Bad Request\r\n\r\n"), "does the server speak TLS on this port?"},
		"greets in the clear":  {false, plain("220 Welcome!\r\n", "500 What?\r\n"), "does the server speak TLS on this port?"},
		"is not trusted":       {true, func(c net.Conn) { c.Read(make([]byte, 1)) }, "trust the certificate"},
		"ends":                 {false, plain("", ""), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, c.secure, c.serve)
			a.TLS = &TLS{Name: "127.0.0.1", Roots: x509.NewCertPool()}
			l, p := start(t), newPeer()
			l.Do(func() { l.Dial(p, a) })
			e := <-p.over
			assert.Check(t, errors.Is(e.err, ErrTLS) && strings.Contains(e.err.Error(), c.want), "%v", e.err)
			got := l.traffic()
			assert.Check(t, got.Opened == 1 && got.Held == 0 && got.Handshakes == 0 && got.BytesIn == got.TLSIn && got.BytesOut == got.TLSOut, "%+v", got)
		})
	}
}

// A server that has greeted before anybody looked is heard.
func TestTLSAfterAGreeting(t *testing.T) {
	greeted := make(chan bool)
	a := serve(t, false, func(c net.Conn) {
		io.WriteString(c, "220 Welcome!\r\n")
		greeted <- true
		io.Copy(io.Discard, c)
	})
	a.TLS = &TLS{Name: "127.0.0.1"}
	l, p := start(t), newPeer()
	l.on(func() { l.Dial(p, a); <-greeted })
	e := <-p.over
	assert.Check(t, errors.Is(e.err, ErrTLS), "%v", e.err)
}

// A handshake that nobody answers holds up nothing but itself, and can be given up.
// It fails when its time is over.
func TestTLSHandshakeUnanswered(t *testing.T) {
	begun := make(chan bool, 2)
	a := serve(t, false, func(c net.Conn) { c.Read(make([]byte, 1)); begun <- true; io.Copy(io.Discard, c) })
	a.TLS = &TLS{Name: "127.0.0.1"}
	l, p := start(t), newPeer()
	var c *Conn
	l.on(func() { c = l.Dial(p, a) })
	<-begun
	l.on(func() { assert.Check(t, c.state == shaking && l.Held == 1); c.Close() })
	assert.Check(t, l.traffic().Held == 0 && len(p.over) == 0 && len(p.up) == 0)
	a.Patience = 50 * time.Millisecond
	l.on(func() { l.Dial(p, a) })
	assert.ErrorIs(t, (<-p.over).err, context.DeadlineExceeded)
	assert.Check(t, l.traffic().Held == 0)
}
