package loadgen

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// sseClient receives over an event stream, and publishes with POST.
type sseClient struct {
	httpPair
	body   framing
	events eventStream
	got    []Delivery
	ended  error // of the stream; what came before it is delivered first
}

// DialSSE opens a client that gets news by Server-Sent Events, and
// publishes with POST.
func DialSSE(ctx context.Context, t Target) (Client, error) {
	c := &sseClient{}
	if err := c.open(ctx, t); err != nil {
		return nil, err
	}
	if err := c.subscribe(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *sseClient) Resume(ctx context.Context, after uint64) error {
	if err := c.reopen(); err != nil {
		return err
	}
	c.target.After, c.events, c.ended = after, eventStream{}, nil
	err := c.subscribe(ctx)
	if err != nil {
		c.Suspend() // what it has read is not taken in
	}
	return err
}

// subscribe asks for the stream and reads the answer's header.
func (c *sseClient) subscribe(ctx context.Context) error {
	conn := c.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	request := c.appendGet(nil, "/events", c.target.After, "")
	request = append(request, "Accept: text/event-stream\r\n"...)
	if c.target.After > 0 {
		request = fmt.Appendf(request, "Last-Event-ID: %d\r\n", c.target.After)
	}
	if err := c.conn.send(append(request, "\r\n"...)); err != nil {
		return err
	}
	r, body, err := c.conn.answerHead()
	if err != nil {
		return err
	}
	if r.status != 200 {
		return r.refusal()
	}
	media, _, _ := bytes.Cut(r.field("content-type"), []byte(";"))
	if !equalFold(bytes.TrimSpace(media), "text/event-stream") {
		return fmt.Errorf("%w: Content-Type is %.80q, not %q", errMalformed, r.field("content-type"), "text/event-stream")
	}
	c.body = body
	c.conn.Consume(r.size)
	return nil
}

func (c *sseClient) Receive() ([]Delivery, error) {
	c.got = c.got[:0]
	for {
		if c.ended == nil {
			c.ended = c.read()
		}
		if len(c.got) > 0 {
			return c.got, nil
		}
		if c.ended == nil {
			c.ended = c.conn.Fill()
			if c.conn.over.Load() { // it ends the stream, too
				c.ended = c.streamEnd(c.ended)
			}
		}
		if c.ended != nil {
			return nil, c.ended
		}
	}
}

// read takes in all that has come of the stream. Deliveries point into it.
func (c *sseClient) read() error {
	for {
		piece, size, err := c.body.next(c.conn.Bytes())
		if size > 0 {
			c.conn.Consume(size)
		}
		if err != nil || len(piece) == 0 {
			return c.streamEnd(err)
		}
		for {
			e, size, ok, err := c.events.Next(piece)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			piece = piece[size:]
			if e.Type != "message" { // truncated: the ledger will show what is missing
				c.conn.meter.in.add(tally{envelope: int64(len(e.Data))})
				continue
			}
			if err := c.message(e.Data); err != nil {
				return err
			}
		}
	}
}

// streamEnd is the error for the stream's end, which is a planned one between
// two events only.
func (c *sseClient) streamEnd(err error) error {
	switch {
	case err != io.EOF:
		return err
	case c.events.within():
		c.conn.over.Store(false) // it should not have ended here
		c.conn.end(err)
		return fmt.Errorf("the stream broke off within an event: %w", err)
	}
	return fmt.Errorf("the stream: %w", errEnded)
}

// message takes in what an event holds.
func (c *sseClient) message(data []byte) error {
	var o object
	if err := scanObject(data, &o); err != nil {
		return err
	}
	if o.id == 0 || o.text == nil || len(bytes.TrimSpace(data[o.size:])) > 0 {
		return malformed("no message with id and text, or more than one", data)
	}
	c.got = append(c.got, Delivery{ID: o.id, Text: o.text, JSON: data[:o.size]})
	c.conn.meter.in.add(tally{text: int64(len(o.text)), envelope: int64(len(data) - len(o.text))})
	return nil
}

// maxEvent bounds what an unfinished event can make a reader hold.
const maxEvent = maxBody

// eventStream interprets a text/event-stream as the HTML standard says
// (9.2.6), in pieces as they are read. The zero eventStream is at a stream's
// beginning; each connection needs a new one. It copies only what one piece
// begins and another goes on with. Bytes that are not UTF-8 pass as they are.
//
// The end of a stream needs no call: what no empty line has ended is no event.
type eventStream struct {
	begun bool // the first line has been read
	cr    bool // the last piece ended with CR: an LF would belong to it

	line  []byte      // the beginning of a line, copied; of a comment its colon
	event streamEvent // so far; data holds in its piece
	data  bool        // it has data, be it empty
	kept  bool        // its data is a copy
	hasID bool        // it has an id, which nobody asks for: the data has it, too
}

// streamEvent is one event of an [eventStream].
type streamEvent struct {
	Type string // message, where the stream does not say
	Data []byte // within the piece, or a copy that nobody else holds
}

// Next reads from b, which goes on where the last call stopped, up to an
// event's end; size is how much of b that took. Where ok is false it took all
// of b, and no event has ended. After an error the stream cannot be read on.
func (s *eventStream) Next(b []byte) (e streamEvent, size int, ok bool, err error) {
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
			return e, size, false, malformed("an event larger than can be read", b)
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

// within reports whether an event has begun and not ended.
func (s *eventStream) within() bool {
	return s.data || s.hasID || s.event.Type != "" || len(s.line) > 0 && s.line[0] != ':'
}

// cut takes a line off b, or keeps what b has of one; size is what it took,
// the line's end included.
func (s *eventStream) cut(b []byte) (line []byte, size int, whole bool) {
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
func (s *eventStream) field(line []byte) {
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
func (s *eventStream) dispatch() (e streamEvent, ok bool) {
	e, ok = s.event, s.data
	if e.Type == "" {
		e.Type = "message"
	}
	s.event, s.data, s.kept, s.hasID = streamEvent{}, false, false, false
	return e, ok
}
