package control

import (
	"errors"
	"net"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/nulltarget"
)

// serveNull serves a null target until the test has ended.
func serveNull(t *testing.T, c nulltarget.Config) (url string) {
	t.Helper()
	s := nulltarget.New(c)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		assert.Check(t, errors.Join(s.Close(), <-served))
	})
	return "http://" + l.Addr().String()
}
