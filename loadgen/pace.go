package loadgen

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// alarmFor makes an alarm that is closed when ctx is done.
func alarmFor(ctx context.Context) (*clock.Alarm, error) {
	a, err := clock.NewAlarm()
	if err == nil {
		context.AfterFunc(ctx, func() { a.Close() })
	}
	return a, err
}

// pacePolling sends every client's polls as they become due. Since all have
// the same interval, the order of their phases is the order of every round.
func (r *run) pacePolling(ctx context.Context, alarm *clock.Alarm) error {
	order := slices.DeleteFunc(slices.Clone(r.subscribers), func(s *subscriber) bool { return !s.polls() })
	if len(order) == 0 {
		return nil
	}
	slices.SortFunc(order, func(a, b *subscriber) int { return cmp.Compare(a.poll.phase, b.poll.phase) })

	// Each goes out on its own time. Sending those of a millisecond together
	// is cheaper for both sides, and so hides a part of what clients at their
	// own times cost the server; see docs/method.md.
	end := r.to + int64(r.plan.Drain)
	for round := r.start.Load(); ; round += int64(r.plan.PollInterval) {
		for _, s := range order {
			due := round + s.poll.phase
			if due >= end || r.pollsEnd.Load() {
				return nil
			}
			if err := alarm.Wait(due); err != nil {
				return err
			}
			s.pollAt(due)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// turn is the next message of a room.
type turn struct {
	room *room
	due  time.Duration
	seq  int64
	next func() time.Duration
}

// turns is a heap: the room whose message is due first is at the top.
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].due < t[j].due }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// pacePublishing hands every message to its publisher when it is due, up to
// the end of the steady state. Every shard walks the whole schedule and takes
// the messages whose publisher is its own.
func (r *run) pacePublishing(ctx context.Context, alarm *clock.Alarm) error {
	defer r.endPublishing()
	publishers := r.publishers()
	if len(publishers) == 0 {
		return nil
	}

	var queue turns
	for _, room := range r.rooms {
		next := r.arrivals(room).Dues()
		queue = append(queue, turn{room: room, due: next(), next: next})
	}
	heap.Init(&queue)
	start, end := r.start.Load(), r.plan.WarmUp+r.plan.Steady
	for queue[0].due < end && ctx.Err() == nil { // a walk that is behind never waits
		t := &queue[0]
		s := publishers[place{t.room.index, int(t.seq % int64(r.plan.Publishers))}]
		if s != nil { // else it is another shard's
			due := start + int64(t.due)
			if err := alarm.Wait(due); err != nil {
				return err
			}
			r.offer(s, Tag{Seq: t.seq, Due: t.due}, r.steady(due))
		}
		t.seq++
		t.due = t.next()
		heap.Fix(&queue, 0)
	}
	if context.Cause(ctx) == context.Canceled { // the trial is over, and the walk is not
		for _, t := range queue {
			never := remaining(t, publishers, int64(r.plan.Publishers))
			r.offered.Add(never)
			r.resolved.Add(never)
		}
	}
	return nil
}

// remaining counts the steady state's messages that a walk has not come to, and
// whose publishers are this shard's.
func remaining(t turn, publishers map[place]*subscriber, all int64) (n int64) {
	from, to := max(t.seq, t.room.first), t.room.first+t.room.count
	for p := range all {
		if publishers[place{t.room.index, int(p)}] != nil && from < to {
			upTo := func(seq int64) int64 { return (seq + all - 1 - p) / all } // of those below seq, p's
			n += upTo(to) - upTo(from)
		}
	}
	return n
}

// offer gives a message to its publisher. It is not sent where that has never
// joined, or where so many wait there that the load cannot be kept up.
func (r *run) offer(s *subscriber, tag Tag, steady bool) {
	if steady {
		r.offered.Add(1)
	}
	if s.current() != nil {
		select {
		case s.jobs <- tag:
			return
		default:
		}
	}
	if steady {
		r.resolved.Add(1)
	}
}

// place is a publisher's: its room and its number there.
type place struct{ room, publisher int }

func (r *run) publishers() map[place]*subscriber {
	m := map[place]*subscriber{}
	for _, s := range r.subscribers {
		if s.jobs != nil {
			m[place{s.room.index, s.index / len(r.rooms)}] = s
		}
	}
	return m
}

func (r *run) startPublishers(ctx context.Context) {
	for _, s := range r.publishers() {
		if s.current() != nil {
			r.workers.Go(func() { s.publish(ctx) })
		}
	}
}

// endPublishing lets the publishers finish what they have.
func (r *run) endPublishing() {
	r.allOffered.Store(true)
	for _, s := range r.subscribers {
		if s.jobs != nil {
			close(s.jobs)
		}
	}
}

// tick reports every second until ctx is done; the channel is closed then.
func (r *run) tick(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		alarm, err := alarmFor(ctx)
		if err != nil {
			return
		}
		var before result.SecondCounts
		for k := 0; ; k++ {
			err := alarm.Wait(r.plan.RampStart + int64(k+1)*int64(time.Second))
			if err != nil || ctx.Err() != nil {
				return
			}
			c := r.meter.read()
			now := result.SecondCounts{
				Clients: r.joins.Load(), Requests: c.requests, Published: r.published.Load(),
				Empty: c.empty, BytesIn: c.bytes.In, BytesOut: c.bytes.Out,
			}
			now.Latencies, now.Deliveries = r.deliveries.read()
			counted := result.Sub(now, before)
			counted.Clients = now.Clients // all that have joined, not those of this second
			r.emit(shard.Event{Is: shard.Tick, Second: &shard.Second{K: k, SecondCounts: counted, Missing: r.lacking.Load()}})
			before = now
		}
	}()
	return ended
}

// spread gives each shard a loopback address of its own to dial from, where
// the servers are on loopback: the ports of one address are for one shard.
func spread(p shard.Plan) netip.Addr {
	for _, server := range p.Servers {
		u, err := url.Parse(server)
		if err != nil {
			return netip.Addr{}
		}
		addr, err := netip.ParseAddr(u.Hostname())
		if err != nil || !addr.Is4() || !addr.IsLoopback() {
			return netip.Addr{}
		}
	}
	return netip.AddrFrom4([4]byte{127, 0, 1, byte(1 + p.Shard%250)})
}

// pollState is the account of a Poller's polls, shared between the pacer and
// the receiving goroutine.
type pollState struct {
	sync.Mutex
	poller  Poller // nil for push, and while no connection is there
	phase   int64
	out     bool  // a poll is unanswered
	due     int64 // of the poll that is out; 0 for a join, which no schedule asked for
	sent    int64
	overdue []int64       // dues that came while a poll was out, or no connection there
	wake    chan struct{} // woken for such a due by pollAt; nil before it was first waited for
}

// pollAt sends the poll due at due, or leaves it to the receiving goroutine
// while an earlier one is out or no connection there: a client asks one thing
// at a time, and a stalled server is charged for every poll that it holds up.
func (s *subscriber) pollAt(due int64) {
	p := &s.poll
	p.Lock()
	defer p.Unlock()
	if s.run.pollsEnd.Load() { // under the lock: once quiet has looked, none goes out
		return
	}
	p.overdue = append(p.overdue, due)
	switch {
	case p.out:
	case p.poller != nil:
		s.sendOverdue(due)
	case p.wake != nil:
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// sendOverdue sends the first poll that waits to be sent, if there is one, which
// could have been sent since free. The caller holds the lock. An error comes to
// Receive as well.
func (s *subscriber) sendOverdue(free int64) {
	p := &s.poll
	if len(p.overdue) == 0 || s.run.pollsEnd.Load() {
		return
	}
	due, sent := p.overdue[0], clock.Now()
	p.out, p.due, p.sent = true, due, sent
	if err := p.poller.Poll(); errors.Is(err, errRetired) {
		p.out = false // it goes over the next connection
		return
	}
	p.overdue = slices.Delete(p.overdue, 0, 1)
	if s.run.steady(due) {
		s.run.pollLate.add(sent - max(due, free))
	}
}

// answered records the answer to the poll that was out, if this client
// polls, and sends the next one that is overdue. An answer that refuses has
// no latency.
func (s *subscriber) answered(seen int64, granted bool) {
	p := &s.poll
	p.Lock()
	defer p.Unlock()
	if !p.out {
		return
	}
	s.joined.Do(s.run.join)
	if p.due != 0 && granted && s.run.steady(p.due) {
		s.run.pollResponse.add(seen - p.due)
		s.run.pollService.add(seen - p.sent)
	}
	p.out = false
	s.sendOverdue(seen)
}

// lose records that the connection which polls has ended. A poll that is out
// goes over the next one, unless it had an answer, which could not be read, and
// is not the one that the client joins by.
func (s *subscriber) lose(end error) {
	p := &s.poll
	p.Lock()
	defer p.Unlock()
	if p.out && (p.due == 0 || !errors.Is(end, errMalformed)) {
		p.overdue = slices.Insert(p.overdue, 0, p.due)
	}
	p.poller, p.out = nil, false
}

// wanted waits until a poll is due. It reports false once ctx is done.
func (s *subscriber) wanted(ctx context.Context) bool {
	p := &s.poll
	for {
		p.Lock()
		if p.wake == nil {
			p.wake = make(chan struct{}, 1)
		}
		due := len(p.overdue) > 0
		p.Unlock()
		if due {
			return true
		}
		select {
		case <-p.wake: // which only this goroutine sets
		case <-ctx.Done():
			return false
		}
	}
}
