package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// DeflateOffer asks for messages that are compressed each by itself, so that
// neither side has to keep a window for every client (RFC 7692). A server that
// will keep its own finds that in the second offer. Either lets it ask for a
// small window of ours.
const DeflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits, " +
	"permessage-deflate; client_no_context_takeover; client_max_window_bits"

// fullWindow is how far back a compressed byte can refer at most.
const fullWindow = 32 << 10

// errNoDeflate is about a server that answered without compression.
var errNoDeflate = errors.New("the server does not offer permessage-deflate")

// Deflate is what a client holds to read compressed messages.
type Deflate struct {
	Reach  int    // how many bytes back what is sent may refer
	keep   int    // bytes of earlier messages that later ones refer to; 0 for none
	window []byte // these bytes
}

// Agreed reads the server's answer to DeflateOffer. The server may keep its
// window from message to message all the same. What the client sends never
// refers to earlier messages: any server can read it. An answer that the offer
// does not allow is [ErrMalformed].
func Agreed(extensions string) (*Deflate, error) {
	d := &Deflate{keep: fullWindow, Reach: fullWindow}
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
				d.Reach = window
			} else {
				d.keep = window
			}
		default:
			refuse = true
		}
		if refuse {
			return nil, fmt.Errorf("%w: permessage-deflate was agreed on with %.80q", ErrMalformed, strings.TrimSpace(param))
		}
	}
	if seen["server_no_context_takeover"] {
		d.keep = 0
	}
	return d, nil
}

// Usual reports whether each message is compressed by itself, on both sides, with
// a full window: what ws-deflate is compared as.
func (d *Deflate) Usual() bool { return d.keep == 0 && d.Reach == fullWindow }

// remember moves the window on to the end of a message.
func (d *Deflate) remember(message []byte) {
	if d.window == nil {
		d.window = make([]byte, 0, d.keep)
	}
	message = message[max(0, len(message)-d.keep):]
	if over := len(d.window) + len(message) - d.keep; over > 0 {
		d.window = append(d.window[:0], d.window[over:]...)
	}
	d.window = append(d.window, message...)
}

// Deflater compresses messages. Level 1 is what gorilla takes as well, and
// the only one whose reset does not cost more than a message.
type Deflater struct {
	out   bytes.Buffer
	flate *flate.Writer
}

// Deflate returns a message's payload, which holds until the next call. Nothing in
// it refers further back than reach: compress/flate has no smaller window, and so
// begins anew after so many bytes, within the one stream.
func (d *Deflater) Deflate(message []byte, reach int) []byte {
	if d.flate == nil {
		d.flate, _ = flate.NewWriter(&d.out, flate.BestSpeed) // fails for unknown levels only
	}
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

// tail is what is cut off from the end of every message (RFC 7692, 7.2.1).
const tail = "\x00\x00\xff\xff"

// Inflater inflates compressed messages (RFC 1951), and holds them. The zero
// Inflater is ready; it must not be copied once it is in use.
type Inflater struct {
	in    source
	flate io.ReadCloser
	out   []byte // the messages since Reset, one after the other
}

// Reset lets go of the messages that were inflated.
func (i *Inflater) Reset() {
	i.in = source{}
	if cap(i.out) > maxKept {
		i.out = nil
	}
	i.out = i.out[:0]
}

// maxKept bounds the memory that is kept for later messages.
const maxKept = 256 << 10

// Inflate returns what a message's payload was before it was compressed, as d
// says. It holds until Reset. What is no whole message, or inflates to more than
// [MaxBody], is [ErrMalformed].
func (i *Inflater) Inflate(d *Deflate, payload []byte) ([]byte, error) {
	i.in = source{payload: payload}
	if i.flate == nil {
		i.flate = flate.NewReaderDict(&i.in, d.window)
	} else {
		_ = i.flate.(flate.Resetter).Reset(&i.in, d.window) // cannot fail
	}
	from := len(i.out)
	for {
		i.out = slices.Grow(i.out, 1024)
		n, err := i.flate.Read(i.out[len(i.out):cap(i.out)])
		i.out = i.out[:len(i.out)+n]
		switch {
		case len(i.out)-from > MaxBody:
			return nil, Malformed("a compressed message that inflates to more than can be read", payload)
		case err == nil:
			continue
		case !i.in.whole && (err != io.EOF || !mayFollow(payload[i.in.at:])):
			return nil, Malformed("a compressed message that is not one deflate stream", payload)
		}
		message := i.out[from:len(i.out):len(i.out)]
		if d.keep > 0 {
			d.remember(message)
		}
		return message, nil
	}
}

// mayFollow reports whether a stream may end with a last block and rest behind it:
// nothing, or a zero byte that makes the tail a block of its own (RFC 7692,
// 7.2.3.4).
func mayFollow(rest []byte) bool { return len(rest) == 0 || len(rest) == 1 && rest[0] == 0 }

// source is a payload, with tail behind it for the length of an empty block
// whose header the payload ends with. No other part of a stream can take the
// tail, or else a message that breaks off would go on with it.
type source struct {
	payload []byte
	at      int
	bits    bool // the last byte was read for its bits, as block headers are
	whole   bool // the tail has been taken
}

// ReadByte reads bits for compress/flate, which asks for no byte before it needs
// a bit of it.
func (s *source) ReadByte() (byte, error) {
	if s.at == len(s.payload) {
		return 0, io.EOF
	}
	s.at, s.bits = s.at+1, true
	return s.payload[s.at-1], nil
}

// Read reads what is in whole bytes: the length of a stored block, always right
// after the bits of its header, and then what is stored.
func (s *source) Read(p []byte) (int, error) {
	if s.at == len(s.payload) && s.bits && len(p) == len(tail) {
		s.bits, s.whole = false, true
		return copy(p, tail), nil
	}
	n := copy(p, s.payload[s.at:])
	s.at, s.bits = s.at+n, false
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
