package loadgen

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

func TestAcceptedAt(t *testing.T) {
	for message, want := range map[string]int64{
		`{"id":1,"room":"r","user":"u","text":"t","at":1763850000123}`: 1763850000123,
		`{"at": 1763850000123 ,"id":1,"text":"t"}`:                     1763850000123,
		`{"id":1,"text":"\"at\":5","at":17}`:                           17,
		`{"id":1,"text":"\"at\":5"}`:                                   0,
		`{"id":1,"user":"at","text":"at"}`:                             0,
		`{"id":1,"text":"t"}`:                                          0,
		`{"id":1,"text":"t","at":null}`:                                0,
		`{"id":1,"text":"t","at":"17"}`:                                0,
		`{"id":1,"text":"t","at":-17}`:                                 0,
		`{"id":1,"text":"t","at":8796093022208}`:                       8796093022208,
		`{"id":1,"text":"t","at":8796093022209}`:                       0,
		`{"id":1,"text":"t","at":99999999999999999999}`:                0,
		`{"id":1,"text":"t","at":`:                                     0,
		``:                                                             0,
	} {
		assert.Check(t, is.Equal(acceptedAt([]byte(message)), want), message)
	}
}

// From the server's milliseconds to microseconds after the due time.
func TestAccepted(t *testing.T) {
	const ahead = 1_700_000_000_000_000_000 - 5_000_000_000 // the monotonic clock showed 5 s at Unix second 1.7e9
	for _, c := range []struct {
		name      string
		at, due   int64
		ahead     int64
		wantMicro int64
	}{
		{"in the same millisecond", 1_700_000_000_000, 5_000_000_000, ahead, 500},
		{"later", 1_700_000_000_020, 5_000_000_000, ahead, 20_500},
		{"by half of the server's millisecond too early", 1_700_000_000_000, 5_000_900_000, ahead, -400},
		{"at the due time", 1_700_000_000_000, 5_000_500_000, ahead, 1}, // 0 says that it is not known
		{"not told", 0, 5_000_000_000, ahead, 0},
		{"before the steady state was reached", 1_700_000_000_000, 5_000_000_000, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m message
			m.at.Store(c.at)
			m.due.Store(c.due)
			got := m.accepted(c.ahead)
			assert.Check(t, got == c.wantMicro, "%d µs, want %d", got, c.wantMicro)
		})
	}
}

// The first delivery of a message to a shard tells when it was accepted, in
// the report as after its due time.
func TestRoomTellsAcceptance(t *testing.T) {
	r := &room{index: 3, clients: 2}
	r.plan(5, 2)
	const due = int64(9 * time.Second)
	for _, seq := range []int64{5, 6} {
		first := &Delivery{ID: uint64(seq), JSON: []byte(`{"id":1,"at":1700000000002}`)}
		if seq == 6 {
			first.JSON = []byte(`{"id":2}`)
		}
		r.arrive(seq, first, due, due+int64(3*time.Millisecond))
		r.arrive(seq, &Delivery{ID: uint64(seq), JSON: []byte(`{"at":1}`)}, due, due+int64(4*time.Millisecond))
	}
	messages, _ := r.report(result.NewHistogram(), 1_700_000_000_000*int64(time.Millisecond)-due)
	assert.Check(t, len(messages) == 2 && messages[0].Accepted == 2500 && messages[1].Accepted == 0, "%+v, want 2500 µs and nothing", messages)
}

// A shard that wakes late has stood still.
func TestWatchClocks(t *testing.T) {
	alarm, err := clock.NewAlarm()
	assert.NilError(t, err)
	defer alarm.Close()
	const late = 300 * time.Millisecond
	now := clock.Now()
	r := &run{from: now - int64(late), to: now + int64(20*time.Millisecond)}
	before := clock.Read().Ahead()
	watched := make(chan error)
	go func() { watched <- r.watchClocks(t.Context(), alarm) }()
	over, err := clock.NewAlarm()
	assert.NilError(t, err)
	defer over.Close()
	assert.NilError(t, over.Wait(r.to))
	r.pollsEnd.Store(true) // it goes on until the drain has ended
	if err := <-watched; err != nil {
		t.Fatal(err)
	}
	assert.Check(t, r.pause >= int64(late-pauseInterval), "the longest pause is %v, it woke %v late", time.Duration(r.pause), late)
	step := time.Duration(r.ahead - before)
	assert.Check(t, step.Abs() <= time.Minute, "the wall clock is ahead by %d ns, not by %d", r.ahead, before)

	idle := &run{from: clock.Now() + int64(time.Hour), to: clock.Now() + int64(2*time.Hour)}
	alarm.Close() // as by a stop in the warm-up
	if err := idle.watchClocks(t.Context(), alarm); err == nil || idle.pause != 0 || idle.ahead != 0 {
		t.Errorf("%v; a pause of %d and a clock ahead by %d without a steady state", err, idle.pause, idle.ahead)
	}
}
