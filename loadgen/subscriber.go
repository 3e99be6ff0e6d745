package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// subscriber is one simulated client: it carries out what its conversation
// wants, begins it again when it has ended, and records what comes.
type subscriber struct {
	conversation
	lane    *lane
	room    *room
	index   int            // of all the trial's clients
	cookies client.Cookies // outlive its connections

	began     bool          // has been ready
	ready     bool          // is, but perhaps for a connection that it asks for itself
	over      bool          // it never became ready, or is closed
	deadline  int64         // by when it must be ready; 0 where nothing is waited for
	wake      int64         // when the client wants to be woken; 0 for never
	backoff   time.Duration // before the next reconnect; 0 once something has come
	reconnect int64         // when that is
	joined    bool

	poll *polls // nil unless it polls
	jobs *jobs  // nil unless it publishes

	ids        Ledger // of the server, which tell the order
	messages   Ledger // of the schedule, counted from 1: which one, whatever its id
	received   int64
	got        int64 // first deliveries of the steady state's messages
	duplicated int64
	reordered  int64
	stale      int64 // ns of the steady state in which a due message was not here
	covered    int64 // up to when stale has been counted
}

// polls is the account of a client's polls.
type polls struct {
	poller  client.Poller
	phase   int64
	out     bool  // a poll is unanswered
	due     int64 // of the poll that is out; 0 for a join, which no schedule asked for
	free    int64 // since when it could have been sent
	sent    int64
	overdue []int64 // dues that came while a poll was out, or no connection there
}

// jobs is what a client is to publish.
type jobs struct {
	waiting []Tag
	busy    bool // the one that is next is being published
	next    Tag
	begun   int64
	free    int64 // since when it could have been begun
}

// maxJobs is how many messages can wait at one client.
const maxJobs = 4096

// What a subscriber is woken for.
const (
	toPoll = iota
	toTimeOut
	toReconnect
	toWake
)

func (s *subscriber) target() client.Target {
	p := &s.lane.run.plan
	return client.Target{
		Host: s.room.server.host, TLS: s.address.TLS != nil, Room: s.room.name, User: fmt.Sprintf("client-%d", s.index),
		Wait: cmp.Or(p.PollWait, transport.LongPollWait), Publishes: s.jobs != nil, Cookies: &s.cookies,
	}
}

// opening has the client become ready in time, with a new connection that
// receives.
func (s *subscriber) opening(line client.Line) {
	if line == client.Main {
		s.ready, s.deadline = false, loop.Deadline(dialTimeout)+1 // after the connection's own
		s.hub.loop.At(s.deadline, s, toTimeOut)
	}
}

// turned records what a turn of the client's has brought.
func (s *subscriber) turned(t *client.Turn, seen int64) {
	if len(t.Deliveries) > 0 || t.Answered {
		s.backoff = 0
	}
	for i := range t.Deliveries {
		s.deliver(&t.Deliveries[i], seen)
	}
	if t.Awake != 0 {
		s.wake = t.Awake
		s.hub.loop.At(t.Awake, s, toWake)
	}
	if t.Refused != nil {
		s.lane.run.fail(errorKind(t.Refused), t.Refused)
	}
	if t.Sent && s.poll != nil {
		if t.Ready { // it waited for a connection, which is no lateness of ours
			s.poll.free = max(s.poll.free, t.Now)
		}
		s.polled(t.Now)
	}
	// What follows may begin other turns.
	ready, answered, refused, published, notSaid, ended := t.Ready, t.Answered, t.Refused != nil, t.Published, t.NotSaid, t.Ended
	if ready {
		s.becomeReady()
	}
	if published {
		s.published(notSaid, seen)
	}
	if answered {
		s.answered(seen, !refused)
	}
	if ended != nil {
		s.end(ended)
	}
}

func (s *subscriber) becomeReady() {
	if s.began && !s.ready {
		s.hub.meter.Reconnects++
	}
	s.ready, s.deadline = true, 0
	if !s.began {
		s.began = true
		s.lane.settled(true)
		if s.poll != nil {
			s.poll.overdue = append(s.poll.overdue, 0)
		} else {
			s.join()
		}
	}
	if s.poll != nil {
		s.sendPoll(clock.Now())
	}
}

// join counts a client that receives, once.
func (s *subscriber) join() {
	if !s.joined {
		s.joined = true
		s.lane.joins++
	}
}

// end begins the conversation again, after a while that grows from try to try,
// unless it has never begun.
func (s *subscriber) end(err error) {
	was := s.ready
	s.ready, s.deadline, s.wake = false, 0, 0
	s.drop(client.Main)
	switch {
	case s.over:
		return
	case !s.began:
		s.drop(client.Post)
		s.over = true
		s.lane.run.fail(dialError(err), err)
		s.lane.settled(false)
		return
	case !was:
		s.lane.run.fail(dialError(err), err)
	case !errors.Is(err, codec.ErrEnded):
		s.lane.run.fail(errorKind(err), err)
	}
	s.losePoll(err)
	s.backoff = min(max(2*s.backoff, 50*time.Millisecond), 2*time.Second)
	s.reconnect = clock.Now() + int64(s.backoff/2+rand.N(s.backoff))
	s.hub.loop.At(s.reconnect, s, toReconnect)
}

func (s *subscriber) finish() {
	s.close()
	s.over = true
	if s.jobs != nil && s.jobs.busy {
		s.published(client.ErrUnanswered, clock.Now())
	}
}

// Wake goes on with what an alarm was set for, unless that has been overtaken.
func (s *subscriber) Wake(at int64, what int) {
	switch {
	case s.over:
	case what == toPoll:
		s.pollAt(at)
	case what == toTimeOut && s.deadline == at:
		s.drop(client.Main)
		s.step(func(t *client.Turn) {
			s.client.End(t, client.Main, nil, fmt.Errorf("not ready within %v: %w", dialTimeout, client.ErrTimeout))
		})
	case what == toReconnect && s.reconnect == at:
		s.open(client.Main)
	case what == toWake && s.wake == at:
		s.wake = 0
		s.step(s.client.Wake)
	}
}

// pollAt sends the poll due at due, or leaves it while an earlier one is out or
// no connection there: a client asks one thing at a time, and a stalled server
// is charged for every poll that it holds up.
func (s *subscriber) pollAt(due int64) {
	l := s.lane
	if l.pollsEnd {
		return
	}
	if next := due + int64(l.run.plan.PollInterval); next < l.to+int64(l.run.plan.Drain) {
		l.loop.At(next, s, toPoll)
	}
	s.poll.overdue = append(s.poll.overdue, due)
	s.sendPoll(due)
}

// sendPoll sends the first poll that waits to be sent, if there is one and it can
// be, which it could since free.
func (s *subscriber) sendPoll(free int64) {
	p := s.poll
	if p.out || !s.ready || len(p.overdue) == 0 || s.lane.pollsEnd {
		return
	}
	p.out, p.due, p.free, p.sent = true, p.overdue[0], max(p.overdue[0], free), 0
	p.overdue = slices.Delete(p.overdue, 0, 1) // in the same memory
	s.step(p.poller.Poll)
}

func (s *subscriber) polled(now int64) {
	p := s.poll
	if p.sent == 0 && s.lane.steady(p.due) { // else it is sent again
		s.lane.pollLate.add(now - p.free)
	}
	p.sent = now
}

// answered records the answer to the poll that was out, if this client polls,
// and sends the next one that is overdue. An answer that refuses has no latency.
func (s *subscriber) answered(seen int64, granted bool) {
	p, l := s.poll, s.lane
	if p == nil || !p.out {
		return
	}
	s.join()
	if granted && l.steady(p.due) {
		l.pollResponse.add(seen - p.due)
		l.pollService.add(seen - p.sent)
	}
	p.out = false
	s.sendPoll(seen)
}

// losePoll records that the connection which polls has ended. A poll that is out
// goes over the next one, unless it had an answer, which could not be read, and
// is not the one that the client joins by.
func (s *subscriber) losePoll(end error) {
	p := s.poll
	if p == nil {
		return
	}
	if p.out && (p.due == 0 || !errors.Is(end, codec.ErrMalformed)) {
		p.overdue = slices.Insert(p.overdue, 0, p.due)
	}
	p.out = false
}

func (s *subscriber) deliver(d *client.Delivery, seen int64) {
	l := s.lane
	s.received++
	order := s.ids.Enter(d.ID)
	tag, ours := parseTag(l.run.plan.Nonce, d.Text)
	if !ours {
		l.run.fail(result.ForeignMessage, codec.Malformed("a message that is not this trial's", d.JSON))
		return
	}
	high := s.messages.high
	came := s.messages.Enter(uint64(tag.Seq) + 1)
	l.countLacking(came, uint64(tag.Seq), high)
	if l.start == 0 { // another shard has been told to start a little earlier
		l.deliveries[result.LatencyBuckets]++
		return
	}
	due := l.start + int64(tag.Due)
	l.deliveries[result.LatencyBucket(time.Duration(seen-due))]++
	steady := l.steady(due)
	if s.received%sampleEvery == 1 {
		l.run.checks.offer(s.room, d, tag)
	}
	if came == duplicate {
		if steady {
			s.duplicated++
		}
		return
	}
	if from, to := max(due, s.covered, l.from), min(seen, l.to); to > from {
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

// publish publishes the next message that waits, if none is being published.
func (s *subscriber) publish() {
	j, l := s.jobs, s.lane
	for !j.busy && len(j.waiting) > 0 && !s.over {
		j.next = j.waiting[0]
		if j.waiting = j.waiting[1:]; len(j.waiting) == 0 {
			j.waiting = nil
		}
		if l.unsent {
			if l.steady(l.start + int64(j.next.Due)) {
				l.resolved++
			}
			continue
		}
		j.busy, j.begun = true, clock.Now()
		text := Text(l.run.plan.Nonce, l.run.plan.Seed, s.room.index, j.next, l.run.plan.Payload)
		s.step(func(t *client.Turn) { s.client.Publish(t, text) })
	}
}

// published records what became of the message that was being published.
func (s *subscriber) published(err error, done int64) {
	j, l := s.jobs, s.lane
	if j == nil || !j.busy {
		return
	}
	j.busy = false
	if err == nil {
		l.published++
	} else if !l.stopped {
		l.run.fail("publish: "+errorKind(err), err)
	}
	if due := l.start + int64(j.next.Due); l.steady(due) {
		l.publishLate.add(j.begun - max(due, j.free))
		l.resolve(s.room, j.next.Seq, err)
		if err == nil {
			l.publishLatency.add(done - due)
			l.publishService.add(done - j.begun)
		}
	}
	j.free = done
	s.publish()
}

// account returns what a client never got, and its stale share of the steady
// state, which ended at to. A client that has lost messages is stale at least
// from the first one's due time on; where nobody here got that one either,
// from the beginning.
func (s *subscriber) account(published, to int64) (lost int64, staleShare float64) {
	from := s.lane.from
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
