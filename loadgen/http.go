package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// errMalformed marks an answer that is not what its protocol asks for.
var errMalformed = errors.New("malformed answer")

// Answers are bounded: a server gone wrong must not take the generator along. A
// page of 1,000 messages of 4,096 bytes, each of them an escape, is 25 MB.
const (
	maxHeader = 64 << 10
	maxBody   = 32 << 20
)

var crlf = []byte("\r\n")

// response is one HTTP/1.1 response, pointing into the bytes it was read from.
type response struct {
	status int
	first  []byte // the status line
	fields []byte // the header's lines after it
	body   []byte
	size   int  // of all of it on the wire, interim responses before it included
	last   bool // the server will answer nothing more on this connection
	open   bool // the body ends with the connection
	sets   bool // cookies
}

// parseResponse reads a response to a GET or POST (RFC 9112) from the start
// of b, behind which nothing comes if the connection has ended. It returns
// ok = false where more bytes are needed. A chunked body is joined within b. It
// is small because it knows its questions: it reads the length, and nothing
// that it did not ask for.
func parseResponse(b []byte, ended bool) (r response, ok bool, err error) {
	r, f, ok, err := parseHead(b)
	if err != nil || !ok {
		return r, false, err
	}
	head := r.size
	switch {
	case f.chunked:
		body, size, whole, err := joinChunks(b[head:])
		if err != nil || !whole {
			return r, false, err
		}
		r.body, r.size = body, head+size
	case f.left == toTheEnd && len(b)-head > maxBody:
		return r, false, malformed("a body larger than can be read", b[:head])
	case f.left == toTheEnd && !ended:
		return r, false, nil
	case f.left == toTheEnd:
		r.body, r.size = b[head:], len(b)
	case len(b)-head < f.left:
		return r, false, nil
	default:
		r.body, r.size = b[head:head+f.left], head+f.left
	}
	return r, true, nil
}

// parseHead reads a response without its body, and how that is framed. It skips
// interim responses (RFC 9110, 15.2), but not the one that changes the protocol.
func parseHead(b []byte) (r response, f framing, ok bool, err error) {
	for skipped := 0; ; skipped += r.size {
		r, f, ok, err = parseOneHead(b[skipped:])
		if err == nil && !ok && len(b) > maxHeader {
			err = malformed("a header larger than can be read", b)
		}
		if !ok || r.status >= 200 || r.status == 101 {
			r.size += skipped
			return r, f, ok && err == nil, err
		}
	}
}

func parseOneHead(b []byte) (r response, f framing, ok bool, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return r, f, false, nil
	}
	r.first, r.fields, _ = bytes.Cut(b[:end], crlf)
	if r.status, err = statusOf(r.first); err != nil {
		return r, f, false, err
	}
	f.left, r.size, r.last = toTheEnd, end+4, r.first[len("HTTP/1.")] == '0'
	for rest := r.fields; len(rest) > 0; {
		line, more, _ := bytes.Cut(rest, crlf)
		name, value, found := cutField(line)
		rest = more
		switch {
		case !found:
			return r, f, false, malformed("a header line without a colon", line)
		case equalFold(name, "content-length"):
			if f.left, err = strconv.Atoi(string(value)); err != nil || f.left < 0 || f.left > maxBody {
				return r, f, false, malformed("a Content-Length that cannot be read", value)
			}
		case equalFold(name, "set-cookie"):
			r.sets = true
		case equalFold(name, "transfer-encoding"):
			if f.chunked = equalFold(value, "chunked"); !f.chunked {
				return r, f, false, malformed("a Transfer-Encoding that cannot be read", value)
			}
		case equalFold(name, "connection"):
			r.last = (r.last || hasToken(value, "close")) && !hasToken(value, "keep-alive")
		}
	}
	switch {
	case r.status < 200, r.status == 204, r.status == 304:
		f = framing{}
	case f.chunked:
		f.left = 0
	}
	r.open = f.left == toTheEnd
	return r, f, true, nil
}

func cutField(line []byte) (name, value []byte, found bool) {
	name, value, found = bytes.Cut(line, []byte(":"))
	return name, bytes.TrimSpace(value), found
}

// field returns the value of the first header field of a name, which is in
// lower-case ASCII, or nil.
func (r response) field(lower string) []byte {
	for line := range bytes.SplitSeq(r.fields, crlf) {
		if name, value, _ := cutField(line); equalFold(name, lower) {
			return value
		}
	}
	return nil
}

// hasToken reports whether a list with commas holds a token, which is in
// lower-case ASCII.
func hasToken(list []byte, lower string) bool {
	for more := true; more; {
		var token []byte
		token, list, more = bytes.Cut(list, []byte(","))
		if equalFold(bytes.TrimSpace(token), lower) {
			return true
		}
	}
	return false
}

func statusOf(line []byte) (int, error) {
	// HTTP/1.1 200 OK
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return 0, malformed("no HTTP/1.1 status line", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 || status > 599 {
		return 0, malformed("no HTTP status", line[9:12])
	}
	return status, nil
}

// joinChunks reads a chunked body and its trailer. The joined body overwrites
// the chunks once they are all there.
func joinChunks(b []byte) (body []byte, size int, ok bool, err error) {
	var pieces [][]byte
	f := framing{chunked: true}
	for {
		piece, n, err := f.next(b[size:])
		size += n
		switch {
		case err == io.EOF:
			body = b[:0]
			for _, piece := range pieces {
				body = append(body, piece...)
			}
			return body, size, true, nil
		case err != nil:
			return nil, 0, false, err
		case size > maxBody:
			return nil, 0, false, malformed("a body larger than can be read", b)
		case len(piece) == 0:
			return nil, 0, false, nil
		}
		pieces = append(pieces, piece)
	}
}

// framing says how a body goes on and where it ends, while it is read.
type framing struct {
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

// next returns what b holds of the body's next data (RFC 9112, 7.1), and how
// many bytes of b go with it, the framing before it included. Where it returns
// no data more bytes are needed, and at the body's end [io.EOF].
func (f *framing) next(b []byte) (data []byte, size int, err error) {
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
			return nil, size, malformed("a chunk longer than its size", line)
		case len(line) > maxHeader:
			return nil, size, malformed("a chunk without a size", line)
		case !found:
			return nil, size, nil
		}
		size += len(line) + 2
		if err := f.line(line); err != nil {
			return nil, size, err
		}
	}
}

// line takes in one line of a chunked body's framing.
func (f *framing) line(line []byte) error {
	switch f.stage {
	case chunkSize:
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 32)
		if err != nil || n > maxBody {
			return malformed("a chunk size that cannot be read", line)
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

// equalFold compares with lower, which is in lower-case ASCII.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}

// refusal is the error for a response whose status is not the wanted one.
func (r response) refusal() error {
	if to := r.field("location"); to != nil && r.status/100 == 3 {
		return &AnswerError{Status: r.status, Text: fmt.Sprintf("a redirect to %.200s, which is not followed", to)}
	}
	return &AnswerError{Status: r.status, Text: fmt.Sprintf("%.200s", bytes.TrimSpace(r.body))}
}
