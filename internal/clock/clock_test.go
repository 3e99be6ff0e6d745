package clock

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, d := range []time.Duration{-time.Second, 0, 100 * time.Microsecond, 5 * time.Millisecond} {
		due := Now() + int64(d)
		if err := a.Wait(due); err != nil {
			t.Fatal(err)
		}
		if now := Now(); now < due {
			t.Errorf("Wait(%v) woke %v early", d, time.Duration(due-now))
		}
	}
}

func TestCloseUnblocksWait(t *testing.T) {
	a, err := NewAlarm()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- a.Wait(Now() + int64(time.Hour)) }()
	a.Close()
	if err := <-done; err == nil {
		t.Error("Wait returned nil an hour early, after Close")
	}
}
