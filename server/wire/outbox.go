package wire

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// closeGrace is how long a socket may take to end once its close frame is due:
// to read what waits for it and to answer.
const closeGrace = 2 * time.Second

// Outbox is the writing half of a socket. No call waits for the peer: what the
// kernel does not take at once is kept, and written by a goroutine that exists
// only while something is kept, as much as the kernel takes at a time.
//
// The owner of the socket reads from it, and closes it when reading fails; the
// outbox makes reading fail when writing has.
type Outbox struct {
	conn   *Conn
	limit  int  // bytes that may be kept, as they are on the wire
	framed bool // what is written is WebSocket frames, which count

	// What Sweep goes by. Of the bytes only differences are of interest: they may
	// wrap around.
	watched bool   // by the next Sweep
	stalled bool   // ended by it
	still   int32  // sweeps in a row at which the peer had taken nothing more
	given   uint32 // bytes that the kernel has got
	taken   uint32 // of those, what the peer's kernel had acknowledged at the last sweep

	mu       sync.Mutex
	pending  []byte // whole frames or records, but for the first
	flushing bool   // while something is pending
	state    life
	sent     FrameScanner
	drained  chan struct{} // if not nil, closed when nothing is pending any more
}

type life uint8

const (
	open    life = iota
	closing      // the close frame is the last one
	dead         // the connection is broken
)

// Write sends whole frames, or a part of a stream, at once or as soon as the
// peer reads. If more is waiting than the limit allows, the peer is a slow
// reader: a WebSocket is closed with 1008, another connection is dropped. The
// error is net.ErrClosed where the connection is closing or broken.
func (o *Outbox) Write(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != open {
		return net.ErrClosed
	}
	o.push(b)
	if len(o.pending) > o.limit {
		o.conn.tally.SlowReaders.Add(1)
		o.dismiss()
	}
	return nil
}

// writeFrame is write for what gorilla writes: one control frame at a time.
func (o *Outbox) writeFrame(frame []byte) (int, error) {
	if frame[0]&opcodes == websocket.CloseMessage {
		o.Close(frame)
		return len(frame), nil
	}
	if err := o.Write(frame); err != nil {
		return 0, err
	}
	return len(frame), nil
}

// Close makes what it is given, a close frame or a stream's end, the last to be
// sent, and gives the peer closeGrace to end the connection. It does nothing
// where that is ending already.
func (o *Outbox) Close(last []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == open {
		o.finish(last)
	}
}

// Wait returns when nothing is pending: nil, or net.ErrClosed where the socket
// is closing or broken. It returns ErrStalled where that takes longer than limit.
func (o *Outbox) Wait(limit time.Duration) error {
	o.mu.Lock()
	if o.flushing && o.drained == nil {
		o.drained = make(chan struct{})
	}
	flushing, drained := o.flushing, o.drained
	o.mu.Unlock()
	if flushing {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-drained:
		case <-timer.C:
			return ErrStalled
		}
	}
	if !o.IsOpen() {
		return net.ErrClosed
	}
	return nil
}

// ErrStalled is returned by Wait where the peer has not read in time.
var ErrStalled = errors.New("the peer does not read")

// IsOpen says whether more can be written.
func (o *Outbox) IsOpen() bool { return o.is(open) }

func (o *Outbox) is(state life) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == state
}

// Abandon gives the connection up, and with it what is pending: then the kernel
// too forgets what it still holds for the peer.
func (o *Outbox) Abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.breakOff()
}

// Of the following, each wants o.mu held.

func (o *Outbox) push(p []byte) {
	if o.conn.tls != nil {
		o.seal(p)
	} else {
		o.hand(p)
	}
}

// hand gives p to the kernel, or keeps what it does not take at once.
func (o *Outbox) hand(p []byte) {
	if !o.flushing {
		n, err := o.send(p, o.conn.writeNow)
		if err != nil && err != syscall.EAGAIN {
			o.breakOff()
			return
		}
		p = p[n:]
	}
	o.watch()
	if len(p) == 0 {
		return
	}
	o.pending = append(o.pending, p...)
	if !o.flushing {
		o.flushing = true
		go o.flush()
	}
}

// dismiss ends the connection as that of a slow reader.
func (o *Outbox) dismiss() {
	if o.framed {
		o.finish(CloseFrame(websocket.ClosePolicyViolation, "slow reader"))
	} else {
		o.breakOff()
	}
}

func (o *Outbox) finish(frame []byte) {
	o.push(frame)
	if o.state == open {
		o.state = closing
		// Ends the flush as well as the reading, whatever the peer does.
		soon := time.Now().Add(closeGrace)
		o.conn.SetReadDeadline(soon)
		o.conn.tcp.SetWriteDeadline(soon)
	}
}

func (o *Outbox) breakOff() {
	if len(o.pending) > 0 || o.stalled { // the kernel need not go on with what it still holds
		o.conn.tcp.SetLinger(0)
	}
	o.state = dead
	o.settle()
	o.conn.SetReadDeadline(time.Unix(1, 0)) // has the reader close the connection
}

// settle ends flushing.
func (o *Outbox) settle() {
	o.pending, o.flushing = nil, false
	if o.drained != nil {
		close(o.drained)
		o.drained = nil
	}
}

// send hands p to the kernel by write and counts what it took. The error is
// syscall.EAGAIN where it will take no more for now.
func (o *Outbox) send(p []byte, write func([]byte) (int, error)) (int, error) {
	before, frames := o.sent, 0
	framed := o.framed && o.conn.tls == nil // seal has counted the others
	if framed {
		frames = o.sent.Scan(p)
	}
	o.conn.tally.BytesSent.Add(int64(len(p)))
	o.conn.tally.FramesSent.Add(int64(frames))
	n, err := write(p)
	for err == syscall.EINTR {
		n, err = write(p)
	}
	o.given += uint32(n)
	if n < len(p) {
		o.conn.tally.BytesSent.Add(int64(n - len(p)))
		if framed {
			o.sent = before
			o.conn.tally.FramesSent.Add(int64(o.sent.Scan(p[:n]) - frames))
		}
	}
	return n, err
}

// flush writes what is pending, waiting for the peer, until nothing is.
func (o *Outbox) flush() {
	err := o.conn.raw.Write(func(fd uintptr) bool {
		write := func(p []byte) (int, error) { // much at a time: the scheduler has to know
			n, err := syscall.Write(int(fd), p)
			return max(n, 0), err
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		for len(o.pending) > 0 && o.state != dead {
			n, err := o.send(o.pending, write)
			o.pending = o.pending[n:]
			if err == syscall.EAGAIN {
				return false
			}
			if err != nil {
				o.breakOff()
				return true
			}
		}
		o.settle()
		return true
	})
	if err != nil { // closed, or its time is over
		o.mu.Lock()
		defer o.mu.Unlock()
		o.breakOff()
	}
}
