// Package clock reads and waits on the host's monotonic clock, which all
// processes of one host share: an instant taken in one can be compared with
// an instant taken in another.
package clock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// base pairs an instant of CLOCK_MONOTONIC with Go's own reading of the same
// clock, which is ten times cheaper to take than the system call.
var base = func() (b struct {
	at   time.Time
	mono int64
}) {
	// The pair is off by at most the time between the two readings around the
	// system call: of several tries the tightest is kept.
	tightest := time.Hour
	for range 16 {
		before := time.Now()
		mono := read(unix.CLOCK_MONOTONIC)
		after := time.Now()
		if gap := after.Sub(before); gap < tightest {
			tightest, b.at, b.mono = gap, before.Add(gap/2), mono
		}
	}
	return b
}()

// read returns the nanoseconds of one of the kernel's clocks.
func read(id int32) int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		panic(fmt.Sprintf("clock %d: %v", id, err))
	}
	return ts.Nano()
}

// Now returns the nanoseconds of CLOCK_MONOTONIC.
func Now() int64 { return base.mono + int64(time.Since(base.at)) }

// Alarm wakes one goroutine at given instants, by two ways at once. In an idle
// process Go's timers may fire a millisecond late, since they end in an
// epoll_wait that counts in milliseconds; a timerfd in the same epoll does not.
// In a busy process epoll may not be looked at for 10 ms; timers are, whenever
// a goroutine yields.
type Alarm struct {
	file *os.File
	raw  syscall.RawConn // File.Fd would make the descriptor blocking
}

// NewAlarm returns an Alarm, to be closed after use.
func NewAlarm() (*Alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	file := os.NewFile(uintptr(fd), "timerfd")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	return &Alarm{file: file, raw: raw}, nil
}

// Wait returns at the instant at (nanoseconds, as [Now] gives them), at once
// if that has passed, or with an error once the Alarm is closed.
func (a *Alarm) Wait(at int64) error {
	for at > Now() {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
		var set error
		err := a.raw.Control(func(fd uintptr) {
			set = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &spec, nil)
		})
		if err = errors.Join(err, set); err == nil {
			err = a.file.SetReadDeadline(base.at.Add(time.Duration(at - base.mono)))
		}
		if err == nil {
			var expirations [8]byte
			_, err = a.file.Read(expirations[:])
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("timerfd: %w", err)
		}
	}
	return nil
}

// Close unblocks a Wait, now and later.
func (a *Alarm) Close() error { return a.file.Close() }
