package codec

import "bytes"

// maxEvent bounds what an unfinished event can make a reader hold.
const maxEvent = MaxBody

// EventStream interprets a text/event-stream as the HTML standard says
// (9.2.6), in pieces as they are read. The zero EventStream is at a stream's
// beginning; each connection needs a new one. It copies only what one piece
// begins and another goes on with. Bytes that are not UTF-8 pass as they are.
//
// The end of a stream needs no call: what no empty line has ended is no event.
type EventStream struct {
	begun bool // the first line has been read
	cr    bool // the last piece ended with CR: an LF would belong to it

	line  []byte      // the beginning of a line, copied; of a comment its colon
	event StreamEvent // so far; data holds in its piece
	data  bool        // it has data, be it empty
	kept  bool        // its data is a copy
	hasID bool        // it has an id, which nobody asks for: the data has it, too
}

// StreamEvent is one event of an [EventStream].
type StreamEvent struct {
	Type string // message, where the stream does not say
	Data []byte // within the piece, or a copy that nobody else holds
}

// Next reads from b, which goes on where the last call stopped, up to an
// event's end; size is how much of b that took. Where ok is false it took all
// of b, and no event has ended. After an error the stream cannot be read on.
func (s *EventStream) Next(b []byte) (e StreamEvent, size int, ok bool, err error) {
	if s.cr && len(b) > 0 {
		s.cr = false
		if b[0] == '\n' {
			size = 1
		}
	}
	for size < len(b) {
		line, n, whole := s.cut(b[size:])
		size += n
		switch {
		case len(s.line)+len(s.event.Data) > maxEvent:
			return e, size, false, Malformed("an event larger than can be read", b)
		case !whole:
		case len(line) > 0:
			s.field(line)
		default:
			if e, ok = s.dispatch(); ok {
				return e, size, true, nil
			}
		}
	}
	if s.data && !s.kept {
		s.event.Data, s.kept = bytes.Clone(s.event.Data), true
	}
	return e, size, false, nil
}

func (s *EventStream) Within() bool {
	return s.data || s.hasID || s.event.Type != "" || len(s.line) > 0 && s.line[0] != ':'
}

// cut takes a line off b, or keeps what b has of one; size is what it took,
// the line's end included.
func (s *EventStream) cut(b []byte) (line []byte, size int, whole bool) {
	end := lineEnd(b)
	if end < 0 {
		switch {
		case len(s.line) > 0 && s.line[0] == ':':
		case len(s.line) == 0 && b[0] == ':':
			s.line = append(s.line, ':')
		default:
			s.line = append(s.line, b...)
		}
		return nil, len(b), false
	}
	line, size = b[:end:end], end+1
	if b[end] == '\r' {
		if s.cr = size == len(b); !s.cr && b[size] == '\n' {
			size++
		}
	}
	if s.line != nil {
		line = append(s.line, line...)
		s.line = nil
	}
	if !s.begun {
		s.begun = true
		line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	}
	return line, size, true
}

// lineEnd finds the first CR or LF, or returns -1. It goes by steps: else each
// short line that CR ends would be searched for an LF to the end of b.
func lineEnd(b []byte) int {
	for from, step := 0, 256; from < len(b); from, step = from+step, 2*step {
		part := b[from:min(from+step, len(b))]
		lf := bytes.IndexByte(part, '\n')
		if lf >= 0 {
			part = part[:lf]
		}
		if cr := bytes.IndexByte(part, '\r'); cr >= 0 {
			return from + cr
		}
		if lf >= 0 {
			return from + lf
		}
	}
	return -1
}

// field takes in a line that is not empty. A comment is a field without a name.
func (s *EventStream) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if !s.data {
			s.event.Data, s.data = value[:len(value):len(value)], true
			return
		}
		s.event.Data = append(append(s.event.Data, '\n'), value...) // in a copy, as the first had no room
		s.kept = true
	case "event":
		s.event.Type = "message"
		if string(value) != "message" {
			s.event.Type = string(value)
		}
	case "id":
		s.hasID = s.hasID || bytes.IndexByte(value, 0) < 0
	}
}

// dispatch ends an event; ok is false where it is none, having no data.
func (s *EventStream) dispatch() (e StreamEvent, ok bool) {
	e, ok = s.event, s.data
	if e.Type == "" {
		e.Type = "message"
	}
	s.event, s.data, s.kept, s.hasID = StreamEvent{}, false, false, false
	return e, ok
}
