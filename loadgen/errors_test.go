package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// Every kind of error is one that is known by whose fault it is.
func TestErrorKinds(t *testing.T) {
	system := func(call string, errno syscall.Errno) error {
		return os.NewSyscallError(call, errno)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		err  error
		want string
		side result.Side
	}{
		{"nobody listens", system("connect", syscall.ECONNREFUSED), "refused", result.TargetSide},
		{"the process's descriptors", system("socket", syscall.EMFILE), "out of descriptors", result.GeneratorSide},
		{"the system's descriptors", system("socket", syscall.ENFILE), "out of descriptors", result.GeneratorSide},
		{"no port left", system("connect", syscall.EADDRNOTAVAIL), "out of ports", result.GeneratorSide},
		{"no buffers", system("connect", syscall.ENOBUFS), "out of memory", result.GeneratorSide},
		{"too slow", fmt.Errorf("not ready: %w", context.DeadlineExceeded), "timeout", result.TargetSide},
		{"too slow for the kernel", system("connect", syscall.ETIMEDOUT), "timeout", result.TargetSide},
		{"an answer", fmt.Errorf("joining: %w", &AnswerError{Status: 503}), "status 503", result.TargetSide},
		{"an answer that ends it", &client.LastAnswer{Answer: &AnswerError{Status: 400}}, "status 400", result.Unclear},
		{"no TLS", fmt.Errorf("%w: %w", loop.ErrTLS, errors.New("bad record")), "TLS", result.Unclear},
		{"cut off within TLS", fmt.Errorf("%w: %w", loop.ErrTLS, io.EOF), "connection lost", result.TargetSide},
		{"reset", system("read", syscall.ECONNRESET), "connection lost", result.TargetSide},
		{"closed by the server", fmt.Errorf("the server closed the connection: %w", io.EOF), "connection lost", result.TargetSide},
		{"ended by the server", fmt.Errorf("the stream: %w", codec.ErrEnded), "connection lost", result.TargetSide},
		{"cut off within an answer", fmt.Errorf("a body: %w", io.ErrUnexpectedEOF), "connection failed", result.Unclear},
		{"nonsense", codec.Malformed("an answer", []byte("HTTP/0.3")), "malformed answer", result.TargetSide},
		{"closed here", client.ErrUnanswered, "no answer", result.Unclear},
		{"broken off here", gone.Err(), "connection failed", result.Unclear},
		{"no way", system("connect", syscall.ENETUNREACH), "connection failed", result.Unclear},
		{"anything else", errors.New("sunspots"), "connection failed", result.Unclear},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Check(t, is.Equal(errorKind(c.err), c.want), "%v is", c.err)
			assert.Check(t, is.Equal(dialError(c.err), "dial: "+c.want), "%v is", c.err)
			for _, kind := range []string{errorKind(c.err), dialError(c.err), "publish: " + errorKind(c.err)} {
				assert.Check(t, is.Equal(result.Fault(kind), c.side), "%q is the fault of", kind)
			}
		})
	}
}
