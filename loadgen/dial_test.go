package loadgen_test

import (
	"context"
	"io"
	"net"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/loadgen"
)

// A dial that nobody answers ends with its context, and leaves nothing behind.
func TestDialEndsWithItsContext(t *testing.T) {
	for _, scheme := range []string{"http://", "https://"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		assert.NilError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan bool)
		go func() {
			defer close(served)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			c.Read(make([]byte, 1)) // the client has begun
			cancel()
			io.Copy(io.Discard, c)
		}()
		var m loadgen.Meter
		_, err = loadgen.Dial(ctx, "ws", loadgen.Target{URL: scheme + l.Addr().String(), Meter: &m})
		assert.ErrorIs(t, err, context.Canceled)
		got := m.Totals()
		assert.Check(t, got.Connections == 1 && got.BytesIn == 0, "%+v", got)
		l.Close()
		<-served
	}
}

func TestRoots(t *testing.T) {
	roots, err := loadgen.Roots("")
	assert.Check(t, roots == nil && err == nil, "of nothing: %v, %v", roots, err)
	_, err = loadgen.Roots("no certificate")
	assert.ErrorContains(t, err, "BEGIN CERTIFICATE")
}
