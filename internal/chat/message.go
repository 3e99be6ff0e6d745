package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// What a message may be.
const (
	MaxRoomName = 64   // bytes, of A–Z a–z 0–9 _ -
	MaxUser     = 64   // characters
	MaxText     = 4096 // bytes of UTF-8
)

// Message is one message of a room as everybody sees it. It never changes once
// it is posted and may be shared freely.
type Message struct {
	ID   uint64 `json:"id"` // 1, 2, 3 … within the room, without holes
	Room string `json:"room"`
	User string `json:"user"`
	Text string `json:"text"`
	At   int64  `json:"at"` // when it was accepted, Unix milliseconds

	encoded []byte
}

// JSON returns the message as one JSON object without line breaks. It was
// encoded when the message was posted; the caller must not change it. It is nil
// for a Message that did not come from a [Room].
func (m Message) JSON() []byte { return m.encoded }

func (m *Message) encode() {
	var b bytes.Buffer
	b.Grow(len(m.Room) + len(m.User) + len(m.Text) + 96)
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is no HTML, and "<3" should not cost six bytes more
	if err := e.Encode(m); err != nil {
		panic(err) // strings and integers always encode
	}
	m.encoded = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func checkRoomName(name string) error {
	want := fmt.Sprintf("1 to %d characters of A-Z a-z 0-9 _ -", MaxRoomName)
	if n := len(name); n < 1 || n > MaxRoomName {
		return inputError("room", fmt.Sprintf("a name of %d bytes", n), want)
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return inputError("room", fmt.Sprintf("%q", name), want)
		}
	}
	return nil
}

func checkMessage(user, text string) error {
	if !utf8.ValidString(user) {
		return inputError("user", "bytes that are not UTF-8", "UTF-8")
	}
	if n := utf8.RuneCountInString(user); n < 1 || n > MaxUser {
		return inputError("user", fmt.Sprintf("%d characters", n), fmt.Sprintf("1 to %d", MaxUser))
	}
	if n := len(text); n < 1 || n > MaxText {
		return inputError("text", fmt.Sprintf("%d bytes", n), fmt.Sprintf("1 to %d", MaxText))
	}
	if !utf8.ValidString(text) {
		return inputError("text", "bytes that are not UTF-8", "UTF-8")
	}
	return nil
}

// ErrTooManyRooms is returned where one more room would exceed the hub's bound.
var ErrTooManyRooms = errors.New("chat: too many rooms: use an existing one")

// inputError says which part of what a client asked for is not acceptable, what
// was found and what would be.
func inputError(field, found, want string) error {
	return fmt.Errorf("%s: found %s, want %s", field, found, want)
}
