package server

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

// outbox is the writing half of a socket. No call waits for the peer: what the
// kernel does not take at once is kept, and written by a goroutine that exists
// only while something is kept, as much as the kernel takes at a time.
//
// Whoever owns the socket reads from it, and closes it when reading fails; the
// outbox makes reading fail when writing has.
type outbox struct {
	tcp   *net.TCPConn
	raw   syscall.RawConn
	tally *tally
	limit int // bytes that may be kept

	mu       sync.Mutex
	pending  []byte // whole frames, but for the first
	flushing bool   // while something is pending
	state    outboxState
	sent     frameScanner
	drained  chan struct{} // if not nil, closed when nothing is pending any more

	// attempt hands next to the kernel once and leaves the outcome in took and
	// failed. It is made once, so that a write allocates nothing.
	attempt func(fd uintptr) bool
	next    []byte
	took    int
	failed  error
}

type outboxState uint8

const (
	open    outboxState = iota
	closing             // the close frame is the last one
	dead                // the connection is broken
)

func newOutbox(tcp *net.TCPConn, limit int, t *tally) (*outbox, error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	o := &outbox{tcp: tcp, raw: raw, tally: t, limit: limit}
	o.attempt = func(fd uintptr) bool {
		o.took, o.failed = o.send(fd, o.next, writeNow)
		return true // whatever came of it: the caller must not wait
	}
	return o, nil
}

// write sends whole frames, at once or as soon as the peer reads. If more is
// waiting than the limit allows, the socket is closed as a slow reader with
// 1008. The error is net.ErrClosed where the socket is closing or broken.
func (o *outbox) write(frames []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != open {
		return net.ErrClosed
	}
	o.push(frames)
	if len(o.pending) > o.limit {
		o.tally.slowReaders.Add(1)
		o.finish(closeFrame(websocket.ClosePolicyViolation, "slow reader"))
	}
	return nil
}

// writeFrame is write for what gorilla writes: one control frame at a time.
func (o *outbox) writeFrame(frame []byte) (int, error) {
	if frame[0]&opcodes == websocket.CloseMessage {
		o.close(frame)
		return len(frame), nil
	}
	if err := o.write(frame); err != nil {
		return 0, err
	}
	return len(frame), nil
}

// close makes frame, a close frame, the last one, and gives the socket
// closeGrace to end. It does nothing where it is ending already.
func (o *outbox) close(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == open {
		o.finish(frame)
	}
}

// wait returns when nothing is pending: nil, or net.ErrClosed where the socket
// is closing or broken. It returns errStalled where that takes longer than limit.
func (o *outbox) wait(limit time.Duration) error {
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
			return errStalled
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != open {
		return net.ErrClosed
	}
	return nil
}

var errStalled = errors.New("the peer does not read")

func (o *outbox) isOpen() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == open
}

// isClosing says whether a close frame was, or is to be, the last one.
func (o *outbox) isClosing() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == closing
}

// abandon gives the connection up, and with it what is pending: then the kernel
// too forgets what it still holds for the peer.
func (o *outbox) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pending) > 0 {
		o.tcp.SetLinger(0)
	}
	o.breakOff()
}

// Of the following, each wants o.mu held.

func (o *outbox) push(p []byte) {
	if !o.flushing {
		o.next = p
		err := o.raw.Write(o.attempt)
		o.next = nil
		if err == nil {
			err = o.failed
		}
		if err != nil && err != syscall.EAGAIN {
			o.breakOff()
			return
		}
		p = p[o.took:]
	}
	if len(p) == 0 {
		return
	}
	o.pending = append(o.pending, p...)
	if !o.flushing {
		o.flushing = true
		go o.flush()
	}
}

func (o *outbox) finish(frame []byte) {
	o.push(frame)
	if o.state == open {
		o.state = closing
		// Ends the flush as well as the reading, whatever the peer does.
		o.tcp.SetDeadline(time.Now().Add(closeGrace))
	}
}

func (o *outbox) breakOff() {
	o.state = dead
	o.settle()
	o.tcp.SetReadDeadline(time.Unix(1, 0)) // has the reader close the connection
}

// settle ends flushing.
func (o *outbox) settle() {
	o.pending, o.flushing = nil, false
	if o.drained != nil {
		close(o.drained)
		o.drained = nil
	}
}

// send hands p to the kernel by write and counts what it took. The error is
// syscall.EAGAIN where it will take no more for now.
func (o *outbox) send(fd uintptr, p []byte, write func(int, []byte) (int, error)) (int, error) {
	before := o.sent
	frames := o.sent.scan(p)
	o.tally.bytesSent.Add(int64(len(p)))
	o.tally.framesSent.Add(int64(frames))
	n, err := write(int(fd), p)
	for err == syscall.EINTR {
		n, err = write(int(fd), p)
	}
	n = max(n, 0)
	if n < len(p) {
		o.sent = before
		o.tally.bytesSent.Add(int64(n - len(p)))
		o.tally.framesSent.Add(int64(o.sent.scan(p[:n]) - frames))
	}
	return n, err
}

// flush writes what is pending, waiting for the peer, until nothing is.
func (o *outbox) flush() {
	err := o.raw.Write(func(fd uintptr) bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for len(o.pending) > 0 && o.state != dead {
			n, err := o.send(fd, o.pending, syscall.Write)
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
