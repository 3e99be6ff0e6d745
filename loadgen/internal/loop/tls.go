package loop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// TLS is how connections to one server are secured. No session is ever resumed:
// each client is a person of its own, who has not been here before.
type TLS struct {
	Name  string         // of the server
	Roots *x509.CertPool // nil trusts the system's
}

// ErrTLS marks a connection whose TLS handshake has failed.
var ErrTLS = errors.New("TLS handshake failed")

// sealed is the TLS of a Conn: a tls.Conn over memory. The handshake, which is
// long, is done by a goroutine of its own that waits for what the loop brings.
// What comes after it is done on the loop: a tls.Conn can be read again after
// an error that says "not yet".
type sealed struct {
	*tls.Conn
	mu    sync.Mutex // held in the handshake, by memory
	more  *sync.Cond // something has come, or the end
	in    []byte
	out   []byte
	ended error
	loop  *Loop // that writes what the handshake sends; nil after it
	conn  *Conn
}

func (c *Conn) secure() {
	s := &sealed{loop: c.loop, conn: c}
	s.more = sync.NewCond(&s.mu)
	s.Conn = tls.Client(memory{nil, s}, &tls.Config{ServerName: c.address.TLS.Name, RootCAs: c.address.TLS.Roots, NextProtos: []string{"http/1.1"}})
	c.tls = s
	go func() {
		err := s.HandshakeContext(context.Background())
		s.mu.Lock()
		s.loop = nil
		s.mu.Unlock()
		c.loop.Do(func() { c.secured(err) })
	}()
}

// secured takes in that the handshake has come to its end.
func (c *Conn) secured(err error) {
	if c.state == closed {
		return
	}
	c.tls.flush(c)
	if err != nil {
		c.end(fmt.Errorf("%w: %w%s", ErrTLS, err, remedy(err)))
		return
	}
	l := c.loop
	if l.Suite == "" {
		state := c.tls.ConnectionState()
		l.Suite = tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite)
	}
	l.Handshakes++
	c.state = open
	c.handler.Connected(c)
	c.tls.unseal(c) // what has come already
}

// remedy says what can be done where a handshake has failed.
func remedy(err error) string {
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

// receive takes in what has come on the wire, and end, if it is not nil, behind
// it.
func (s *sealed) receive(c *Conn, wire []byte, end error) {
	c.loop.TLSIn += int64(len(wire))
	s.mu.Lock()
	s.in = append(s.in, wire...)
	if end != nil {
		s.ended = end
	}
	s.more.Signal()
	s.mu.Unlock()
	if c.state == open {
		s.unseal(c)
	}
}

// unseal offers what has come to the handler.
func (s *sealed) unseal(c *Conn) {
	for c.state == open {
		space := c.space()
		n, err := s.Read(space)
		c.loop.TLSIn -= int64(n)
		if n > 0 {
			c.took(space[:n])
		}
		switch {
		case c.state != open:
		case err == os.ErrDeadlineExceeded:
			s.flush(c)
			return
		case err != nil:
			c.end(err)
		}
	}
}

func (s *sealed) seal(c *Conn, b []byte) {
	_, _ = s.Conn.Write(b) // to memory
	c.loop.TLSOut -= int64(len(b))
	s.flush(c)
}

// flush puts on the wire what TLS has written.
func (s *sealed) flush(c *Conn) {
	s.mu.Lock()
	out := s.out
	s.out = nil
	s.mu.Unlock()
	if len(out) > 0 {
		c.loop.TLSOut += int64(len(out))
		c.send(out)
	}
}

// abandon ends a handshake that still goes on.
func (s *sealed) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = net.ErrClosed
	}
	s.more.Signal()
}

// memory is a sealed as its tls.Conn sees it: the wire. Of a net.Conn's other
// methods a tls.Conn that is never closed needs none.
type memory struct {
	net.Conn // nil
	s        *sealed
}

func (m memory) Read(p []byte) (int, error) {
	s := m.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.loop != nil && len(s.in) == 0 && s.ended == nil {
		s.more.Wait()
	}
	if len(s.in) == 0 {
		if s.ended != nil {
			return 0, s.ended
		}
		return 0, os.ErrDeadlineExceeded // after which a tls.Conn can be read again
	}
	n := copy(p, s.in)
	if s.in = s.in[n:]; len(s.in) == 0 {
		s.in = nil
	}
	return n, nil
}

func (m memory) Write(p []byte) (int, error) {
	s := m.s
	s.mu.Lock()
	s.out = append(s.out, p...)
	loop := s.loop
	s.mu.Unlock()
	if loop != nil {
		loop.Do(func() {
			if s.conn.state < closed {
				s.flush(s.conn)
			}
		})
	}
	return len(p), nil
}
