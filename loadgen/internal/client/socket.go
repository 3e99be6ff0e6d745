package client

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// socket is a client's end of one WebSocket.
type socket struct {
	link
	target Target
	talk   talk

	key      string         // of the handshake; empty once that is over
	compress bool           // was offered
	deflate  *codec.Deflate // nil where it was not agreed on
	partial  []byte         // payload so far of a message in several frames
	joining  bool           // partial is in use
	packed   bool           // partial is compressed
}

// talk is what a transport makes of its socket.
type talk interface {
	begin(t *Turn, r codec.Response) error // the server has switched, as r says
	hear(t *Turn, message []byte) error
	finish(t *Turn, err error) // the conversation ends for err
}

func newSocket(t Target) socket { return socket{link: link{line: Main}, target: t} }

// open asks for the protocol's change (RFC 6455, 4.1), with messages compressed
// or not.
func (s *socket) open(t *Turn, path string, compress bool) {
	s.opened(t)
	s.compress, s.deflate, s.partial, s.joining = compress, nil, nil, false
	var nonce [16]byte
	binary.NativeEndian.PutUint64(nonce[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(nonce[8:], rand.Uint64())
	s.key = base64.StdEncoding.EncodeToString(nonce[:])
	b := t.Send[Main]
	from := len(b)
	b = fmt.Appendf(b, "GET %s HTTP/1.1\r\n", path)
	b = s.target.appendHost(t, b, from)
	b = fmt.Appendf(b, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", s.key)
	if compress {
		b = append(b, "Sec-WebSocket-Extensions: "+codec.DeflateOffer+"\r\n"...)
	}
	t.Send[Main] = append(b, "\r\n"...)
	s.ask(t)
}

func (s *socket) Receive(t *Turn, _ Line, b []byte) (used int) {
	if !s.stream {
		r, ok, err := s.answer(t, b, false)
		if ok {
			if err = s.check(t, r); err == nil {
				err = s.talk.begin(t, r)
			}
		}
		if err != nil {
			s.talk.finish(t, err)
		}
		if used = r.Size; !ok || err != nil {
			return used
		}
	}
	for {
		message, n, ok, err := s.next(t, b[used:])
		used += n
		if ok {
			err = s.talk.hear(t, message)
		}
		if err != nil {
			s.talk.finish(t, err)
		}
		if !ok || err != nil {
			return used
		}
	}
}

func (s *socket) check(t *Turn, r codec.Response) (err error) {
	if r.Status != 101 {
		return r.Refusal()
	}
	s.target.Cookies.take(t, r, s.target.TLS)
	if want := codec.AcceptKey(s.key); string(r.Field("sec-websocket-accept")) != want {
		return fmt.Errorf("%w: Sec-WebSocket-Accept is %.80q, not %q", codec.ErrMalformed, r.Field("sec-websocket-accept"), want)
	}
	extensions := r.Field("sec-websocket-extensions")
	if s.compress {
		if s.deflate, err = codec.Agreed(string(extensions)); err == nil && !s.deflate.Usual() && t.Counts.Deflate == "" {
			t.Counts.Deflate = fmt.Sprintf("%.200s", extensions)
		}
	} else if extensions != nil {
		err = codec.Malformed("an extension that was not offered", extensions)
	}
	s.key, s.stream, s.over = "", true, false // whatever a proxy says of its connection
	return err
}

// next takes in the frames at the start of b up to a whole message; ok is false
// where more bytes are needed. It answers pings by itself.
func (s *socket) next(t *Turn, b []byte) (message []byte, used int, ok bool, err error) {
	for {
		f, whole, err := codec.ParseFrame(b[used:], s.deflate != nil)
		if err != nil || !whole {
			t.Need = f.Size
			return nil, used, false, err
		}
		t.Counts.FramesIn++
		used += f.Size
		switch f.Op {
		case codec.OpPing:
			s.write(t, codec.OpPong, f.Payload)
		case codec.OpPong:
		case codec.OpClose:
			if err = codec.Closed(f.Payload); errors.Is(err, codec.ErrEnded) {
				s.over = true
			} else {
				t.Counts.Lost++
			}
		case codec.OpBinary:
			err = codec.Malformed("a binary frame where the chat has only text", f.Payload)
		default:
			if message, ok, err = s.join(t, f); ok && err == nil {
				return message, used, true, nil
			}
		}
		if err != nil {
			return nil, used, false, err
		}
	}
}

// join returns the message that a text frame is, or is the last part of.
func (s *socket) join(t *Turn, f codec.Frame) (message []byte, ok bool, err error) {
	if (f.Op == codec.OpContinuation) != s.joining {
		return nil, false, codec.Malformed("a continuation without a message, or a message within a message", f.Payload)
	}
	packed := f.Compressed || s.joining && s.packed
	message = f.Payload
	if s.joining || !f.Final {
		if len(s.partial)+len(f.Payload) > codec.MaxBody {
			return nil, false, codec.Malformed("a message larger than can be read", f.Payload)
		}
		s.partial = append(s.partial, f.Payload...)
		s.joining, s.packed = !f.Final, packed
		if s.joining {
			return nil, false, nil
		}
		// Deliveries point into the message, which therefore is not used again.
		message, s.partial = s.partial, nil
	}
	if packed {
		size := len(message)
		if message, err = t.Tools.Inflate(s.deflate, message); err == nil {
			t.Counts.In.Compression += int64(size - len(message))
		}
	}
	return message, true, err
}

func (s *socket) End(t *Turn, _ Line, rest []byte, err error) {
	asked := s.asked
	r, ok, _, err := s.end(t, rest, err)
	if ok && asked { // a refusal that the end has made whole
		if err = s.check(t, r); err == nil {
			err = errRetired
		}
	}
	s.talk.finish(t, err)
}

func (s *socket) send(t *Turn, text []byte) {
	if s.deflate == nil {
		s.write(t, codec.OpText, text)
		return
	}
	packed := t.Tools.Deflate(text, s.deflate.Reach)
	s.write(t, codec.OpText|codec.RSV1, packed)
	t.Counts.Out.Compression += int64(len(packed) - len(text))
}

func (s *socket) write(t *Turn, op byte, payload []byte) {
	t.Counts.FramesOut++
	t.Send[Main] = codec.AppendFrame(t.Send[Main], op, payload, rand.Uint32())
}

// Close says 1000, and does not wait for the answer.
func (s *socket) Close(t *Turn) {
	if s.up && s.stream {
		s.write(t, codec.OpClose, []byte{0x03, 0xe8})
	}
}

func (s *socket) Wake(*Turn) {}
