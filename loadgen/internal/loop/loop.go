// Package loop runs many TCP connections on one thread, by epoll (Linux 5.11).
// Everything in it happens on the goroutine of [Loop.Run], but for [Loop.Do]
// and the handshakes of TLS: so nothing is locked, and counts are plain numbers.
package loop

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/clock"
)

// Loop is an event loop: it carries what its connections bring to their
// handlers, and wakes who asked for it.
type Loop struct {
	Traffic

	epoll int
	wake  int // an eventfd, for Do

	events  [64]unix.EpollEvent
	scratch []byte  // what all connections read into
	conns   []*Conn // by descriptor
	made    int32   // connections so far, to tell two of one descriptor apart
	failed  []*Conn // which could not even be begun
	alarms  alarms
	sweep   *sweep

	stopped bool

	mu    sync.Mutex
	asked []func() // by Do
	over  bool     // Run has returned
}

// Waker is woken at the instants that it asked for.
type Waker interface {
	// Wake is called at or after the instant at, with what it was asked for.
	Wake(at int64, what int)
}

// scratchSize holds what one connection is likely to bring in one go.
const scratchSize = 64 << 10

// atOnce bounds for how long alarms go off before connections are looked at again.
const atOnce = int64(500 * time.Microsecond)

func New() (*Loop, error) {
	l := &Loop{scratch: make([]byte, scratchSize)}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err == nil {
		err = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, l.wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(l.wake), Pad: -1})
	}
	if err == nil {
		_, err = l.wait(0)
	}
	if err != nil {
		l.free()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return l, nil
}

func (l *Loop) free() {
	unix.Close(l.epoll)
	l.epoll = -1
	unix.Close(l.wake)
}

// Run runs the loop until [Loop.Stop].
func (l *Loop) Run() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.end()
	// Else the kernel wakes up to 50 µs late, to save power.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for !l.stopped {
		n, err := l.wait(l.patience())
		if err != nil {
			return fmt.Errorf("epoll: %w", err)
		}
		for i := range l.events[:n] {
			l.event(&l.events[i])
		}
		failed := l.failed
		l.failed = nil // who hears of it may dial again
		for _, c := range failed {
			c.end(c.err)
		}
		if l.stopped { // nothing rings any more
			break
		}
		l.alarms.ring()
		if l.sweep != nil {
			l.sweep.step(l)
		}
	}
	return nil
}

// Stop ends Run. It is called on the loop.
func (l *Loop) Stop() { l.stopped = true }

// end calls what is still asked for, and lets go of the descriptors.
func (l *Loop) end() {
	l.called(true)
	l.free()
}

// Do has f called on the loop, soon; at once, where that has ended. Any goroutine
// may call it.
func (l *Loop) Do(f func()) {
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		f()
		return
	}
	defer l.mu.Unlock()
	if l.asked = append(l.asked, f); len(l.asked) == 1 {
		one := [8]byte{1}
		_, _ = unix.Write(l.wake, one[:])
	}
}

func (l *Loop) At(at int64, w Waker, what int) { l.alarms.push(alarm{at, w, what}) }

// patience is how long to wait for connections at most: ns, or -1 for ever.
func (l *Loop) patience() int64 {
	if l.sweep != nil || len(l.failed) > 0 {
		return 0
	}
	if len(l.alarms) == 0 {
		return -1
	}
	wait := max(0, l.alarms[0].at-clock.Now())
	// The kernel may be late by a thousandth of what it waits.
	if wait > int64(20*time.Millisecond) {
		wait -= wait / 256
	}
	return wait
}

// wait waits for connections, at most for so many ns.
func (l *Loop) wait(patience int64) (int, error) {
	var ts *unix.Timespec
	if patience >= 0 {
		ts = new(unix.NsecToTimespec(patience))
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)),
			uintptr(unsafe.Pointer(ts)), 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			if patience > 0 {
				return 0, nil // to be reckoned anew
			}
		case unix.ENOSYS:
			return 0, errors.New("the load generator needs Linux 5.11 or newer (epoll_pwait2)")
		default:
			return 0, errno
		}
	}
}

func (l *Loop) event(e *unix.EpollEvent) {
	if e.Pad == -1 {
		var count [8]byte
		_, _ = unix.Read(l.wake, count[:])
		l.called(false)
		return
	}
	if int(e.Fd) >= len(l.conns) {
		return
	}
	c := l.conns[e.Fd]
	if c == nil || c.made != e.Pad {
		return // closed by what came before in the same batch
	}
	if c.state == connecting {
		if e.Events&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) == 0 {
			return
		}
		if c.connected(); c.state == connecting {
			return // to the next address
		}
	}
	if e.Events&unix.EPOLLOUT != 0 && len(c.out) > 0 {
		c.flush()
	}
	if e.Events&^unix.EPOLLOUT != 0 {
		c.read(e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0)
	}
}

// called calls what Do was asked for, perhaps for the last time.
func (l *Loop) called(over bool) {
	l.mu.Lock()
	asked := l.asked
	l.asked, l.over = nil, over
	l.mu.Unlock()
	for _, f := range asked {
		f()
	}
}

// alarm is one that somebody has asked for.
type alarm struct {
	at   int64
	who  Waker
	what int
}

// alarms is a heap of four children each: the first to go off is at the top.
type alarms []alarm

func (h *alarms) push(a alarm) {
	*h = append(*h, a)
	q := *h
	i := len(q) - 1
	for i > 0 && a.at < q[(i-1)/4].at {
		q[i] = q[(i-1)/4]
		i = (i - 1) / 4
	}
	q[i] = a
}

func (h *alarms) pop() alarm {
	q := *h
	top, last := q[0], q[len(q)-1]
	q[len(q)-1] = alarm{}
	if q = q[:len(q)-1]; cap(q) > 1024 && len(q) < cap(q)/4 {
		q = append(make([]alarm, 0, 2*len(q)), q...)
	}
	*h = q
	for i := 0; len(q) > 0; {
		first := 4*i + 1
		least := first
		for k := first + 1; k < min(first+4, len(q)); k++ {
			if q[k].at < q[least].at {
				least = k
			}
		}
		if first >= len(q) || last.at <= q[least].at {
			q[i] = last
			break
		}
		q[i] = q[least]
		i = least
	}
	return top
}

func (h *alarms) ring() {
	now := clock.Now()
	for end := now + atOnce; now < end && len(*h) > 0 && (*h)[0].at <= now; now = clock.Now() {
		a := h.pop()
		a.who.Wake(a.at, a.what)
	}
}

// transfer reads (SYS_READ) what is there, or writes (SYS_WRITE) what there is
// room for. It cannot block, and so need not tell the scheduler.
func transfer(call uintptr, fd int32, p []byte) (n int, err error) {
	for {
		n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
