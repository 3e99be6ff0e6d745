package nulltarget

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// room takes messages, and delivers them by a log in which all faults have
// been done already: a client's cursor is its place in the log.
type room struct {
	name   string
	config Config
	posted chan *message // in the order of their ids
	now    atomic.Pointer[state]
	done   <-chan struct{}

	swapped *message // that waits for its successor; of the delivering goroutine

	mu    sync.Mutex
	last  uint64 // id
	begun int64  // when the first message was accepted
}

// state is a room at an instant. It never changes: another one takes its
// place, and then more is closed.
type state struct {
	log  []*message
	ends []int // ends[id-1] is how long the log was when message id had been dealt with
	more chan struct{}
}

// backlog is how many messages may wait in a room for their delivery.
const backlog = 1 << 16

func newRoom(name string, s *Server) (*room, error) {
	alarm, err := clock.NewAlarm()
	if err != nil {
		return nil, err
	}
	r := &room{name: name, config: s.config, posted: make(chan *message, backlog), done: s.done}
	r.now.Store(&state{more: make(chan struct{})})
	s.tasks.Go(func() {
		<-s.done
		alarm.Close() // which ends a Wait
	})
	s.tasks.Go(func() {
		for {
			select {
			case m := <-r.posted:
				if alarm.Wait(m.due) != nil {
					return
				}
				r.deliver(m)
			case <-s.done:
				return
			}
		}
	})
	return r, nil
}

// errBody says that what was posted is no message.
var errBody = errors.New(`no message: want {"user":"…","text":"…"}`)

// accept takes a posted body and returns the message that it has become.
func (r *room) accept(body []byte) (m *message, err error) {
	var in struct{ User, Text json.RawMessage }
	if json.Unmarshal(body, &in) != nil || !isString(in.User) || !isString(in.Text) {
		return nil, errBody
	}
	if r.config.Accept > 0 {
		<-time.After(r.config.Accept)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at, now := clock.Now(), time.Now()
	if r.last == 0 {
		r.begun = at
	}
	for range max(1, r.config.Copies) {
		r.last++
		m = &message{id: r.last, due: r.due(at), json: r.encode(r.last, in.User, in.Text, now)}
		select {
		case r.posted <- m:
		case <-r.done:
			return nil, net.ErrClosed
		}
	}
	return m, nil
}

// due is when a message that was accepted at an instant is delivered.
func (r *room) due(accepted int64) int64 {
	due := accepted + int64(r.config.Delay)
	from := r.begun + int64(r.config.StallAt)
	if to := from + int64(r.config.Stall); due >= from && due < to {
		return to
	}
	return due
}

// encode renders a message, its strings as they were posted.
func (r *room) encode(id uint64, user, text []byte, at time.Time) []byte {
	b := make([]byte, 0, len(user)+len(text)+len(r.name)+80)
	b = append(b, `{"id":`...)
	b = strconv.AppendUint(b, id, 10)
	b = append(b, `,"room":"`...)
	b = append(b, r.name...)
	b = append(b, `","user":`...)
	b = append(b, user...)
	b = append(b, `,"text":`...)
	b = append(b, text...)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, at.UnixMilli(), 10)
	return append(b, '}')
}

func isString(b []byte) bool { return len(b) > 0 && b[0] == '"' }

// deliver puts a message into the log, or what its fault makes of it.
func (r *room) deliver(m *message) {
	before := r.now.Load()
	next := &state{log: before.log, ends: before.ends, more: make(chan struct{})}
	fault := None
	if r.config.Fault != nil {
		fault = r.config.Fault(m.id)
	}
	switch {
	case r.swapped != nil:
		next.log = append(next.log, m, r.swapped)
		next.ends = append(next.ends, len(next.log)) // that of the swapped one
		r.swapped = nil
	case fault == Swap:
		r.swapped = m
		return
	case fault == Lose:
	case fault == Again:
		next.log = append(next.log, m, m)
	default:
		next.log = append(next.log, m)
	}
	next.ends = append(next.ends, len(next.log))
	r.now.Store(next)
	close(before.more)
}

// begin is where in the log a client begins, by its parameter after: without
// one it gets what comes from now on.
func (r *room) begin(after string) int {
	s := r.now.Load()
	id, err := strconv.ParseUint(after, 10, 64)
	switch {
	case err != nil || id > uint64(len(s.ends)):
		return len(s.log)
	case id == 0:
		return 0
	}
	return s.ends[id-1]
}

// message is one message, and its bytes in each form that is asked for.
type message struct {
	id   uint64
	due  int64 // when it is delivered
	json []byte

	forms [formCount]struct {
		once  sync.Once
		bytes []byte
	}
}

// form is a way in which a message travels.
type form int

const (
	frame    form = iota // a WebSocket frame
	deflated             // the same, compressed
	event                // a Server-Sent Event, as an HTTP chunk
	packet               // an Engine.IO packet with a Socket.IO event
	packed               // the same, in a WebSocket frame
	formCount
)

// as returns the message's bytes in a form.
func (m *message) as(f form) []byte {
	made := &m.forms[f]
	made.once.Do(func() { made.bytes = m.render(f) })
	return made.bytes
}

func (m *message) render(f form) []byte {
	switch f {
	case frame:
		return appendFrame(nil, text, m.json)
	case deflated:
		return appendFrame(nil, text|compressed, deflate(m.json))
	case event:
		body := fmt.Appendf(nil, "id: %d\nevent: message\ndata: %s\n\n", m.id, m.json)
		return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body)
	case packet:
		return fmt.Appendf(nil, `42["chat message",%s]`, m.json)
	default:
		return appendFrame(nil, text, m.as(packet))
	}
}

// The first byte of a WebSocket frame (RFC 6455, 5.2): a whole text message,
// and that it is compressed (RFC 7692, 6).
const (
	text       = 0x81
	compressed = 0x40
)

// appendFrame appends a frame as servers send it, unmasked.
func appendFrame(b []byte, first byte, payload []byte) []byte {
	b = append(b, first)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// deflaters are kept: a new one takes a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is unknown
	}
	return w
}}

// deflate compresses a WebSocket message by itself (RFC 7692, 7.2.1).
func deflate(payload []byte) []byte {
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	w.Write(payload) // to memory: cannot fail
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}
