package control

import (
	"errors"
	"net"
	"testing"

	"github.com/pollpush/pollpush/internal/nulltarget"
)

// serveNull serves a null target until the test has ended.
func serveNull(t *testing.T, c nulltarget.Config) (url string) {
	t.Helper()
	s := nulltarget.New(c)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}
