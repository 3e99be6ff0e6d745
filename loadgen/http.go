package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// errMalformed marks an answer that is not what its protocol asks for.
var errMalformed = errors.New("malformed answer")

// Answers are bounded: a server gone wrong must not take the generator along.
const (
	maxHeader = 64 << 10
	maxBody   = 16 << 20
)

// response is one HTTP/1.1 response, pointing into the bytes it was read from.
type response struct {
	status int
	body   []byte
	accept []byte // Sec-WebSocket-Accept
	size   int    // of all of it, on the wire
}

// parseResponse reads a response to a GET or POST (RFC 9112) from the start
// of b. It returns ok = false where more bytes are needed. A chunked body is
// joined within b. It is small because it knows its questions: it reads the
// length, and nothing that it did not ask for.
func parseResponse(b []byte) (r response, ok bool, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxHeader {
			return r, false, malformed("a header larger than can be read", b)
		}
		return r, false, nil
	}
	line, fields, _ := bytes.Cut(b[:end], []byte("\r\n"))
	if r.status, err = statusOf(line); err != nil {
		return r, false, err
	}
	length, chunked := -1, false
	for len(fields) > 0 {
		var field []byte
		field, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		name, value, found := bytes.Cut(field, []byte(":"))
		if !found {
			return r, false, malformed("a header line without a colon", field)
		}
		value = bytes.TrimSpace(value)
		switch {
		case equalFold(name, "content-length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxBody {
				return r, false, malformed("a Content-Length that cannot be read", value)
			}
		case equalFold(name, "transfer-encoding"):
			if chunked = equalFold(value, "chunked"); !chunked {
				return r, false, malformed("a Transfer-Encoding that cannot be read", value)
			}
		case equalFold(name, "sec-websocket-accept"):
			r.accept = value
		}
	}
	head := end + 4
	switch {
	case r.status < 200, r.status == 204, r.status == 304:
		r.size = head
	case chunked:
		body, size, whole, err := joinChunks(b[head:])
		if err != nil || !whole {
			return r, false, err
		}
		r.body, r.size = body, head+size
	case length < 0:
		return r, false, malformed("neither Content-Length nor chunks", b[:end])
	case len(b) < head+length:
		return r, false, nil
	default:
		r.body, r.size = b[head:head+length], head+length
	}
	return r, true, nil
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

// joinChunks reads a chunked body (RFC 9112, 7.1) and its trailer. The joined
// body overwrites the chunks once they are all there.
func joinChunks(b []byte) (body []byte, size int, ok bool, err error) {
	var sizes [][2]int // start and end of each chunk's data
	at := 0
	for {
		line, _, found := bytes.Cut(b[at:], []byte("\r\n"))
		if !found {
			if len(b)-at > maxHeader {
				return nil, 0, false, malformed("a chunk without a size", b[at:])
			}
			return nil, 0, false, nil
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 32)
		if err != nil || n > maxBody || at > maxBody {
			return nil, 0, false, malformed("a chunk size that cannot be read", line)
		}
		at += len(line) + 2
		if n == 0 {
			break
		}
		if len(b) < at+int(n)+2 {
			return nil, 0, false, nil
		}
		if string(b[at+int(n):at+int(n)+2]) != "\r\n" {
			return nil, 0, false, malformed("a chunk longer than its size", b[at:])
		}
		sizes = append(sizes, [2]int{at, at + int(n)})
		at += int(n) + 2
	}
	for { // the trailer, up to an empty line
		line, _, found := bytes.Cut(b[at:], []byte("\r\n"))
		if !found {
			return nil, 0, false, nil
		}
		at += len(line) + 2
		if len(line) == 0 {
			break
		}
	}
	body = b[:0]
	for _, s := range sizes {
		body = append(body, b[s[0]:s[1]]...)
	}
	return body, at, true, nil
}

// equalFold compares with lower, which is in lower-case ASCII.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && bytes.EqualFold(b, []byte(lower))
}

// send writes a rendered request and counts it.
func (c *Conn) send(request []byte) error {
	c.meter.requests.Add(1)
	c.asked.Store(true)
	return c.Write(request)
}

// answer waits for the response to the request sent before, or yet to be sent,
// and counts it. The response holds until its size has been consumed and the
// next one is asked for.
func (c *Conn) answer() (response, error) {
	for {
		r, ok, err := parseResponse(c.Bytes())
		if ok {
			c.asked.Store(false)
			c.meter.byStatus[r.status].Add(1)
			return r, nil
		}
		if err == nil {
			if err = c.Fill(); err == nil {
				continue
			}
		}
		// A server may close a connection on which nothing was asked.
		if c.asked.Swap(false) {
			c.meter.unanswered.Add(1)
		}
		return r, err
	}
}

// refusal is the error for a response whose status is not the wanted one.
func (r response) refusal() error {
	return &AnswerError{Status: r.status, Text: fmt.Sprintf("%.200s", bytes.TrimSpace(r.body))}
}
