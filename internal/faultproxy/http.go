package faultproxy

import (
	"bytes"
	"strconv"
	"strings"
)

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
	d.pass(b[:size])
	if h.chunked {
		d.state = d.chunk
	} else {
		d.relayBody(max(0, h.length), d.request)
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
	d.pass(b[:size])
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
	case h.chunked && h.events && d.faults.of != nil:
		d.state = d.eventChunk
	case h.chunked:
		d.state = d.chunk
	case h.length >= 0:
		d.relayBody(h.length, d.response)
	default: // up to the connection's end
		d.state = d.opaque
	}
	return size
}

// next is the state that reads the message after this one.
func (d *direction) next() state {
	if d.in {
		return d.response
	}
	return d.request
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
	d.pass(b[:size])
	if length == 0 {
		d.state = d.trailer
	} else {
		d.relayBody(length+2, d.chunk) // it ends with a line break
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
	d.pass(b[:size])
	if size == 2 {
		d.state = d.next()
	}
	return size
}

// head is what is of use in a head.
type head struct {
	line    string
	length  int64 // Content-Length; -1 without one
	chunked bool
	events  bool // it is a stream of events
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
		case "content-type":
			media, _, _ := strings.Cut(value, ";")
			h.events = strings.EqualFold(strings.TrimSpace(media), "text/event-stream")
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
