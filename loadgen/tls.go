package loadgen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// errTLS marks a connection whose TLS handshake has failed.
var errTLS = errors.New("TLS handshake failed")

// Roots returns the certificates of a PEM text, for [Target.Roots]: nil, which
// stands for the system's, for the empty text.
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
