package clock

import (
	"math"
	"testing"
	"time"
)

func TestDriftAndAhead(t *testing.T) {
	const s = int64(time.Second)
	first := Reading{Monotonic: 100 * s, Raw: 90 * s, Wall: 1_700_000_000 * s}
	for _, c := range []struct {
		name  string
		later Reading
		drift float64
		step  int64
	}{
		{"all alike", Reading{Monotonic: 110 * s, Raw: 100 * s, Wall: 1_700_000_010 * s}, 0, 0},
		{"sped up by NTP", Reading{Monotonic: 110*s + 5e6, Raw: 100 * s, Wall: 1_700_000_010*s + 5e6}, 500e-6, 0},
		{"slowed down", Reading{Monotonic: 110*s - 1e3, Raw: 100 * s, Wall: 1_700_000_010*s - 1e3}, -1e-7, 0},
		{"the wall clock set back", Reading{Monotonic: 110 * s, Raw: 100 * s, Wall: 1_700_000_007 * s}, 0, -3 * s},
		{"no time between", first, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.later.Drift(first); math.Abs(got-c.drift) > 1e-12 {
				t.Errorf("drift %v, want %v", got, c.drift)
			}
			if got := c.later.Ahead() - first.Ahead(); got != c.step {
				t.Errorf("the wall clock went %d ns ahead, want %d", got, c.step)
			}
		})
	}
}

// The clocks are read of one instant, and go on together.
func TestRead(t *testing.T) {
	alarm, err := NewAlarm()
	if err != nil {
		t.Fatal(err)
	}
	defer alarm.Close()
	before := Now()
	first := Read()
	if err := alarm.Wait(before + int64(200*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	second := Read()
	after := Now()
	const slack = int64(time.Millisecond) // as Now may be off
	if first.Monotonic < before-slack || second.Monotonic > after+slack {
		t.Errorf("read at %d and %d, between %d and %d", first.Monotonic, second.Monotonic, before, after)
	}
	if wall := time.Now().UnixNano(); wall-second.Wall < 0 || wall-second.Wall > int64(time.Minute) {
		t.Logf("the wall clock showed %d, and %d just after it: was it set?", second.Wall, wall)
	}
	// Nobody slews by a tenth; a clock read at another time than its fellow, or
	// in other units, does.
	if drift := second.Drift(first); math.Abs(drift) > .1 {
		t.Errorf("over %v the monotonic clock and the raw one part by %v", time.Duration(second.Raw-first.Raw), drift)
	}
	if passed := second.Raw - first.Raw; passed < int64(150*time.Millisecond) {
		t.Errorf("the raw clock went on by %v in 200 ms", time.Duration(passed))
	}
}
