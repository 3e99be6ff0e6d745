package loadgen

import (
	"context"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
)

// pauseInterval is how often a shard looks whether it still runs.
const pauseInterval = 10 * time.Millisecond

// watchClocks keeps the longest time by which the shard woke later than it
// wanted to in the steady state and in the drain, in which the last deliveries
// come. What stops the process, or keeps it from a
// CPU, holds this goroutine up as it does all clients, whose receiving has no
// schedule that would tell. It begins by reading what the wall clock is ahead.
func (r *run) watchClocks(_ context.Context, alarm *clock.Alarm) error {
	for at := r.from; !r.pollsEnd.Load(); at += int64(pauseInterval) {
		if err := alarm.Wait(at); err != nil {
			return err
		}
		r.pause = max(r.pause, clock.Now()-at)
		if r.ahead == 0 {
			r.ahead = clock.Read().Ahead()
		}
	}
	return nil
}
