package loadgen

import (
	"context"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// pauseInterval is how often a shard checks whether it still runs.
const pauseInterval = 20 * time.Millisecond

// watchClocks keeps the longest time by which the shard woke later than it
// wanted to in the steady state and in the drain, in which the last deliveries
// come. What stops the process, or keeps it from a CPU, holds this goroutine up
// as it does all clients, whose receiving has no schedule that would tell. It
// begins by reading what the wall clock is ahead.
func (r *run) watchClocks(ctx context.Context, alarm *clock.Alarm) error {
	if err := alarm.Wait(r.from); err != nil {
		return err
	}
	last := r.from
	r.ahead = clock.Read().Ahead()
	look := time.NewTicker(pauseInterval) // an alarm is more exact, and wakes more of the process
	defer look.Stop()
	for now := clock.Now(); ; now = clock.Now() {
		r.pause = max(r.pause, now-last-int64(pauseInterval))
		if last = now; r.pollsEnd.Load() {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}
