// Package loadgen simulates the chat's clients. A transport's client half, in
// package client, moves messages and measures nothing; package loop moves the
// bytes, and counts them; what runs them, here, takes every latency.
package loadgen

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/localhost"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// run is one shard's part of a trial: its lanes, and what they share.
type run struct {
	plan    shard.Plan
	emit    func(shard.Event) // called by one goroutine at a time
	servers []server
	lanes   []*lane
	failed  chan error // a lane's, which ends the run
	seconds chan second
	checks  checks

	errorsMu   sync.Mutex
	errors     map[string]int64
	firstError string

	reported []int64       // by room, the messages reported to the controller as published; nil before
	totals   result.Totals // when the connections are about to be closed
}

// server is one that clients connect to.
type server struct {
	host    string // as requests name it
	tls     *loop.TLS
	address loop.Address
}

// errGone says that the controller closed the commands: nobody listens.
var errGone = errors.New("the controller is gone")

// errStopped says that the controller wants what there is.
var errStopped = errors.New("stopped")

// Run runs a shard: it connects the plan's clients, and goes through the
// phases as commands say. It reports by emit, which is called by one
// goroutine at a time, and ends with a Done event, or with an error when
// commands is closed before that.
func Run(ctx context.Context, plan shard.Plan, commands <-chan shard.Command, emit func(shard.Event)) (err error) {
	if !client.Knows(plan.Transport) {
		return fmt.Errorf("transport %q is not one of %v", plan.Transport, transport.Names())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var emitting sync.Mutex
	r := &run{
		plan: plan, errors: map[string]int64{}, checks: make(checks, 256), failed: make(chan error, 1), seconds: make(chan second, 64),
		emit: func(e shard.Event) {
			emitting.Lock()
			defer emitting.Unlock()
			emit(e)
		},
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("shard %d: %w", plan.Shard, err)
		}
	}()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	given := listen(commands, cancel)
	var work, lanes sync.WaitGroup
	work.Go(func() { r.checks.work(r) })
	work.Go(r.report)
	for _, l := range r.lanes {
		lanes.Go(func() {
			if err := l.loop.Run(); err != nil {
				r.abort(err)
			}
		})
	}
	err = r.phases(ctx, given)
	stopped := context.Cause(ctx) == errStopped
	for _, l := range r.lanes {
		l.loop.Do(func() { l.finish(stopped) })
	}
	lanes.Wait()
	close(r.checks)
	close(r.seconds)
	work.Wait()
	if err != nil && !stopped {
		return err
	}
	r.emit(shard.Event{Is: shard.Done, Result: r.result(stopped, given.published)})
	return nil
}

// abort ends the run for an error of a lane.
func (r *run) abort(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

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

// prepare finds the servers, and makes the lanes with their clients.
func (r *run) prepare(ctx context.Context) error {
	roots, err := Roots(r.plan.Certificates)
	if err != nil {
		return err
	}
	for _, base := range r.plan.Servers {
		s, err := lookUp(ctx, base, roots)
		if err != nil {
			return err
		}
		r.servers = append(r.servers, s)
	}
	for range max(1, r.plan.Loops) {
		l, err := newLane(r)
		if err != nil {
			return err
		}
		r.lanes = append(r.lanes, l)
	}
	n := 0
	for c := range r.plan.Own() {
		r.lanes[n%len(r.lanes)].add(c)
		n++
	}
	return nil
}

// lookUp finds a server by its base URL.
func lookUp(ctx context.Context, base string, roots *x509.CertPool) (s server, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return s, err
	}
	s.host = u.Host
	port := "80"
	if u.Scheme == "https" {
		port = "443"
		s.address.TLS = &loop.TLS{Name: u.Hostname(), Roots: roots}
	}
	if u.Port() != "" {
		port = u.Port()
	}
	s.address.To, err = localhost.Resolve(ctx, u.Hostname(), port)
	return s, err
}

// phases goes through the trial's phases up to the command to close.
func (r *run) phases(ctx context.Context, given *orders) error {
	for _, l := range r.lanes {
		l.loop.Do(l.begin)
	}
	if err := r.until(ctx, 0, (*lane).connected); err != nil {
		return err
	}
	// What connecting took goes back, so that the memory read in the steady state
	// is what the clients hold.
	debug.FreeOSMemory()
	r.emit(shard.Event{Is: shard.Connected, Clients: r.sum(func(l *lane) int64 { return l.joins })})
	if err := await(ctx, r.failed, given.start); err != nil {
		return err
	}
	r.each(func(l *lane) { l.schedule(given.at) })
	_, to := r.plan.Window(given.at)
	deadline := to + int64(r.plan.Drain)
	if err := r.sleep(ctx, to); err != nil {
		return err
	}
	if err := r.until(ctx, deadline, (*lane).allResolved); err != nil {
		return err
	}
	r.each(func(l *lane) { l.unsent = true })
	r.reported = r.accepted()
	r.emit(shard.Event{Is: shard.Published, Published: r.reported})
	if err := await(ctx, r.failed, given.expect); err != nil {
		return err
	}
	if err := r.untilSum(ctx, deadline, func() bool { return r.missing(given.published) <= 0 }); err != nil {
		return err
	}
	r.each(func(l *lane) { l.pollsEnd = true })
	if err := r.until(ctx, clock.Now()+int64(time.Second), (*lane).quiet); err != nil {
		return err
	}
	totals := r.Totals()
	r.emit(shard.Event{Is: shard.Drained, Totals: &totals})
	err := await(ctx, r.failed, given.close)
	r.totals = r.Totals()
	return err
}

// each calls f on the loop of every lane, and waits for all.
func (r *run) each(f func(l *lane)) {
	var all sync.WaitGroup
	for _, l := range r.lanes {
		all.Add(1)
		l.loop.Do(func() {
			defer all.Done()
			f(l)
		})
	}
	all.Wait()
}

// sum adds up what f says of every lane.
func (r *run) sum(f func(l *lane) int64) (sum int64) {
	var mu sync.Mutex
	r.each(func(l *lane) {
		mu.Lock()
		defer mu.Unlock()
		sum += f(l)
	})
	return sum
}

// Totals is what has passed so far. Requests are counted as they are sent.
func (r *run) Totals() (t result.Totals) {
	var mu sync.Mutex
	r.each(func(l *lane) {
		mu.Lock()
		defer mu.Unlock()
		t = result.Add(t, l.meter.Totals())
	})
	return t
}

// accepted returns, by room, how many of the steady state's messages this
// shard has published.
func (r *run) accepted() []int64 {
	accepted := make([]int64, len(r.plan.Rooms))
	var mu sync.Mutex
	r.each(func(l *lane) {
		mu.Lock()
		defer mu.Unlock()
		for i, n := range l.accepted {
			accepted[i] += n
		}
	})
	// One whose answer never came was accepted if a client has got it.
	var unknown []place
	r.each(func(l *lane) {
		mu.Lock()
		defer mu.Unlock()
		unknown = append(unknown, l.unknown...)
	})
	for _, at := range unknown {
		got := r.sum(func(l *lane) int64 {
			if m := l.rooms[at.room].message(at.seq); m != nil {
				return m.n
			}
			return 0
		})
		if got > 0 {
			accepted[at.room]++
		}
	}
	return accepted
}

// missing is how many deliveries are still to come.
func (r *run) missing(published []int64) int64 {
	return r.sum(func(l *lane) (n int64) {
		for _, room := range l.rooms {
			n += published[room.index]*int64(room.clients) - room.got
		}
		return n
	})
}

// look is how often until looks.
const look = 5 * time.Millisecond

// until waits for the deadline, if there is one, or for done to be true of every
// lane.
func (r *run) until(ctx context.Context, deadline int64, done func(*lane) bool) error {
	return r.untilSum(ctx, deadline, func() bool {
		return r.sum(func(l *lane) int64 {
			if done(l) {
				return 0
			}
			return 1
		}) == 0
	})
}

func (r *run) untilSum(ctx context.Context, deadline int64, done func() bool) error {
	for (deadline == 0 || clock.Now() < deadline) && !done() {
		if err := r.sleep(ctx, clock.Now()+int64(look)); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits for an instant.
func (r *run) sleep(ctx context.Context, until int64) error {
	over := time.NewTimer(time.Duration(until - clock.Now()))
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case err := <-r.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func await(ctx context.Context, failed <-chan error, ordered <-chan struct{}) error {
	select {
	case <-ordered:
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// second is what a lane has counted in one.
type second struct {
	k       int
	counts  result.SecondCounts
	missing int64
}

// report reports each second once all lanes have.
func (r *run) report() {
	type sum struct {
		second
		lanes int
	}
	open := map[int]sum{}
	for s := range r.seconds {
		all := open[s.k]
		all.counts, all.missing = result.Add(all.counts, s.counts), all.missing+s.missing
		if all.lanes++; all.lanes < len(r.lanes) {
			open[s.k] = all
			continue
		}
		delete(open, s.k)
		r.emit(shard.Event{Is: shard.Tick, Second: &shard.Second{K: s.k, SecondCounts: all.counts, Missing: all.missing}})
	}
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
