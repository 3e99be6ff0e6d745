package loadgen

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/shard"
)

// Shards have addresses of their own to dial servers on IPv4 loopback only.
func TestSpread(t *testing.T) {
	for server, want := range map[string]string{
		"http://127.0.0.1:80": "127.0.1.3", "http://127.9.9.9:80": "127.0.1.3",
		"http://[::1]:80": "invalid IP", "http://localhost:80": "invalid IP", "http://192.0.2.1:80": "invalid IP",
	} {
		got := spread(shard.Plan{Servers: []string{"http://127.0.0.1:1", server}, Shard: 2}).String()
		assert.Check(t, got == want, "%s is dialled from %s, want %s", server, got, want)
	}
}

// What a walk has not come to is counted as it would have been walked.
func TestRemaining(t *testing.T) {
	for _, own := range [][]int{{0}, {1, 3}, {0, 1, 2, 3, 4}, {}} {
		publishers := map[place]*subscriber{{room: 7, publisher: 0}: {}} // of another room
		for _, p := range own {
			publishers[place{2, p}] = &subscriber{}
		}
		for _, c := range []struct{ first, count, at int64 }{{0, 23, 0}, {10, 23, 0}, {10, 23, 10}, {10, 23, 17}, {10, 23, 32}, {10, 23, 33}, {10, 23, 40}, {4, 0, 2}} {
			var want int64
			for seq := max(c.at, c.first); seq < c.first+c.count; seq++ {
				if publishers[place{2, int(seq % 5)}] != nil {
					want++
				}
			}
			got := remaining(turn{room: &room{index: 2, first: c.first, count: c.count}, seq: c.at}, publishers, 5)
			if got != want {
				t.Errorf("publishers %v of 5, messages %d to %d, walked up to %d: %d, want %d", own, c.first, c.first+c.count, c.at, got, want)
			}
		}
	}
}
