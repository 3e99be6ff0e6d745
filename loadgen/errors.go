package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// dialError names the kind of a failed dial, for counting.
func dialError(err error) string {
	var timeout net.Error
	var answer *AnswerError
	switch {
	case errors.As(err, &answer):
		return "dial: " + errorKind(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "dial: refused"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "dial: out of descriptors"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "dial: out of ports"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "dial: timeout"
	}
	return "dial: failed"
}

// errorKind names the kind of a client's error, for counting.
func errorKind(err error) string {
	var answer *AnswerError
	switch {
	case errors.As(err, &answer):
		return fmt.Sprintf("status %d", answer.Status)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection lost"
	case errors.Is(err, errMalformed):
		return "malformed answer"
	case errors.Is(err, errClosed), errors.Is(err, net.ErrClosed):
		return "no answer"
	}
	return "connection failed"
}
