package clock

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
)

func TestNowAgreesWithTheSystemCall(t *testing.T) {
	for range 100 {
		before, now, after := read(unix.CLOCK_MONOTONIC), Now(), read(unix.CLOCK_MONOTONIC)
		// The calibration may be off by the microseconds that a system call takes.
		const slack = int64(time.Millisecond)
		if now < before-slack || now > after+slack {
			t.Fatalf("Now() = %d, but CLOCK_MONOTONIC went from %d to %d around it", now, before, after)
		}
	}
}

func TestAlarmNeverWakesEarly(t *testing.T) {
	a, err := NewAlarm()
	assert.NilError(t, err)
	defer a.Close()
	for _, d := range []time.Duration{-time.Second, 0, 100 * time.Microsecond, 5 * time.Millisecond} {
		due := Now() + int64(d)
		assert.NilError(t, a.Wait(due))
		now := Now()
		assert.Check(t, now >= due, "Wait(%v) woke %v early", d, time.Duration(due-now))
	}
}

func TestCloseUnblocksWait(t *testing.T) {
	a, err := NewAlarm()
	assert.NilError(t, err)
	done := make(chan error)
	go func() { done <- a.Wait(Now() + int64(time.Hour)) }()
	a.Close()
	err = <-done
	assert.Check(t, err != nil, "Wait returned nil an hour early, after Close")
}
