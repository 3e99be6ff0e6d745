package faultproxy

import (
	"bytes"
	"strconv"
	"strings"
)

// direction reads what one side of a connection sends, in whatever pieces it
// comes, and counts it. Each state takes the next part from the front of what is
// held.
type direction struct {
	in       bool                                // to the client
	counts   *Counts                             // of the connection
	exchange *exchange                           // shared by both directions of it
	began    func(request string) (refused bool) // called at the connection's first request

	state state
	held  []byte // not taken yet: not whole
	left  int64  // of the body, chunk or frame that goes on in pieces
	after state  // what follows that
	reset bool   // the connection is to be reset
}

// state takes the next part from the front of b and returns its size, or 0
// where b does not hold it whole.
type state func(b []byte) int

// exchange is what requests tell of the responses to them, and the other way.
type exchange struct {
	bodiless []bool // of requests not yet answered: whether the answer has no body, as HEAD's has none
	upgraded bool   // both directions are WebSockets now
}

// newDirections returns the readers of a relay's two directions. Both are used
// under its lock.
func newDirections(r *relay) (out, in *direction) {
	f := r.proxy.faults
	shared := &exchange{}
	out = &direction{counts: &r.counts, exchange: shared, began: func(request string) bool {
		r.first = request
		return f.Refuse != nil && f.Refuse(request)
	}}
	in = &direction{in: true, counts: &r.counts, exchange: shared}
	out.state, in.state = out.request, in.response
	return out, in
}

// feed takes in the next bytes.
func (d *direction) feed(b []byte) {
	d.held = append(d.held, b...)
	for len(d.held) > 0 && !d.reset {
		n := d.state(d.held)
		if n == 0 {
			break
		}
		d.held = d.held[n:]
	}
}

// opaque skips what cannot be read, for good.
func (d *direction) opaque(b []byte) int { return len(b) }

// unreadable goes on as opaque, and takes that down.
func (d *direction) unreadable(b []byte) int {
	d.counts.Unparsed++
	d.state = d.opaque
	return d.opaque(b)
}

// body skips what is left of a body, chunk or frame as it comes.
func (d *direction) body(b []byte) int {
	n := min(int64(len(b)), d.left)
	if d.left -= n; d.left == 0 {
		d.state = d.after
	}
	return int(n)
}

// skipBody goes on with a body of a length, and then with what follows.
func (d *direction) skipBody(length int64, after state) {
	d.left, d.after, d.state = length, after, d.body
	if length == 0 {
		d.state = after
	}
}

// The longest head, and line of a chunked body, that is read.
const (
	maxHead = 64 << 10
	maxLine = 256
)

// request reads a request's head (RFC 9112).
func (d *direction) request(b []byte) int {
	if d.exchange.upgraded {
		d.state = d.frame
		return d.frame(b)
	}
	h, size, ok := parseHead(b)
	switch {
	case !ok:
		return d.unreadable(b)
	case size == 0:
		return 0
	}
	method, rest, _ := strings.Cut(h.line, " ")
	target, version, found := strings.Cut(rest, " ")
	if !found || !strings.HasPrefix(version, "HTTP/1.") {
		return d.unreadable(b)
	}
	d.counts.Requests++
	if d.began != nil {
		d.reset, d.began = d.began(method+" "+target), nil
		if d.reset {
			return size
		}
	}
	d.exchange.bodiless = append(d.exchange.bodiless, method == "HEAD")
	if h.chunked {
		d.state = d.chunk
	} else {
		d.skipBody(max(0, h.length), d.request)
	}
	return size
}

// response reads a response's head.
func (d *direction) response(b []byte) int {
	h, size, ok := parseHead(b)
	switch {
	case !ok:
		return d.unreadable(b)
	case size == 0:
		return 0
	}
	version, rest, _ := strings.Cut(h.line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.ParseUint(code, 10, 16)
	if err != nil || len(code) != 3 || !strings.HasPrefix(version, "HTTP/1.") {
		return d.unreadable(b)
	}
	if status >= 100 && status < 200 {
		if status == 101 {
			d.exchange.upgraded, d.state = true, d.frame
		}
		return size // another head follows
	}
	bodiless := status == 204 || status == 304
	if waiting := d.exchange.bodiless; len(waiting) > 0 {
		bodiless = bodiless || waiting[0]
		d.exchange.bodiless = waiting[1:]
	}
	switch {
	case bodiless:
	case h.chunked:
		d.state = d.chunk
	case h.length >= 0:
		d.skipBody(h.length, d.response)
	default: // up to the connection's end
		d.state = d.opaque
	}
	return size
}

// chunk reads the line that begins a chunk; an empty one is the last.
func (d *direction) chunk(b []byte) int {
	length, size, ok := parseChunkLine(b)
	switch {
	case !ok:
		return d.unreadable(b)
	case size == 0:
		return 0
	}
	if length == 0 {
		d.state = d.trailer
	} else {
		d.skipBody(length+2, d.chunk) // it ends with a line break
	}
	return size
}

// trailer reads the lines after the last chunk, up to an empty one.
func (d *direction) trailer(b []byte) int {
	size := bytes.Index(b, []byte("\r\n")) + 2
	switch {
	case size > 1:
	case len(b) > maxLine:
		return d.unreadable(b)
	default:
		return 0
	}
	if size == 2 {
		if d.state = d.request; d.in {
			d.state = d.response
		}
	}
	return size
}

// head is what is of use in a head.
type head struct {
	line    string
	length  int64 // Content-Length; -1 without one
	chunked bool
}

// parseHead reads a head, and is not ok where there is none. The size is 0
// where b does not hold it whole.
func parseHead(b []byte) (h head, size int, ok bool) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	switch {
	case end > maxHead || end < 0 && len(b) > maxHead:
		return h, 0, false
	case end < 0:
		return h, 0, true
	}
	line, fields, _ := strings.Cut(string(b[:end]), "\r\n")
	h = head{line: line, length: -1}
	for field := range strings.SplitSeq(fields, "\r\n") {
		name, value, found := strings.Cut(field, ":")
		if !found && field != "" {
			return h, 0, false
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			n, err := strconv.ParseUint(value, 10, 62)
			if err != nil {
				return h, 0, false
			}
			h.length = int64(n)
		case "transfer-encoding":
			h.chunked = strings.EqualFold(value, "chunked")
		}
	}
	return h, end + 4, true
}

// parseChunkLine reads the line that begins a chunk of a length.
func parseChunkLine(b []byte) (length int64, size int, ok bool) {
	end := bytes.Index(b, []byte("\r\n"))
	switch {
	case end > maxLine || end < 0 && len(b) > maxLine:
		return 0, 0, false
	case end < 0:
		return 0, 0, true
	}
	digits, _, _ := strings.Cut(string(b[:end]), ";")
	n, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 40)
	return int64(n), end + 2, err == nil
}
