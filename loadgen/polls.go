package loadgen

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/pollpush/pollpush/internal/clock"
)

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
	wake    chan struct{} // told of such a due by pollAt; nil before it was first waited for
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

// answered takes down the answer to the poll that was out, if this client
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

// lose takes down that the connection which polls has ended. A poll that is out
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
