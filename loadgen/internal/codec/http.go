package codec

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/textproto"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
)

// Answers are bounded: a server gone wrong must not take the generator along. A
// page of 1,000 messages of 4,096 bytes, each of them an escape, is 25 MB.
const (
	maxHeader = 64 << 10
	MaxBody   = 32 << 20
)

var crlf = []byte("\r\n")

// Response is one HTTP/1.1 response, pointing into the bytes it was read from.
type Response struct {
	Status int
	First  []byte // the status line
	Fields []byte // the header's lines after it
	Body   []byte
	Size   int  // of all of it on the wire, interim responses before it included
	Last   bool // the server will answer nothing more on this connection
	Open   bool // the body ends with the connection
	Sets   bool // cookies
}

// Reader reads responses to GET and POST (RFC 9112), each of which may come in
// pieces. The zero Reader is at a response's start. It is small because it knows
// its questions: it reads the length, and nothing that it did not ask for.
type Reader struct {
	head, at int     // bytes of the head, 0 while it is not whole, and of what has been looked at
	body     Framing // from there on
	open     bool
}

// Read reads the response at the start of b, which holds all that came of it and
// perhaps more; if the connection has ended nothing comes behind. Where more bytes
// are needed ok is false, and need how many at least, or 0 for one more. It looks
// only at what is new, so that a body in many pieces is not walked through for
// each. A chunked body is joined within b. What cannot be read, or is more than
// can be held, is [ErrMalformed].
func (p *Reader) Read(b []byte, ended bool) (r Response, need int, ok bool, err error) {
	if p.at == 0 {
		r, f, ok, err := ParseHead(b)
		if !ok || err != nil {
			return r, 0, false, err
		}
		*p = Reader{head: r.Size, at: r.Size, body: f, open: r.Open}
	}
	r.Open = p.open
	for {
		data, n, err := p.body.Next(b[p.at:])
		p.at += n
		switch {
		case err == io.EOF || err == nil && len(data) == 0 && p.open && ended:
			return p.whole(b), 0, true, nil
		case err != nil:
			return r, 0, false, err
		case p.at-p.head > MaxBody:
			return r, 0, false, Malformed("a body larger than can be read", b)
		case len(data) == 0 && p.open:
			return r, 0, false, nil
		case len(data) == 0:
			return r, max(p.at+p.body.left, len(b)+1), false, nil
		}
	}
}

// whole is the response, all of which is in b. A joined body overwrites its chunks.
func (p *Reader) whole(b []byte) Response {
	r, f, _, _ := ParseHead(b)
	r.Body = b[p.head:p.at]
	if f.chunked {
		r.Body = r.Body[:0]
		for at := p.head; at < p.at; {
			data, n, _ := f.Next(b[at:])
			r.Body, at = append(r.Body, data...), at+n
		}
	}
	r.Size = p.at
	*p = Reader{}
	return r
}

// ParseHead reads a response without its body, and how that is framed. It skips
// interim responses (RFC 9110, 15.2), but not the one that changes the protocol.
func ParseHead(b []byte) (r Response, f Framing, ok bool, err error) {
	for skipped := 0; ; skipped += r.Size {
		r, f, ok, err = parseOneHead(b[skipped:])
		if err == nil && (!ok && len(b) > maxHeader || skipped+r.Size > maxHeader) {
			err = Malformed("a header larger than can be read", b)
		}
		if !ok || err != nil || r.Status >= 200 || r.Status == 101 {
			r.Size += skipped
			return r, f, ok && err == nil, err
		}
	}
}

func parseOneHead(b []byte) (r Response, f Framing, ok bool, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return r, f, false, nil
	}
	r.First, r.Fields, _ = bytes.Cut(b[:end], crlf)
	if r.Status, err = statusOf(r.First); err != nil {
		return r, f, false, err
	}
	f.left, r.Size, r.Last = toTheEnd, end+4, r.First[len("HTTP/1.")] == '0'
	for rest := r.Fields; len(rest) > 0; {
		line, more, _ := bytes.Cut(rest, crlf)
		name, value, found := cutField(line)
		rest = more
		switch {
		case !found:
			return r, f, false, Malformed("a header line without a colon", line)
		case EqualFold(name, "content-length"):
			if f.left, err = strconv.Atoi(string(value)); err != nil || f.left < 0 || f.left > MaxBody {
				return r, f, false, Malformed("a Content-Length that cannot be read", value)
			}
		case EqualFold(name, "set-cookie"):
			r.Sets = true
		case EqualFold(name, "transfer-encoding"):
			if f.chunked = EqualFold(value, "chunked"); !f.chunked {
				return r, f, false, Malformed("a Transfer-Encoding that cannot be read", value)
			}
		case EqualFold(name, "connection"):
			r.Last = (r.Last || HasToken(value, "close")) && !HasToken(value, "keep-alive")
		}
	}
	switch {
	case r.Status < 200, r.Status == 204, r.Status == 304:
		f = Framing{}
	case f.chunked:
		f.left = 0
	}
	r.Open = f.left == toTheEnd
	return r, f, true, nil
}

func cutField(line []byte) (name, value []byte, found bool) {
	name, value, found = bytes.Cut(line, []byte(":"))
	return name, bytes.TrimSpace(value), found
}

// Field returns the value of the first header field of a name, which is in
// lower-case ASCII, or nil.
func (r Response) Field(lower string) []byte {
	for line := range bytes.SplitSeq(r.Fields, crlf) {
		if name, value, _ := cutField(line); EqualFold(name, lower) {
			return value
		}
	}
	return nil
}

// HasToken reports whether a list with commas holds a token, which is in
// lower-case ASCII.
func HasToken(list []byte, lower string) bool {
	for more := true; more; {
		var token []byte
		token, list, more = bytes.Cut(list, []byte(","))
		if EqualFold(bytes.TrimSpace(token), lower) {
			return true
		}
	}
	return false
}

func statusOf(line []byte) (int, error) {
	// HTTP/1.1 200 OK
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return 0, Malformed("no HTTP/1.1 status line", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 || status > 599 {
		return 0, Malformed("no HTTP status", line[9:12])
	}
	return status, nil
}

// Framing says how a body goes on and where it ends, while it is read.
type Framing struct {
	left    int // bytes still to come of the chunk, or of a body without chunks
	chunked bool
	stage   stage
}

// toTheEnd is what is left of a body that the connection's end will end.
const toTheEnd = math.MaxInt

// stage is what a chunked body goes on with where no data is left.
type stage int8

const (
	chunkSize stage = iota
	chunkEnd
	trailer
	bodyEnd
)

// Next returns what b holds of the body's next data (RFC 9112, 7.1), and how
// many bytes of b go with it, the Framing before it included. Where it returns
// no data more bytes are needed, and at the body's end [io.EOF].
func (f *Framing) Next(b []byte) (data []byte, size int, err error) {
	for {
		if f.left > 0 {
			data = b[size:min(size+f.left, len(b))]
			f.left -= len(data)
			return data, size + len(data), nil
		}
		if !f.chunked || f.stage == bodyEnd {
			return nil, size, io.EOF
		}
		line, _, found := bytes.Cut(b[size:], crlf)
		switch {
		case f.stage == chunkEnd && len(line) > 0 && (found || string(line) != "\r"):
			return nil, size, Malformed("a chunk longer than its size", line)
		case len(line) > maxHeader:
			return nil, size, Malformed("a chunk without a size", line)
		case !found:
			return nil, size, nil
		}
		size += len(line) + 2
		if err := f.line(line); err != nil {
			return nil, size, err
		}
	}
}

// line takes in one line of a chunked body's Framing.
func (f *Framing) line(line []byte) error {
	switch f.stage {
	case chunkSize:
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 32)
		if err != nil || n > MaxBody {
			return Malformed("a chunk size that cannot be read", line)
		}
		f.left, f.stage = int(n), chunkEnd
		if n == 0 {
			f.stage = trailer
		}
	case chunkEnd:
		f.stage = chunkSize
	case trailer:
		if len(line) == 0 {
			f.stage = bodyEnd
		}
	}
	return nil
}

// EqualFold compares with lower, which is in lower-case ASCII.
func EqualFold(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}

// Refusal is the error for a response whose status is not the wanted one.
func (r Response) Refusal() error {
	if to := r.Field("location"); to != nil && r.Status/100 == 3 {
		return &AnswerError{Status: r.Status, Text: fmt.Sprintf("a redirect to %.200s, which is not followed", to)}
	}
	return &AnswerError{Status: r.Status, Text: fmt.Sprintf("%.200s", bytes.TrimSpace(r.Body))}
}

// Lines is how many bytes each line of the head takes, its end included, by
// the header's canonical name; the status line has the name "". All of them and
// the empty line at its end make up the head.
func (r Response) Lines() map[string]int64 {
	const end = len("\r\n")
	sizes := map[string]int64{"": int64(len(r.First) + end)}
	for line := range bytes.SplitSeq(r.Fields, crlf) {
		field, _, found := cutField(line)
		if !found {
			break // there are no fields: ParseHead refuses others
		}
		name := textproto.CanonicalMIMEHeaderKey(string(field))
		if _, known := sizes[name]; !result.IsHeaderName(name) || !known && len(sizes) >= result.MaxAnswerHeaders {
			name = result.OtherHeaders
		}
		sizes[name] += int64(len(line) + end)
	}
	return sizes
}

// Cookies yields the value of each Set-Cookie field.
func (r Response) Cookies(yield func(value string) bool) {
	for line := range bytes.SplitSeq(r.Fields, crlf) {
		if name, value, _ := cutField(line); EqualFold(name, "set-cookie") && !yield(string(value)) {
			return
		}
	}
}
