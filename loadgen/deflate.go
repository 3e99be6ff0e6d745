package loadgen

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// deflateOffer asks for messages that are compressed each by itself, so that
// neither side has to keep a window for every client (RFC 7692). A server that
// will keep its own finds that in the second offer. Either lets it ask for a
// small window of ours.
const deflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits, " +
	"permessage-deflate; client_no_context_takeover; client_max_window_bits"

// fullWindow is how far back a compressed byte can refer at most.
const fullWindow = 32 << 10

// errNoDeflate is about a server that answered without compression.
var errNoDeflate = errors.New("the server does not offer permessage-deflate")

// deflate is what a client holds to read compressed messages.
type deflate struct {
	keep   int       // bytes of earlier messages that later ones refer to; 0 for none
	reach  int       // how many bytes back what is sent may refer
	window []byte    // these bytes
	held   *inflater // with the messages that are still in use
}

// agreed reads the server's answer to deflateOffer. The server may keep its
// window from message to message all the same. What the client sends never
// refers to earlier messages: any server can read it.
func agreed(extensions string) (*deflate, error) {
	d := &deflate{keep: fullWindow, reach: fullWindow}
	name, params, _ := strings.Cut(extensions, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return nil, errNoDeflate
	}
	seen := map[string]bool{}
	for len(params) > 0 {
		var param string
		param, params, _ = strings.Cut(params, ";")
		name, value, valued := strings.Cut(param, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		refuse := seen[name]
		seen[name] = true
		switch name {
		case "server_no_context_takeover", "client_no_context_takeover":
			refuse = refuse || valued
		case "server_max_window_bits", "client_max_window_bits":
			bits, err := strconv.Atoi(value)
			refuse = refuse || err != nil || bits < 8 || bits > 15
			if window := 1 << max(0, min(bits, 15)); name == "client_max_window_bits" {
				d.reach = window
			} else {
				d.keep = window
			}
		default:
			refuse = true
		}
		if refuse {
			return nil, fmt.Errorf("%w: permessage-deflate was agreed on with %.80q", errMalformed, strings.TrimSpace(param))
		}
	}
	if seen["server_no_context_takeover"] {
		d.keep = 0
	}
	return d, nil
}

// usual reports whether each message is compressed by itself, on both sides, with
// a full window: what ws-deflate is compared as.
func (d *deflate) usual() bool { return d.keep == 0 && d.reach == fullWindow }

// inflate returns what a message's payload was before it was compressed. It
// holds until release.
func (d *deflate) inflate(payload []byte) ([]byte, error) {
	if d.held == nil {
		d.held = inflaters.Get().(*inflater)
	}
	message, err := d.held.inflate(payload, d.window)
	if err != nil {
		return nil, malformed("a compressed message that "+err.Error(), payload)
	}
	if d.keep > 0 {
		d.remember(message)
	}
	return message, nil
}

// remember moves the window on to the end of a message.
func (d *deflate) remember(message []byte) {
	if d.window == nil {
		d.window = make([]byte, 0, d.keep)
	}
	message = message[max(0, len(message)-d.keep):]
	if over := len(d.window) + len(message) - d.keep; over > 0 {
		d.window = append(d.window[:0], d.window[over:]...)
	}
	d.window = append(d.window, message...)
}

func (d *deflate) release() {
	if d.held == nil {
		return
	}
	d.held.payload, d.held.window = nil, nil
	if cap(d.held.out) > 4*bufferSize {
		d.held.out = nil
	}
	d.held.out = d.held.out[:0]
	inflaters.Put(d.held)
	d.held = nil
}

// deflater compresses messages. Level 1 is what gorilla takes as well, and
// the only one whose reset does not cost more than a message.
type deflater struct {
	out   bytes.Buffer
	flate *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.flate, _ = flate.NewWriter(&d.out, flate.BestSpeed) // fails for unknown levels only
	return d
}}

// deflate returns a message's payload, which holds until the next call. Nothing in
// it refers further back than reach: compress/flate has no smaller window, and so
// begins anew after so many bytes, within the one stream.
func (d *deflater) deflate(message []byte, reach int) []byte {
	d.out.Reset()
	for first := true; first || len(message) > 0; first = false {
		part := message[:min(reach, len(message))]
		message = message[len(part):]
		d.flate.Reset(&d.out)
		d.flate.Write(part) // to memory: cannot fail
		d.flate.Flush()     // to a whole byte
	}
	return bytes.TrimSuffix(d.out.Bytes(), []byte(tail))
}
