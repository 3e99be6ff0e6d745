package clock

import "golang.org/x/sys/unix"

// Reading is what three clocks of the host show at one instant, in
// nanoseconds.
type Reading struct {
	Monotonic int64 // CLOCK_MONOTONIC: all measuring is by it; adjusted in rate, as NTP asks
	Raw       int64 // CLOCK_MONOTONIC_RAW: the same counter, not adjusted
	Wall      int64 // CLOCK_REALTIME: adjusted with CLOCK_MONOTONIC, and set
}

// Read reads the clocks together: of several tries the tightest is kept, off
// by no more than the time that three system calls take.
func Read() (r Reading) {
	tightest := int64(0)
	for i := range 16 {
		before := read(unix.CLOCK_MONOTONIC)
		raw, wall := read(unix.CLOCK_MONOTONIC_RAW), read(unix.CLOCK_REALTIME)
		gap := read(unix.CLOCK_MONOTONIC) - before
		if i == 0 || gap < tightest {
			tightest, r = gap, Reading{Monotonic: before + gap/2, Raw: raw, Wall: wall}
		}
	}
	return r
}

// Ahead is what the wall clock is ahead of the monotonic one.
func (r Reading) Ahead() int64 { return r.Wall - r.Monotonic }

// Drift is by what share the monotonic clock went faster than the raw one
// since an earlier reading, and 0 where no time has passed: 1e-6 is a
// microsecond in each second.
func (r Reading) Drift(earlier Reading) float64 {
	raw := r.Raw - earlier.Raw
	if raw <= 0 {
		return 0
	}
	return float64(r.Monotonic-earlier.Monotonic-raw) / float64(raw)
}
