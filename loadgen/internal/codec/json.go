package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Object is what the contract's JSON objects can hold, as far as a client
// reads them: a message, a page of messages, or a push transport's word.
// Strings, arrays and objects point into the text, escapes and all.
type Object struct {
	ID        uint64
	Text      []byte
	Messages  []byte // array
	Truncated bool
	Ack       uint64
	Refused   []byte // the "error" object
	Size      int    // of the object's text
}

// maxDepth bounds how deeply a skipped value may nest.
const maxDepth = 64

// ScanObject reads one object from the start of b, leaving alone what follows.
// It looks only at the names it knows and skips all other values by their
// quotes and brackets: decoding each message with encoding/json would take
// 40 % of what a delivery costs.
func ScanObject(b []byte, o *Object) error {
	*o = Object{}
	s := scanner{text: b}
	ok := s.list('{', func() bool {
		name, ok := s.name()
		if !ok {
			return false
		}
		switch string(name) {
		case "id":
			o.ID, ok = s.number()
		case "ack":
			o.Ack, ok = s.number()
		case "text":
			o.Text, ok = s.quoted()
		case "messages":
			o.Messages, ok = s.value(0)
		case "error":
			o.Refused, ok = s.value(0)
		case "truncated":
			var v []byte
			v, ok = s.value(0)
			o.Truncated = string(v) == "true"
		default:
			_, ok = s.value(0)
		}
		return ok
	})
	if o.Size = s.at; !ok {
		return s.fail("an object of the chat's")
	}
	return nil
}

func ScanMessages(ds []Delivery, array []byte) ([]Delivery, error) {
	s := scanner{text: array}
	var err error
	ok := s.list('[', func() bool {
		var d Delivery
		var size int
		d, size, err = ScanMessage(s.text[s.at:])
		ds = append(ds, d)
		s.at += size
		return err == nil
	})
	if !ok && err == nil {
		err = s.fail("an array of messages")
	}
	return ds, err
}

// ScanMessage reads one message and returns its size in b.
func ScanMessage(b []byte) (d Delivery, size int, err error) {
	var o Object
	if err = ScanObject(b, &o); err == nil && (o.ID == 0 || o.Text == nil) {
		err = Malformed("no message with id and text", b)
	}
	return Delivery{ID: o.ID, Text: o.Text, JSON: b[:o.Size]}, o.Size, err
}

// ScanError reads the object {"status":400,"title":"…"}.
func ScanError(b []byte) (*AnswerError, error) {
	var refused struct {
		Status int    `json:"status"`
		Title  string `json:"title"`
	}
	if err := json.Unmarshal(b, &refused); err != nil {
		return nil, fmt.Errorf("%w: error %.80q: %v", ErrMalformed, b, err)
	}
	return &AnswerError{Status: refused.Status, Text: refused.Title}, nil
}

type scanner struct {
	text []byte
	at   int
}

// fail is about what cannot be read on as something.
func (s *scanner) fail(as string) error {
	from := max(0, s.at-20)
	return fmt.Errorf("%w: cannot be read as %s at byte %d, after %.40q", ErrMalformed, as, s.at, s.text[from:min(s.at, len(s.text))])
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// quoted reads a string and returns what is between its quotes.
func (s *scanner) quoted() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	from := s.at
	for {
		n := bytes.IndexByte(s.text[s.at:], '"')
		if n < 0 {
			return nil, false
		}
		s.at += n + 1
		// The quote ends the string unless an odd number of backslashes leads
		// up to it.
		slashes := 0
		for i := s.at - 2; i >= from && s.text[i] == '\\'; i-- {
			slashes++
		}
		if slashes%2 == 0 {
			return s.text[from : s.at-1 : s.at-1], true
		}
	}
}

// number reads a whole number from 0 on.
func (s *scanner) number() (v uint64, ok bool) {
	from := s.at
	for ; s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9'; s.at++ {
		digit := uint64(s.text[s.at] - '0')
		if v > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		v = v*10 + digit
	}
	return v, s.at > from
}

// value skips any value and returns its text.
func (s *scanner) value(depth int) ([]byte, bool) {
	if s.at >= len(s.text) || depth > maxDepth {
		return nil, false
	}
	from := s.at
	switch c := s.text[s.at]; c {
	case '"':
		if _, ok := s.quoted(); !ok {
			return nil, false
		}
	case '{', '[':
		ok := s.list(c, func() (ok bool) {
			if c == '{' {
				if _, ok = s.name(); !ok {
					return false
				}
			}
			_, ok = s.value(depth + 1)
			return ok
		})
		if !ok {
			return nil, false
		}
	default: // a number, true, false or null
		for s.at < len(s.text) && strings.IndexByte(" \t\r\n,:]}[{\"", s.text[s.at]) < 0 {
			s.at++
		}
	}
	return s.text[from:s.at], s.at > from
}

// list reads an object or array, whose elements element reads.
func (s *scanner) list(opening byte, element func() bool) bool {
	closing := opening + 2 // in ASCII
	if s.space(); !s.take(opening) {
		return false
	}
	if s.space(); s.take(closing) {
		return true
	}
	for {
		if s.space(); !element() {
			return false
		}
		if s.space(); s.take(closing) {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// name reads the name of an object's element, up to the value.
func (s *scanner) name() (name []byte, ok bool) {
	if name, ok = s.quoted(); !ok {
		return nil, false
	}
	s.space()
	ok = s.take(':')
	s.space()
	return name, ok
}

// Delivery is one message as a client got it.
type Delivery struct {
	ID   uint64
	Text []byte // as it is in the JSON, escapes and all
	JSON []byte // the whole message object
}

func ScanPage(ds []Delivery, body []byte) ([]Delivery, error) {
	var page Object
	if err := ScanObject(body, &page); err != nil {
		return ds, err
	}
	if page.Messages == nil {
		return ds, Malformed("no messages", body)
	}
	return ScanMessages(ds, page.Messages)
}

// AcceptedAt reads "at" from a message object: when the server accepted it, in
// Unix milliseconds, or 0 where the message does not say. It is asked for once
// for each message and shard, and so is not among what is read of every
// delivery.
func AcceptedAt(message []byte) int64 {
	name := []byte(`"at":`) // in a string its quotes would be escaped
	i := bytes.LastIndex(message, name)
	if i < 0 {
		return 0
	}
	s := scanner{text: message, at: i + len(name)}
	s.space()
	ms, ok := s.number()
	if !ok || ms > maxUnixMilli {
		return 0
	}
	return int64(ms)
}

// maxUnixMilli is in the year 2248: its nanoseconds still fit into an int64.
const maxUnixMilli = 1 << 43
