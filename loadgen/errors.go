package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/pollpush/pollpush/internal/result"
)

// errEnded marks an end that the server announced as its protocol asks: a
// client comes back with its cursor and has lost nothing.
var errEnded = errors.New("ended by the server")

// lastAnswer is a refusal that ends the client that got it: its session is over,
// and its connection is not.
type lastAnswer struct{ answer *AnswerError }

func (e *lastAnswer) Error() string { return "the session has ended: " + e.answer.Error() }

// dialError names the kind of a failed dial, for counting.
func dialError(err error) string { return "dial: " + errorKind(err) }

// errorKind names the kind of a client's error, for counting: one that
// [result.Fault] knows.
func errorKind(err error) string {
	var answer *AnswerError
	var last *lastAnswer
	var timeout net.Error
	switch {
	case errors.As(err, &last):
		return errorKind(last.answer)
	case errors.As(err, &answer):
		return fmt.Sprintf("%s %d", result.AnswerStatus, answer.Status)
	case errors.Is(err, syscall.ECONNREFUSED):
		return result.TargetRefused
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return result.OutOfDescriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return result.OutOfPorts
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return result.OutOfMemory
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return result.TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, errEnded), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return result.ConnectionLost
	case errors.Is(err, errTLS):
		return result.TLSFailed
	case errors.Is(err, errMalformed):
		return result.MalformedAnswer
	case errors.Is(err, errClosed), errors.Is(err, net.ErrClosed):
		return result.NoAnswer
	}
	return result.ConnectionFailed
}
