package clock

import (
	"math"
	"testing"
	"time"

	"gotest.tools/v3/assert"
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
			got := c.later.Drift(first)
			assert.Check(t, math.Abs(got-c.drift) <= 1e-12, "drift %v, want %v", got, c.drift)
			if got := c.later.Ahead() - first.Ahead(); got != c.step {
				t.Errorf("the wall clock went %d ns ahead, want %d", got, c.step)
			}
		})
	}
}

// The clocks are read of one instant, and go on together.
func TestRead(t *testing.T) {
	alarm, err := NewAlarm()
	assert.NilError(t, err)
	defer alarm.Close()
	before := Now()
	first := Read()
	assert.NilError(t, alarm.Wait(before+int64(200*time.Millisecond)))
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
	drift := second.Drift(first)
	assert.Check(t, math.Abs(drift) <= .1, "over %v the monotonic clock and the raw one part by %v", time.Duration(second.Raw-first.Raw), drift)
	passed := second.Raw - first.Raw
	assert.Check(t, passed >= int64(150*time.Millisecond), "the raw clock went on by %v in 200 ms", time.Duration(passed))
}
