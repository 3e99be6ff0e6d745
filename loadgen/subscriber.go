package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
)

// subscriber is one simulated client: it keeps a Client going, and records
// what it gets.
type subscriber struct {
	run   *run
	room  *room
	index int // of all the trial's clients

	// Only the receiving goroutine touches these, and the result after it.
	ids        Ledger // of the server, which tell the order
	messages   Ledger // of the schedule, counted from 1: which one, whatever its id
	got        int64  // first deliveries of the steady state's messages
	duplicated int64
	reordered  int64
	stale      int64 // ns of the steady state in which a due message was not here
	covered    int64 // up to when stale has been counted
	received   int64

	jobs      chan Tag               // messages to publish; nil unless it publishes
	client    atomic.Pointer[Client] // nil before the first
	gone      sync.Mutex             // held while the client is closed and the next one not open
	backoff   time.Duration          // before the next reconnect; 0 once something has come
	joined    sync.Once
	publisher bool
	cookies   Cookies // outlive its connections

	poll pollState
}

// connect opens the client, or what it receives over, before the deadline of
// ctx, and has it send the poll that waits for that.
func (s *subscriber) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c := s.current()
	first := c == nil
	resumer, resumes := c.(Resumer)
	var err error
	if resumes {
		err = resumer.Resume(ctx, s.ids.high)
	} else {
		c, err = s.run.dial(ctx, Target{
			URL:       s.room.server,
			Room:      s.room.name,
			User:      fmt.Sprintf("client-%d", s.index),
			After:     s.ids.high,
			Wait:      s.run.plan.PollWait,
			Publishes: s.publisher,
			Source:    s.run.source,
			Roots:     s.run.roots,
			Cookies:   &s.cookies,
			Meter:     s.run.meter,
		})
	}
	if err != nil {
		if ctx.Err() != nil { // what the dial was cut off for
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return err
	}
	if !resumes {
		s.client.Store(&c)
	}
	poller, ok := c.(Poller)
	if !ok {
		s.joined.Do(s.run.join)
		return nil
	}
	p := &s.poll
	p.Lock()
	defer p.Unlock()
	if first {
		p.overdue = append(p.overdue, 0)
	}
	p.poller = poller
	s.sendOverdue(clock.Now())
	return nil
}

// current is the client in use, or nil.
func (s *subscriber) current() Client {
	if c := s.client.Load(); c != nil {
		return *c
	}
	return nil
}

// polls reports whether the transport is one that polls.
func (s *subscriber) polls() bool {
	_, ok := s.current().(Poller)
	return ok
}

// receive takes in deliveries until ctx is done.
func (s *subscriber) receive(ctx context.Context) {
	for {
		deliveries, err := s.current().Receive()
		seen := clock.Now()
		if err == nil {
			s.backoff = 0
			for i := range deliveries {
				s.deliver(&deliveries[i], seen)
			}
			s.answered(seen, true)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errEnded) {
			s.run.fail(errorKind(err), err)
		}
		var answer *AnswerError
		if errors.As(err, &answer) {
			s.answered(seen, false)
			continue
		}
		if !s.reconnect(ctx, err) {
			return
		}
	}
}

// reconnect replaces a client, or what it receives over, that has come to its
// end: at once if that was between two requests, but for a poller as soon as a
// poll is due, and else backing off between tries. It reports false once ctx is
// done.
func (s *subscriber) reconnect(ctx context.Context, end error) bool {
	s.lose(end)
	resumer, resumes := s.current().(Resumer)
	if resumes {
		resumer.Suspend()
	} else {
		s.gone.Lock()
		defer s.gone.Unlock()
		s.current().Close()
	}
	retired := errors.Is(end, errRetired) && s.polls()
	if retired && !s.wanted(ctx) {
		return false
	}
	for ; ; retired = false {
		if !retired && !s.backOff(ctx) {
			return false
		}
		err := s.connect(ctx)
		if err == nil {
			if ctx.Err() != nil { // closed between the dial and its being known
				s.current().Close()
				return false
			}
			s.run.meter.reconnects.Add(1)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.run.fail(dialError(err), err)
	}
}

// backOff waits before the next try to connect, longer each time. It reports
// false once ctx is done.
func (s *subscriber) backOff(ctx context.Context) bool {
	s.backoff = min(max(2*s.backoff, 50*time.Millisecond), 2*time.Second)
	return pause(ctx, s.backoff/2+rand.N(s.backoff))
}

// pause waits for so long. It reports false once ctx is done.
func pause(ctx context.Context, length time.Duration) bool {
	over := time.NewTimer(length)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// deliver records one delivery.
func (s *subscriber) deliver(d *Delivery, seen int64) {
	r := s.run
	s.received++
	order := s.ids.Enter(d.ID)
	tag, ours := parseTag(r.plan.Nonce, d.Text)
	if !ours {
		r.fail(result.ForeignMessage, malformed("a message that is not this trial's", d.JSON))
		return
	}
	high := s.messages.high
	came := s.messages.Enter(uint64(tag.Seq) + 1)
	r.countLacking(came, uint64(tag.Seq), high)
	first := came != duplicate
	start := r.start.Load()
	if start == 0 { // another shard has been told to start a little earlier
		r.deliveries.addUnknown()
		return
	}
	due := start + int64(tag.Due)
	r.deliveries.add(seen - due)
	steady := r.steady(due)
	if s.received%sampleEvery == 1 {
		r.checks.offer(s, d, tag)
	}
	if !first {
		if steady {
			s.duplicated++
		}
		return
	}
	if from, to := max(due, s.covered, r.from), min(seen, r.to); to > from {
		s.stale += to - from
		s.covered = to
	}
	if !steady {
		return
	}
	if order == late {
		s.reordered++
	}
	s.got++
	s.room.arrive(tag.Seq, d, due, seen)
}

// publish publishes the messages of jobs until that is closed.
func (s *subscriber) publish(ctx context.Context) {
	r := s.run
	free := int64(0)
	for tag := range s.jobs {
		text := Text(r.plan.Nonce, r.plan.Seed, s.room.index, tag, r.plan.Payload)
		due := r.start.Load() + int64(tag.Due)
		begun := clock.Now()
		if ctx.Err() != nil {
			return
		}
		if r.unsent.Load() {
			if r.steady(due) {
				r.resolved.Add(1)
			}
			continue
		}
		err := s.say(ctx, text)
		done := clock.Now()
		if err != nil && context.Cause(ctx) != errStopped {
			r.fail("publish: "+errorKind(err), err)
		}
		if err == nil {
			r.published.Add(1)
		}
		if r.steady(due) {
			r.publishLate.add(begun - max(due, free))
			r.resolve(s.room, tag.Seq, err)
			if err == nil {
				r.publishLatency.add(done - due)
				r.publishService.add(done - begun)
			}
		}
		free = done
	}
}

// say publishes a text, by the next client where this one is closed before.
func (s *subscriber) say(ctx context.Context, text string) error {
	for {
		s.gone.Lock()
		c := s.current()
		s.gone.Unlock()
		err := c.Publish(text)
		if !errors.Is(err, errUnsent) || ctx.Err() != nil {
			return err
		}
	}
}

// finish returns what a client never got, and its stale share of the steady
// state, which ended at to. A client that has lost messages is stale at least
// from the first one's due time on; where nobody here got that one either,
// from the beginning.
func (s *subscriber) finish(published, to int64) (lost int64, staleShare float64) {
	from := s.run.from
	lost = published - s.got
	if to <= from {
		return lost, 0
	}
	if lost > 0 {
		since := from
		if due, ok := s.room.dueOf(s.ids.Missing()); ok {
			since = max(from, due)
		}
		s.stale = max(s.stale, to-since)
	}
	return lost, float64(s.stale) / float64(to-from)
}
