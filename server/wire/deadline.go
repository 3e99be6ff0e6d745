package wire

import (
	"errors"
	"math"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// deadline is until when reading may wait. net/http moves it seven times in a
// request, nearly always further away, and moving the runtime's timer costs more
// than all else that a Conn does. So the timer is only ever moved for a reader for
// whom it is too late; if it fires too early, the reader sets it again.
type deadline struct {
	mu      sync.Mutex
	until   instant
	timer   instant // when it fires; past if it has
	waiting bool    // somebody may be waiting for data
}

// instant is in nanoseconds since the program began.
type instant int64

const (
	past  instant = -1
	never instant = math.MaxInt64
)

var began = time.Now()

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return never
	}
	return instant(t.Sub(began))
}

// time is what a net.Conn takes for a deadline.
func (i instant) time() time.Time {
	if i == never {
		return time.Time{}
	}
	return began.Add(time.Duration(i))
}

func (d *deadline) move(c *net.TCPConn, t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until = instantOf(t); d.waiting && d.until < d.timer {
		d.arm(c)
	}
}

// disarm ends the deadline, and the timer with it.
func (d *deadline) disarm(c *net.TCPConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = never
	d.arm(c)
}

// arm wants d.mu held.
func (d *deadline) arm(c *net.TCPConn) {
	d.timer = d.until
	c.SetReadDeadline(d.until.time()) // fails on a closed connection, and so will reading
}

// begin is called before a read, and reports whether it may wait.
func (d *deadline) begin(c *Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until <= past {
		c.in.err = os.ErrDeadlineExceeded
		return false
	}
	if d.until < d.timer || d.timer <= past {
		d.arm(c.tcp)
	}
	d.waiting = true
	return true
}

// end is called after it, and reports whether that was all: not so if the timer
// has fired before the deadline.
func (d *deadline) end(c *Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = false
	if c.in.err == nil {
		return c.in.errno != syscall.EINTR
	}
	if !errors.Is(c.in.err, os.ErrDeadlineExceeded) {
		return true
	}
	early := d.timer < d.until
	d.timer = past
	return !early
}
