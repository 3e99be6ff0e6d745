package server

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/certificate"
)

// TestOverTLS runs tests of what depends on the connection again, by TLS.
func TestOverTLS(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"slow reader":         TestSlowReaderIsClosedAndOthersGoOn,
		"slow reader is told": TestSlowReaderThatReadsAfterAllIsTold,
		"slow stream":         TestStreamThatIsNotReadIsDropped,
		"stalled reader":      TestStalledReaderIsCut,
		"stalled answer":      TestStalledAnswerIsCut,
		"backlog":             TestBacklogIsDeliveredInOrderOnceThePeerReads,
		"dead peers":          TestDeadPeersAreDropped,
		"idle":                TestIdleConnectionIsClosed,
		"fragments":           TestWebSocketFragmentsAreOneMessage,
		"long replay":         TestWebSocketResumeOfMoreThanTheBacklog,
		"long stream":         TestStreamReplaysMoreThanTheBacklog,
		"closes":              TestWebSocketCloses,
		"long poll ends":      TestLongPollEnds,
		"shutdown":            TestShutdownClosesSockets,
		"shutdown by context": TestShutdownObeysItsContext,
		"shutdown of all":     TestShutdownTellsAllAtOnce,
		"shutdown of streams": TestShutdownEndsStreams,
	} {
		t.Run(name, test)
	}
}

func overTLS(t *testing.T) bool {
	return strings.HasPrefix(t.Name(), "TestOverTLS") || strings.HasSuffix(t.Name(), "by_TLS")
}

// trusted makes a certificate, and what clients trust it by.
func trusted(t *testing.T) (*tls.Certificate, *tls.Config) {
	t.Helper()
	own, text, err := certificate.New("127.0.0.1")
	assert.NilError(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(text))
	return &own, &tls.Config{RootCAs: roots}
}

// alertBytes is how long an alert of TLS 1.3 is.
const alertBytes = 24

func TestOverTLSOnly13(t *testing.T) {
	h := start(t, Config{})
	config := h.tls.Clone()
	config.ServerName, config.MaxVersion = "127.0.0.1", tls.VersionTLS12
	if c, err := tls.Dial("tcp", h.addr, config); err == nil {
		t.Errorf("agreed on %s", tls.VersionName(c.ConnectionState().Version))
		c.Close()
	}
	config.MaxVersion, config.NextProtos = 0, []string{"h2", "http/1.1"}
	c, err := tls.Dial("tcp", h.addr, config)
	assert.NilError(t, err)
	defer c.Close()
	assert.Check(t, is.Equal(c.ConnectionState().NegotiatedProtocol, "http/1.1"), "agreed on")
}

// A connection's end is said before it comes: whoever reads can tell it from one
// that was cut off.
func TestOverTLSGoodbye(t *testing.T) {
	h := start(t, Config{})
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	for _, tt := range []struct{ name, path, fields, end string }{
		{"answered", "/healthz", "Connection: close\r\n", ""},
		{"stream", "/api/rooms/lobby/events", "", "x"},
		{"WebSocket closed by the client", "/api/rooms/lobby/ws", upgrade, "\x88\x80\x00\x00\x00\x00"},
		{"WebSocket closed by the server", "/api/rooms/lobby/ws", upgrade, "\x8f\x80\x00\x00\x00\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tcp, err := h.dial(t.Context(), "tcp", h.addr)
			assert.NilError(t, err)
			defer tcp.Close()
			tcp.SetDeadline(time.Now().Add(patience))
			wire := &recorded{Conn: tcp}
			config := h.tls.Clone()
			config.ServerName = "127.0.0.1"
			c := tls.Client(wire, config)
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", tt.path, tt.fields)
			r := bufio.NewReader(c)
			_, err = http.ReadResponse(r, nil)
			assert.NilError(t, err)
			if tt.end == "x" {
				c.CloseWrite()
			} else {
				io.WriteString(c, tt.end)
			}
			_, err = io.Copy(io.Discard, r)
			assert.NilError(t, err)
			n := wire.last()
			assert.Check(t, n == alertBytes, "the last record has %d bytes, want %d: an alert's", n, alertBytes)
		})
	}
}

// recorded keeps what came.
type recorded struct {
	net.Conn
	came []byte
}

func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.came = append(r.came, p[:n]...)
	return n, err
}

// last is the size of the last record (RFC 8446, 5.1), or of what there is of it.
func (r *recorded) last() (n int) {
	for rest := r.came; len(rest) > 0; rest = rest[n:] {
		n = len(rest)
		if n >= 5 {
			n = min(n, 5+int(binary.BigEndian.Uint16(rest[3:])))
		}
	}
	return n
}

// What TLS has to say while a connection is read reaches the peer, and in order.
func TestOverTLSAlerts(t *testing.T) {
	h := start(t, Config{})
	c := h.connect().(*tls.Conn)
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(c, "GET /api/rooms/lobby/events HTTP/1.1\r\nHost: x\r\n\r\n")
	r := bufio.NewReader(c)
	_, err := http.ReadResponse(r, nil)
	assert.NilError(t, err)
	h.post("lobby", "hello")
	forged := append([]byte{23, 3, 3, 0, 32}, make([]byte, 32)...) // a record that is not the client's
	_, err = c.NetConn().Write(forged)
	assert.NilError(t, err)
	_, err = io.Copy(io.Discard, r)
	assert.Check(t, err != nil && err.Error() == "remote error: tls: bad record MAC", "ended by %v", err)
}
