package loadgen

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	randv2 "math/rand/v2"
	"sync"
)

// socket is a client's end of one WebSocket. It reads frames itself:
// gorilla's reader holds a buffer and more per connection, and wakes for
// each, which at 100,000 clients is what a generator cannot afford.
type socket struct {
	conn    *Conn
	deflate *deflate // nil where it was not agreed on
	partial []byte   // payload so far of a message in several frames
	joining bool     // partial is in use
	packed  bool     // partial is compressed

	end    sync.Once
	closed chan struct{}
}

// open dials, and asks for a WebSocket at path, with messages compressed or
// not. The answer holds until the Conn's next Fill.
func (s *socket) open(ctx context.Context, t Target, path string, compressed bool) (response, error) {
	var host string
	var err error
	if s.conn, host, err = t.dial(ctx); err != nil {
		return response{}, err
	}
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	r, err := s.handshake(host, path, compressed)
	if err != nil {
		s.conn.Close()
		return r, err
	}
	s.closed = make(chan struct{})
	return r, nil
}

// handshake asks for the protocol's change and checks the answer (RFC 6455, 4.1).
func (s *socket) handshake(host, path string, compressed bool) (response, error) {
	var nonce [16]byte
	rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	offer := ""
	if compressed {
		offer = "Sec-WebSocket-Extensions: " + deflateOffer + "\r\n"
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pollpush\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n",
		path, host, key, offer)
	if err := s.conn.send([]byte(request)); err != nil {
		return response{}, err
	}
	r, err := s.conn.answer()
	if err != nil {
		return r, err
	}
	if r.status != 101 {
		return r, r.refusal()
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if want := base64.StdEncoding.EncodeToString(sum[:]); string(r.field("sec-websocket-accept")) != want {
		return r, fmt.Errorf("%w: Sec-WebSocket-Accept is %.80q, not %q", errMalformed, r.field("sec-websocket-accept"), want)
	}
	extensions := r.field("sec-websocket-extensions")
	if compressed {
		if s.deflate, err = agreed(string(extensions)); err == nil && !s.deflate.usual() {
			text := fmt.Sprintf("%.200s", extensions)
			s.conn.meter.deflate.CompareAndSwap(nil, &text)
		}
	} else if extensions != nil {
		err = malformed("an extension that was not offered", extensions)
	}
	s.conn.Consume(r.size)
	s.conn.stream = true
	s.conn.over.Store(false) // whatever a proxy says of its connection
	return r, err
}

// next returns the next whole message among the bytes that have been read;
// ok is false where more are needed. It answers pings by itself. The message
// holds until the Conn's next Fill and, if it was compressed, until release.
func (s *socket) next() (message []byte, ok bool, err error) {
	for {
		f, whole, err := parseFrame(s.conn.Bytes(), s.deflate != nil)
		if err != nil || !whole {
			return nil, false, err
		}
		s.conn.meter.framesIn.Add(1)
		s.conn.Consume(f.size)
		switch f.op {
		case opPing:
			err = s.write(opPong, f.payload)
		case opPong:
		case opClose:
			if err = closed(f.payload); errors.Is(err, errEnded) {
				s.conn.over.Store(true)
			} else {
				s.conn.end(err)
			}
		case opBinary:
			err = malformed("a binary frame where the chat has only text", f.payload)
		default:
			if message, ok, err = s.join(f); ok && err == nil {
				return message, true, nil
			}
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// closed is the error for a close frame (RFC 6455, 7.4.1). 1012 asks the client
// to come back.
func closed(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("the server closed the connection: %w", io.EOF)
	}
	code, cause := binary.BigEndian.Uint16(payload), io.EOF
	switch code {
	case 1000, 1001, 1012:
		cause = errEnded
	}
	return fmt.Errorf("the WebSocket, closed with %d %q: %w", code, payload[2:], cause)
}

// join returns the message that a text frame is, or is the last part of.
func (s *socket) join(f frame) (message []byte, ok bool, err error) {
	if (f.op == opContinuation) != s.joining {
		return nil, false, malformed("a continuation without a message, or a message within a message", f.payload)
	}
	packed := f.compressed || s.joining && s.packed
	message = f.payload
	if s.joining || !f.final {
		if len(s.partial)+len(f.payload) > maxFrame {
			return nil, false, malformed("a message larger than can be read", f.payload)
		}
		s.partial = append(s.partial, f.payload...)
		s.joining, s.packed = !f.final, packed
		if s.joining {
			return nil, false, nil
		}
		// Deliveries point into the message, which therefore is not used again.
		message, s.partial = s.partial, nil
	}
	if packed {
		size := len(message)
		if message, err = s.deflate.inflate(message); err == nil {
			s.conn.meter.in.compression.Add(int64(size - len(message)))
		}
	}
	return message, true, err
}

// release gives back what the messages of next were inflated into.
func (s *socket) release() {
	if s.deflate != nil {
		s.deflate.release()
	}
}

// send sends a text message.
func (s *socket) send(text []byte) error {
	if s.deflate == nil {
		return s.write(opText, text)
	}
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	packed := d.deflate(text, s.deflate.reach)
	if err := s.write(opText|rsv1, packed); err != nil {
		return err
	}
	s.conn.meter.out.compression.Add(int64(len(packed) - len(text)))
	return nil
}

func (s *socket) write(op byte, payload []byte) error {
	s.conn.meter.framesOut.Add(1)
	return s.conn.Write(appendFrame(nil, op, payload, randv2.Uint32()))
}

func (s *socket) Close() error {
	s.end.Do(func() {
		close(s.closed)
		if s.conn.alive() {
			// 1000, and no waiting for the answer: the reset that follows
			// leaves no TIME_WAIT, and what was sent before it can be read.
			_ = s.write(opClose, []byte{0x03, 0xe8})
		}
	})
	return s.conn.Close()
}

// acks holds the answer to the message that is being published, nil for an
// accepted one. It has room for one, or is nil where nothing is published.
type acks chan error

func newAcks(t Target) acks {
	if !t.Publishes {
		return nil
	}
	return make(acks, 1)
}

// settle answers the Publish that waits, if any still does.
func (a acks) settle(err error) {
	select {
	case a <- err:
	default:
	}
}

// forget drops an answer to what nobody waits for any more.
func (a acks) forget() {
	select {
	case <-a:
	default:
	}
}

// wait returns the answer.
func (a acks) wait(closed <-chan struct{}) error {
	select {
	case err := <-a:
		return err
	case <-closed:
		return errUnanswered
	}
}
