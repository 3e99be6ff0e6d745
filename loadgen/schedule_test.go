package loadgen

import (
	"math"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestConstantDues(t *testing.T) {
	next := Schedule{Rate: 4, Arrivals: Constant}.Dues()
	for i, want := range []time.Duration{125, 375, 625, 875, 1125} {
		got := next()
		assert.Check(t, got == want*time.Millisecond, "message %d is due at %v, want %v ms", i, got, want)
	}
}

func TestNoMessages(t *testing.T) {
	assert.Check(t, is.Equal((Schedule{}).Dues()(), time.Duration(math.MaxInt64)), "a schedule without a rate has a message due at")
}

func TestPoissonDues(t *testing.T) {
	const n = 100_000
	s := Schedule{Rate: 1000, Arrivals: Poisson, Seed: 7}
	a, b := s.Dues(), s.Dues()
	other := Schedule{Rate: 1000, Arrivals: Poisson, Seed: 7, Room: 1}.Dues()
	var last, squares float64
	same := 0
	for range n {
		due := a()
		again := b()
		assert.Assert(t, again == due, "the same schedule gave %v and %v", due, again)
		if other() == due {
			same++
		}
		gap := due.Seconds() - last
		last = due.Seconds()
		squares += gap * gap
	}
	// Exponential gaps of mean 1/rate: n of them take n/rate, and their mean
	// square is 2/rate². Both within 2 %, more than five standard errors.
	got := last * 1000 / n
	assert.Check(t, math.Abs(got-1) <= .02, "the mean gap is %.3f of 1/rate", got)
	got = squares / n * 1e6 / 2
	assert.Check(t, math.Abs(got-1) <= .05, "the gaps' mean square is %.3f of an exponential distribution's", got)
	assert.Check(t, same <= n/100, "two rooms share %d of %d dues", same, n)
}

func TestCount(t *testing.T) {
	s := Schedule{Rate: 2, Arrivals: Constant} // due at 0.25, 0.75, 1.25 …
	before, upTo := s.Count(time.Second, 3*time.Second)
	assert.Check(t, before == 2 && upTo == 6, "Count(1 s, 3 s) = %d, %d; want 2 before and 6 up to the end", before, upTo)
}

func TestPhasesFillTheInterval(t *testing.T) {
	const clients, slots = 10_000, 10
	var counts [slots]int
	for c := range clients {
		p := Phase(3, c, time.Second)
		assert.Assert(t, p == Phase(3, c, time.Second), "the same client got two phases")
		counts[p*slots/time.Second]++
	}
	for slot, n := range counts { // mean 1,000, standard deviation 30
		assert.Check(t, n >= 850 && n <= 1150, "%d of %d phases are in tenth %d of the interval", n, clients, slot)
	}
}

func TestConstantRoomsDoNotSpeakAtOnce(t *testing.T) {
	const rooms = 50
	taken := map[time.Duration]int{}
	for room := range rooms {
		due := Schedule{Rate: 1, Arrivals: Constant, Room: room}.Dues()()
		assert.Check(t, due >= 0 && due < time.Second, "room %d first speaks at %v, not within the first second", room, due)
		taken[due/(time.Second/rooms)]++
	}
	for part, n := range taken {
		assert.Check(t, n <= 2, "%d of %d rooms speak in part %d of %d of a second", n, rooms, part, rooms)
	}
}
