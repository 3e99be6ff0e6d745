// Package codec reads and writes what clients and servers exchange: HTTP answers,
// event streams, WebSocket frames, the packets of Engine.IO and Socket.IO, and the
// chat's JSON. It works on bytes alone.
package codec

import (
	"errors"
	"fmt"
)

// ErrMalformed marks an answer that is not what its protocol asks for.
var ErrMalformed = errors.New("malformed answer")

// ErrEnded marks an end that the server announced as its protocol asks: a
// client comes back with its cursor and has lost nothing.
var ErrEnded = errors.New("ended by the server")

func Malformed(what string, b []byte) error {
	return fmt.Errorf("%w: %s: %.80q", ErrMalformed, what, b)
}

// AnswerError is an answer that refuses: an HTTP status, or the same number
// within a push transport's error message.
type AnswerError struct {
	Status int
	Text   string // the beginning of the answer
}

func (e *AnswerError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the server answered %d", e.Status)
	}
	return fmt.Sprintf("the server answered %d: %s", e.Status, e.Text)
}
