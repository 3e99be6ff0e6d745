package loadgen

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// run is one shard's part of a trial.
type run struct {
	plan   shard.Plan
	dial   Dialer
	emit   func(shard.Event)
	source netip.Addr
	roots  *x509.CertPool
	meter  *Meter

	rooms       []*room
	subscribers []*subscriber
	receivers   sync.WaitGroup
	workers     sync.WaitGroup
	joins       atomic.Int64

	start    atomic.Int64 // of the warm-up; 0 until it is known
	from, to int64        // the steady state; set before start
	pollsEnd atomic.Bool  // no more polls are sent

	deliveries delivered // in all phases, as is the next
	published  atomic.Int64
	lacking    atomic.Int64 // messages that clients lack although they have a later one

	offered    atomic.Int64 // of the steady state
	allOffered atomic.Bool  // no more will be
	resolved   atomic.Int64 // of those, answered or failed
	outcomes   outcomes
	unsent     atomic.Bool // what still waits to be published stays so: the drain is over
	reported   []int64     // by room, the messages reported to the controller as published; nil before

	publishLatency, publishService, publishLate *samples
	pollResponse, pollService, pollLate         *samples

	checks checks

	errorsMu   sync.Mutex
	errors     map[string]int64
	firstError string

	pause int64 // longest in the steady state, ns
	ahead int64 // the wall clock of the monotonic one, when the steady state began; 0 until then

	marks  [3]snapshot   // at the start of the warm-up, and at both edges of the steady state
	totals result.Totals // when the connections are about to be closed
}

// outcomes is what became of the steady state's messages of this shard.
type outcomes struct {
	sync.Mutex
	sent     int64
	accepted []int64           // by room
	unknown  map[*room][]int64 // sent, but no answer came: seqs
}

// snapshot is what had been counted at an instant.
type snapshot struct {
	at         int64
	counts     counts
	deliveries int64
	published  int64
	tcp        *result.TCP // read a little later
	asked      int64       // by when all of it had been read
}

// errGone says that the controller closed the commands: nobody listens.
var errGone = errors.New("the controller is gone")

// Run runs a shard: it connects the plan's clients, and goes through the
// phases as commands say. It reports by emit, which is called by one
// goroutine at a time, and ends with a Done event, or with an error when
// commands is closed before that.
func Run(ctx context.Context, plan shard.Plan, dial Dialer, commands <-chan shard.Command, emit func(shard.Event)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var emitting sync.Mutex
	r := &run{
		plan: plan, dial: dial, meter: &Meter{}, errors: map[string]int64{}, checks: make(checks, 256),
		emit: func(e shard.Event) {
			emitting.Lock()
			defer emitting.Unlock()
			emit(e)
		},
	}
	var err error
	if r.roots, err = Roots(plan.Certificates); err != nil {
		return fmt.Errorf("shard %d: %w", plan.Shard, err)
	}
	r.populate()
	var checking sync.WaitGroup
	checking.Go(func() { r.checks.work(r) })
	given := listen(commands, cancel)

	seconds := r.tick(ctx)
	err = r.phases(ctx, given)
	stopped := context.Cause(ctx) == errStopped
	if err != nil && !stopped {
		err = fmt.Errorf("shard %d: %w", plan.Shard, err)
	}
	cancel(nil)
	<-seconds
	r.disconnect() // ends all waits for an answer
	r.workers.Wait()
	close(r.checks)
	checking.Wait()
	if err != nil && !stopped {
		return err
	}
	r.emit(shard.Event{Is: shard.Done, Result: r.result(stopped, given.published)})
	return nil
}

// errStopped says that the controller wants what there is.
var errStopped = errors.New("stopped")

// orders is what the controller has ordered so far.
type orders struct {
	start, expect, close chan struct{} // closed when ordered
	at                   int64
	published            []int64
}

// listen takes commands until they end. Stop cancels with errStopped, and the
// commands' end, before a Close, with errGone.
func listen(commands <-chan shard.Command, cancel context.CancelCauseFunc) *orders {
	o := &orders{start: make(chan struct{}), expect: make(chan struct{}), close: make(chan struct{})}
	go func() {
		for c := range commands {
			switch c.Do {
			case shard.Start:
				o.at = c.At
				close(o.start)
			case shard.Expect:
				o.published = c.Published
				close(o.expect)
			case shard.Close:
				close(o.close)
			case shard.Stop:
				cancel(errStopped)
			}
		}
		cancel(errGone)
	}()
	return o
}

// populate makes the rooms and this shard's clients.
func (r *run) populate() {
	p := r.plan
	for i, name := range p.Rooms {
		r.rooms = append(r.rooms, &room{index: i, name: name, server: p.Servers[i%len(p.Servers)]})
	}
	for c := p.Shard; c < p.Clients; c += p.Shards {
		room := r.rooms[c%len(r.rooms)]
		room.clients++
		s := &subscriber{run: r, room: room, index: c}
		if p.Rate > 0 && c/len(r.rooms) < p.Publishers {
			s.publisher = true
			s.jobs = make(chan Tag, 4096)
		}
		s.poll.phase = int64(Phase(p.Seed, c, p.PollInterval))
		r.subscribers = append(r.subscribers, s)
	}
	if p.Shards > 1 {
		r.source = spread(p)
	}
}

// accepted returns, by room, how many of the steady state's messages this
// shard has published. One whose answer never came was accepted if a client
// has got it.
func (r *run) accepted() []int64 {
	r.outcomes.Lock()
	defer r.outcomes.Unlock()
	accepted := append([]int64{}, r.outcomes.accepted...)
	for room, seqs := range r.outcomes.unknown {
		for _, seq := range seqs {
			if m := room.message(seq); m != nil && m.n.Load() > 0 {
				accepted[room.index]++
			}
		}
	}
	return accepted
}

// resolve records what became of a message of the steady state.
func (r *run) resolve(room *room, seq int64, err error) {
	o := &r.outcomes
	o.Lock()
	defer o.Unlock()
	var answer *AnswerError
	switch {
	case err == nil:
		o.accepted[room.index]++
	case !errors.As(err, &answer):
		o.unknown[room] = append(o.unknown[room], seq)
	}
	o.sent++
	r.resolved.Add(1)
}

// countLacking records how a client has got message seq when the highest number in
// its ledger, which counts from 1, was high.
func (r *run) countLacking(came entry, seq, high uint64) {
	switch {
	case came == late:
		r.lacking.Add(-1)
	case came == inOrder && seq > high:
		r.lacking.Add(int64(seq - high))
	}
}

// missing is how many deliveries are still to come.
func (r *run) missing(published []int64) (n int64) {
	for _, room := range r.rooms {
		n += published[room.index]*int64(room.clients) - room.arrived()
	}
	return n
}

// quiet reports whether nothing more is sent until there is news: every poll
// has been answered, and who asks again by himself has done so.
func (r *run) quiet() bool {
	for _, s := range r.subscribers {
		s.poll.Lock()
		out := s.poll.out
		s.poll.Unlock()
		if c, ok := s.current().(Rearmer); out || ok && !c.Armed() {
			return false
		}
	}
	return true
}

// disconnect closes all clients and waits for their goroutines.
func (r *run) disconnect() {
	for _, s := range r.subscribers {
		if c := s.current(); c != nil {
			c.Close()
		}
	}
	r.receivers.Wait()
}

// fail counts an error of a kind, and keeps the first in full.
func (r *run) fail(kind string, err error) {
	r.errorsMu.Lock()
	defer r.errorsMu.Unlock()
	r.errors[kind]++
	if r.firstError == "" {
		r.firstError = err.Error()
	}
}
