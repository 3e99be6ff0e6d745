package loadgen

import (
	"context"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/clock"
)

// rampUp connects the clients, spread over the ramp-up, and returns when each
// has joined or failed to.
func (r *run) rampUp(ctx context.Context) error {
	alarm, err := alarmFor(ctx)
	if err != nil {
		return err
	}
	defer alarm.Close()

	const atOnce = 128
	slots := make(chan struct{}, atOnce)
	var failed atomic.Int64
	for i, s := range r.subscribers {
		due := r.plan.RampStart + int64(r.plan.RampUp)*int64(i)/int64(len(r.subscribers))
		if err := alarm.Wait(due); err != nil {
			break
		}
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			if err := s.connect(ctx); err != nil {
				if ctx.Err() == nil {
					r.fail(dialError(err), err)
				}
				failed.Add(1)
				return
			}
			// A goroutine of its own: the dial has made this one's stack large.
			r.receivers.Go(func() { s.receive(ctx) })
		}()
	}
	for range atOnce {
		slots <- struct{}{}
	}
	all := int64(len(r.subscribers))
	joined := func() bool { return r.joins.Load()+failed.Load() >= all }
	return r.until(ctx, nil, clock.Now()+int64(dialTimeout), joined)
}

// join counts a client that is ready to receive.
func (r *run) join() { r.joins.Add(1) }
