package chat

import (
	"errors"
	"fmt"
)

// ErrTooManyRooms is returned where one more room would exceed the hub's bound.
var ErrTooManyRooms = errors.New("chat: too many rooms: use an existing one")

// InputError says which part of what a client asked for is not acceptable, what
// was found and what would be.
type InputError struct {
	Field string // "room", "user", "text" or "limit"
	Found string // "70 characters"
	Want  string // "1 to 64 characters"
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s: found %s, want %s", e.Field, e.Found, e.Want)
}
