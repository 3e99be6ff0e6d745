// Package loadgen simulates the chat's clients. A transport's client half, in
// package client, moves messages and measures nothing; package loop moves the
// bytes, and counts them; what runs them, here, takes every latency.
package loadgen

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
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
	failed  chan error // of lanes, which end the run
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
	address loop.Address
}

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
		plan: plan, errors: map[string]int64{}, checks: make(checks, 256), failed: make(chan error, 64),
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
	given := listen(len(plan.Rooms), commands, cancel)
	var checks, ticks, loops sync.WaitGroup
	checks.Go(func() { r.checks.work(r) })
	for _, l := range r.lanes {
		loops.Go(func() {
			if err := l.loop.Run(); err != nil {
				r.failed <- err
			}
		})
	}
	ticks.Go(func() { r.tick(ctx) })
	err = r.phases(ctx, given)
	stopped := context.Cause(ctx) == errStopped
	cancel(nil)
	ticks.Wait()
	r.each(func(l *lane) { l.finish(stopped) })
	loops.Wait()
	close(r.checks)
	checks.Wait()
	if err != nil && !stopped {
		return err
	}
	r.emit(shard.Event{Is: shard.Done, Result: r.result(stopped, given.published)})
	return nil
}

// orders is what the controller has ordered so far.
type orders struct {
	start, expect, close chan struct{} // closed when ordered
	at                   int64
	published            []int64
}

// listen takes commands until they end. Stop cancels with errStopped, and the
// commands' end, before a Close, with an error: nobody listens.
func listen(rooms int, commands <-chan shard.Command, cancel context.CancelCauseFunc) *orders {
	o := &orders{start: make(chan struct{}), expect: make(chan struct{}), close: make(chan struct{})}
	go func() {
		for c := range commands {
			switch c.Do {
			case shard.Start:
				o.at = c.At
				close(o.start)
			case shard.Expect:
				o.published = make([]int64, rooms)
				copy(o.published, c.Published) // which may be shorter
				close(o.expect)
			case shard.Close:
				close(o.close)
			case shard.Stop:
				cancel(errStopped)
			}
		}
		cancel(errors.New("the controller is gone"))
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
	r.each((*lane).dial)
	if err := r.until(ctx, math.MaxInt64, func() bool { return r.all((*lane).connected) }); err != nil {
		return err
	}
	// What connecting took goes back, so that the memory read in the steady state
	// is what the clients hold.
	debug.FreeOSMemory()
	r.emit(shard.Event{Is: shard.Connected, Clients: gather(r, func(l *lane) int64 { return l.joins })})
	if err := r.await(ctx, given.start); err != nil {
		return err
	}
	r.each(func(l *lane) { l.schedule(given.at) })
	_, to := r.plan.Window(given.at)
	deadline := to + int64(r.plan.Drain)
	if err := r.sleep(ctx, to); err != nil {
		return err
	}
	if err := r.until(ctx, deadline, func() bool { return r.all((*lane).allResolved) }); err != nil {
		return err
	}
	r.each(func(l *lane) { l.unsent = true })
	r.reported = r.accepted()
	r.emit(shard.Event{Is: shard.Published, Published: r.reported})
	if err := r.await(ctx, given.expect); err != nil {
		return err
	}
	if err := r.until(ctx, deadline, func() bool { return r.missing(given.published) <= 0 }); err != nil {
		return err
	}
	r.each(func(l *lane) { l.pollsEnd = true })
	if err := r.until(ctx, clock.Now()+int64(time.Second), func() bool { return r.all((*lane).quiet) }); err != nil {
		return err
	}
	totals := r.Totals()
	r.emit(shard.Event{Is: shard.Drained, Totals: &totals})
	err := r.await(ctx, given.close)
	r.totals = r.Totals()
	return err
}

// gather adds up what f says of every lane, on its loop.
func gather[T any](r *run, f func(l *lane) T) (sum T) {
	parts := make(chan T, len(r.lanes))
	for _, l := range r.lanes {
		l.loop.Do(func() { parts <- f(l) })
	}
	for range r.lanes {
		sum = result.Add(sum, <-parts)
	}
	return sum
}

func (r *run) each(f func(l *lane)) {
	gather(r, func(l *lane) int64 { f(l); return 0 })
}

// all reports whether f is true of every lane.
func (r *run) all(f func(l *lane) bool) bool {
	return gather(r, func(l *lane) int64 {
		if f(l) {
			return 0
		}
		return 1
	}) == 0
}

// Totals is what has passed so far. Requests are counted as they are sent.
func (r *run) Totals() result.Totals {
	return gather(r, func(l *lane) result.Totals { return l.meter.Totals() })
}

// accepted returns, by room, how many of the steady state's messages this shard
// has published. One whose answer never came was accepted if a client has got it.
func (r *run) accepted() []int64 {
	accepted := make([]int64, len(r.plan.Rooms))
	copy(accepted, gather(r, func(l *lane) []int64 { return l.accepted })) // which may be shorter
	for _, by := range r.lanes {
		for _, at := range by.unknown {
			if gather(r, func(l *lane) int64 { return l.rooms[at.room].received(at.seq) }) > 0 {
				accepted[at.room]++
			}
		}
	}
	return accepted
}

// missing is how many deliveries are still to come.
func (r *run) missing(published []int64) int64 {
	return gather(r, func(l *lane) (n int64) {
		for _, room := range l.rooms {
			n += published[room.index]*int64(room.clients) - room.got
		}
		return n
	})
}

// look is how often until looks.
const look = int64(5 * time.Millisecond)

// until waits for the deadline or for done.
func (r *run) until(ctx context.Context, deadline int64, done func() bool) error {
	for clock.Now() < deadline && !done() {
		if err := r.sleep(ctx, clock.Now()+look); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) sleep(ctx context.Context, until int64) error {
	over, cancel := context.WithTimeout(context.Background(), time.Duration(until-clock.Now()))
	defer cancel()
	return r.await(ctx, over.Done())
}

func (r *run) await(ctx context.Context, ordered <-chan struct{}) error {
	select {
	case <-ordered:
		return nil
	case err := <-r.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// second is what lanes have counted so far, to be added up.
type second struct {
	result.SecondCounts
	Missing int64
}

// tick reports every second until ctx is done.
func (r *run) tick(ctx context.Context) {
	var before result.SecondCounts
	for k := 0; ; k++ {
		select {
		case <-time.After(time.Duration(r.plan.RampStart + int64(k+1)*int64(time.Second) - clock.Now())):
		case <-ctx.Done():
			return
		}
		now := gather(r, (*lane).second)
		counted := result.Sub(now.SecondCounts, before)
		counted.Clients = now.Clients // all that have joined, not those of this second
		r.emit(shard.Event{Is: shard.Tick, Second: &shard.Second{K: k, SecondCounts: counted, Missing: now.Missing}})
		before = now.SecondCounts
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
