package loadgen

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/shard"
)

// phases goes through the trial's phases up to the command to close.
func (r *run) phases(ctx context.Context, given *orders) error {
	work := [...]func(context.Context, *clock.Alarm) error{r.pacePublishing, r.pacePolling, r.watchPhases, r.watchClocks}
	var alarms [len(work)]*clock.Alarm
	for i := range alarms { // before clients can take the last descriptor
		var err error
		if alarms[i], err = alarmFor(ctx); err != nil {
			return err
		}
	}
	if err := r.rampUp(ctx); err != nil {
		return err
	}
	// What dialling took goes back, so that the memory read in the steady state
	// is what the clients hold.
	debug.FreeOSMemory()
	r.emit(shard.Event{Is: shard.Connected, Clients: r.joins.Load()})
	if err := await(ctx, given.start); err != nil {
		return err
	}
	r.schedule(given.at)
	failed := make(chan error, len(work))
	for i, do := range work {
		r.workers.Go(func() {
			if err := do(ctx, alarms[i]); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	r.startPublishers(ctx)

	deadline := r.to + int64(r.plan.Drain)
	if err := r.until(ctx, failed, r.to, nil); err != nil {
		return err
	}
	allResolved := func() bool { return r.allOffered.Load() && r.resolved.Load() == r.offered.Load() }
	if err := r.until(ctx, failed, deadline, allResolved); err != nil {
		return err
	}
	r.unsent.Store(true)
	r.reported = r.accepted()
	r.emit(shard.Event{Is: shard.Published, Published: r.reported})
	if err := await(ctx, given.expect); err != nil {
		return err
	}
	allArrived := func() bool { return r.missing(given.published) <= 0 }
	if err := r.until(ctx, failed, deadline, allArrived); err != nil {
		return err
	}
	r.pollsEnd.Store(true)
	if err := r.until(ctx, failed, clock.Now()+int64(time.Second), r.quiet); err != nil {
		return err
	}
	totals := r.meter.Totals()
	r.emit(shard.Event{Is: shard.Drained, Totals: &totals})
	err := await(ctx, given.close)
	r.totals = r.meter.Totals()
	return err
}

func await(ctx context.Context, ordered <-chan struct{}) error {
	select {
	case <-ordered:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// until waits for the deadline, or for done, if given, to be true.
func (r *run) until(ctx context.Context, failed <-chan error, deadline int64, done func() bool) error {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for clock.Now() < deadline && (done == nil || !done()) {
		select {
		case <-look.C:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// schedule fixes the phases' times and makes room for what they will bring.
func (r *run) schedule(start int64) {
	p := r.plan
	r.from, r.to = p.Window(start)
	ownClients := int64(len(r.subscribers))
	var messages int64
	for _, room := range r.rooms {
		first, end := r.arrivals(room).Count(p.WarmUp, p.WarmUp+p.Steady)
		room.plan(first, end-first)
		messages += end - first
	}
	r.publishLatency, r.publishService, r.publishLate = newSamples(messages), newSamples(messages), newSamples(messages)
	polls := ownClients * (int64(p.Steady/p.PollInterval) + 1)
	r.pollResponse, r.pollService, r.pollLate = newSamples(polls), newSamples(polls), newSamples(polls)
	r.outcomes.accepted = make([]int64, len(r.rooms))
	r.outcomes.unknown = map[*room][]int64{}
	r.start.Store(start)
}

func (r *run) arrivals(room *room) Schedule {
	return Schedule{Rate: r.plan.Rate, Arrivals: r.plan.Arrivals, Seed: r.plan.Seed, Room: room.index}
}

// steady reports whether an instant is within the steady state.
func (r *run) steady(at int64) bool { return at >= r.from && at < r.to }

// watchPhases reads the counts where one phase ends and the next begins.
func (r *run) watchPhases(_ context.Context, alarm *clock.Alarm) error {
	for i, edge := range [3]int64{r.start.Load(), r.from, r.to} {
		err := alarm.Wait(edge)
		r.meter.head.wanted.Store(i == 1 && err == nil)
		if i == 2 || err == nil { // a stop within the steady state is its end
			r.marks[i] = snapshot{at: clock.Now(), counts: r.meter.read(), published: r.published.Load()}
			_, r.marks[i].deliveries = r.deliveries.read()
			if i > 0 {
				r.marks[i].tcp, r.marks[i].asked = r.meter.TCP(), clock.Now()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

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
