package control

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// watch reads from outside what a trial's processes cost: every quarter of a
// second what the servers hold, and at the edges of the steady state what all
// have used.
type watch struct {
	plan    shard.Plan
	servers []int // pids
	shards  []int
	metrics scrapers // nil where the servers offer none

	profiler *profiler // takes its profiles of the steady state
	limits   proc.Limits
	page     *LivePage // nil without one

	before *holding // the first client
	joined *holding // when all clients had; nil until then
	known  chan struct{}

	mu      sync.Mutex
	begun   int64 // start of the warm-up; 0 until known
	series  map[int]*secondSum
	looks   []look
	open    [2]int64 // descriptors of the servers and of the shards
	edges   [2]edge
	stopped bool // the steady state was broken off: its end is none that was planned
	problem error
}

// secondSum is what shards have reported of one.
type secondSum struct {
	result.Second
	missing int64
	shards  int // that have reported it
}

// look is what processes hold and have used at an instant.
type look struct {
	at                   int64
	server, shards       int64 // RSS
	serverCPU, shardsCPU time.Duration
}

// sampleInterval is the time between two looks.
const sampleInterval = 250 * time.Millisecond

// newWatch reads what the servers hold before the first client, of which base is
// what they tell themselves.
func newWatch(plan shard.Plan, servers []int, metrics scrapers, base sample) *watch {
	w := &watch{plan: plan, servers: servers, metrics: metrics, known: make(chan struct{}),
		series: map[int]*secondSum{}}
	w.before = w.readHolding(func() sample { return base })
	return w
}

// start begins to look, until ctx is done and all has been read.
func (w *watch) start(ctx context.Context, watchers *sync.WaitGroup) {
	watchers.Go(func() { w.keep(w.lookOn(ctx)) })
	watchers.Go(func() { w.keep(w.readEdges(ctx)) })
}

// keep keeps the first error that is not just the end of watching.
func (w *watch) keep(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.problem == nil && !errors.Is(err, context.Canceled) {
		w.problem = err
	}
}

// begin says when the warm-up begins.
func (w *watch) begin(start int64) {
	w.mu.Lock()
	w.begun = start
	w.mu.Unlock()
	close(w.known)
}

// lookOn looks again and again, on the grid of the plan's seconds.
func (w *watch) lookOn(ctx context.Context) error {
	alarm, err := alarmUntil(ctx)
	if err != nil {
		return err
	}
	defer alarm.Close()
	for at := w.plan.RampStart; ; at += int64(sampleInterval) {
		if err := alarm.Wait(at); err != nil {
			return ctx.Err()
		}
		l := w.look()
		w.mu.Lock()
		w.looks = append(w.looks, l)
		w.mu.Unlock()
	}
}

// alarmUntil is an alarm that is closed when ctx is done.
func alarmUntil(ctx context.Context) (*clock.Alarm, error) {
	alarm, err := clock.NewAlarm()
	if err == nil {
		context.AfterFunc(ctx, func() { alarm.Close() })
	}
	return alarm, err
}

// steady waits until the bounds of the steady state are known, and makes an alarm
// for instants in it.
func (w *watch) steady(ctx context.Context) (alarm *clock.Alarm, from, to int64, err error) {
	select {
	case <-w.known:
	case <-ctx.Done():
		return nil, 0, 0, ctx.Err()
	}
	from, to = w.plan.Window(w.begun)
	alarm, err = alarmUntil(ctx)
	return alarm, from, to, err
}

func (w *watch) look() look {
	at, server, shards := clock.Now(), total(w.servers, proc.Read), total(w.shards, proc.Read)
	return look{at, server.RSSBytes, shards.RSSBytes, server.CPU, shards.CPU}
}

// tick adds one shard's second, and returns the sum, which is whole once all have
// reported it.
func (w *watch) tick(s shard.Second) (sum secondSum, whole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.series[s.K] == nil {
		w.series[s.K] = &secondSum{}
	}
	held := w.series[s.K]
	held.SecondCounts = result.Add(held.SecondCounts, s.SecondCounts)
	held.T, held.Phase = w.phase(s.K)
	held.missing += s.Missing
	held.shards++
	return *held, held.shards == w.plan.Shards
}

const rampUp = "ramp-up"

// phase places second k of the grid.
func (w *watch) phase(k int) (t float64, phase string) {
	at := w.plan.RampStart + int64(k)*int64(time.Second)
	if w.begun == 0 {
		return time.Duration(at - w.plan.RampStart).Seconds(), rampUp
	}
	since := time.Duration(at - w.begun)
	switch {
	case since < 0:
		phase = rampUp
	case since < w.plan.WarmUp:
		phase = "warm-up"
	case since < w.plan.WarmUp+w.plan.Steady:
		phase = "steady"
	default:
		phase = "drain"
	}
	return since.Seconds(), phase
}

// seconds returns the trial's series, with what the servers took in each.
func (w *watch) seconds() []result.Second {
	out := []result.Second{}
	for k := 0; w.series[k] != nil && w.series[k].shards == w.plan.Shards; k++ {
		s := w.series[k].Second
		s.T, s.Phase = w.phase(k)
		at := w.plan.RampStart + int64(k)*int64(time.Second)
		from, to := w.lookAt(at), w.lookAt(at+int64(time.Second))
		if from != nil && to != nil {
			s.ServerCPUS = max(0, to.serverCPU-from.serverCPU).Seconds() // one that has died has none
			s.ServerRSSBytes = to.server
		}
		out = append(out, s)
	}
	return out
}

// lookAt is the look taken for the instant at, if one was.
func (w *watch) lookAt(at int64) *look {
	for i := range w.looks {
		if d := w.looks[i].at - at; d >= 0 && d < int64(sampleInterval) {
			return &w.looks[i]
		}
	}
	return nil
}
