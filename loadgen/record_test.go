package loadgen

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// What a walk has not come to is counted as it would have been walked.
func TestRemaining(t *testing.T) {
	for _, own := range [][]int64{{0}, {1, 3}, {0, 1, 2, 3, 4}, {}} {
		l := &lane{run: &run{plan: shard.Plan{Publishers: 5}}, publishers: map[place]*subscriber{{room: 7}: {}}} // of another room
		for _, p := range own {
			l.publishers[place{2, p}] = &subscriber{}
		}
		for _, c := range []struct{ first, count, at int64 }{{0, 23, 0}, {10, 23, 0}, {10, 23, 10}, {10, 23, 17}, {10, 23, 32}, {10, 23, 33}, {10, 23, 40}, {4, 0, 2}} {
			var want int64
			for seq := max(c.at, c.first); seq < c.first+c.count; seq++ {
				if l.publishers[place{2, seq % 5}] != nil {
					want++
				}
			}
			r := &room{lane: l, index: 2, first: c.first, count: c.count, seq: c.at, walk: Schedule{}.Dues()}
			got := r.remaining()
			assert.Check(t, got == want, "publishers %v of 5, messages %d to %d, walked up to %d: %d, want %d", own, c.first, c.first+c.count, c.at, got, want)
		}
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
			got := (&message{at: c.at, due: c.due}).accepted(c.ahead)
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

// A lane that wakes late has stood still.
func TestPause(t *testing.T) {
	l, err := newLane(&run{})
	assert.NilError(t, err)
	now, late := clock.Now(), int64(300*time.Millisecond)
	l.Wake(now-late, toLook)
	l.Wake(clock.Now(), toLook)
	assert.Check(t, l.pause >= late && l.pause <= late+clock.Now()-now, "the longest pause is %v, it woke %v late", time.Duration(l.pause), time.Duration(late))
	l.loop.Do(l.loop.Stop)
	assert.NilError(t, l.loop.Run())
}

// Wherever an edge between two phases falls, no phase has less than nothing of
// a layer: what was read before it counts before it.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name                 string
		early, late, settled result.Layer
	}{
		{"all understood", result.Layer{Text: 10, Envelope: 5, Protocol: 20}, result.Layer{Text: 20, Envelope: 9, Protocol: 30},
			result.Layer{Text: 10, Envelope: 5, Protocol: 20}},
		{"a message read, not understood", result.Layer{Protocol: 26}, result.Layer{Text: 10, Envelope: 14, Protocol: 2},
			result.Layer{Text: 10, Envelope: 14, Protocol: 2}},
		{"half of one", result.Layer{Protocol: 12}, result.Layer{Text: 10, Envelope: 14, Protocol: 2}, result.Layer{Text: 10, Protocol: 2}},
		{"a compressed one", result.Layer{Protocol: 12}, result.Layer{Text: 20, Envelope: 14, Compression: -24, Protocol: 2}, result.Layer{Text: 10, Protocol: 2}},
		{"a sealed one", result.Layer{TLS: 48}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}},
		{"TLS not taken off yet", result.Layer{Protocol: 48}, result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22},
			result.Layer{Text: 10, Envelope: 14, Protocol: 2, TLS: 22}},
		{"one that grows by compression", result.Layer{Protocol: 9}, result.Layer{Envelope: 4, Compression: 3, Protocol: 2},
			result.Layer{Envelope: 4, Compression: 3, Protocol: 2}},
	} {
		got := c.early
		settle(&got, c.late)
		if got != c.settled || got.Sum() != c.early.Sum() {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.settled)
		}
		if d := result.Sub(c.late, got); min(d.Text, d.Envelope, d.Protocol, d.TLS) < 0 {
			t.Errorf("%s: between the two lies %+v", c.name, d)
		}
	}
}
