package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// dialError names the kind of a failed dial, for counting.
func dialError(err error) string { return "dial: " + errorKind(err) }

// errorKind names the kind of a client's error, for counting: one that
// [result.Fault] knows.
func errorKind(err error) string {
	var answer *codec.AnswerError
	var last *client.LastAnswer
	var timeout net.Error
	switch {
	case errors.As(err, &last):
		return errorKind(last.Answer)
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
	case errors.Is(err, client.ErrTimeout), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return result.TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, codec.ErrEnded), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return result.ConnectionLost
	case errors.Is(err, loop.ErrTLS):
		return result.TLSFailed
	case errors.Is(err, codec.ErrMalformed):
		return result.MalformedAnswer
	case errors.Is(err, client.ErrUnanswered), errors.Is(err, net.ErrClosed):
		return result.NoAnswer
	}
	return result.ConnectionFailed
}
