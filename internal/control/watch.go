package control

import (
	"context"
	"errors"
	"os"
	"slices"
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

	idle  int64 // RSS of the servers before the first client
	known chan struct{}

	mu      sync.Mutex
	begun   int64 // start of the warm-up; 0 until known
	series  map[int]*result.Second
	ticks   map[int]int // shards that have reported a second
	looks   []look
	edges   [2]edge
	stopped bool // the steady state was broken off: its end is none that was planned
	problem error
}

// look is what processes hold and have used at an instant.
type look struct {
	at             int64
	server, shards int64 // RSS
	serverCPU      time.Duration
}

// edge is all that is read at an edge of the steady state.
type edge struct {
	at             int64         // 0 where not all could be read
	off            time.Duration // from the planned instant until all had been read
	server, shards []proc.Usage
	host           proc.Host
	own            time.Duration // CPU of this process, which is no part of the trial's cost
	metrics        sample
}

// sampleInterval is the time between two looks.
const sampleInterval = 250 * time.Millisecond

func newWatch(plan shard.Plan, servers []int, metrics scrapers) *watch {
	w := &watch{plan: plan, servers: servers, metrics: metrics, known: make(chan struct{}),
		series: map[int]*result.Second{}, ticks: map[int]int{}}
	w.idle = w.look().server
	return w
}

// start begins to look; the channel is closed when ctx is done and all has
// been read.
func (w *watch) start(ctx context.Context) <-chan struct{} {
	var both sync.WaitGroup
	both.Go(func() { w.keep(w.lookOn(ctx)) })
	both.Go(func() { w.keep(w.readEdges(ctx)) })
	ended := make(chan struct{})
	go func() {
		both.Wait()
		close(ended)
	}()
	return ended
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

func (w *watch) look() look {
	l := look{at: clock.Now()}
	for _, pid := range w.servers {
		if u, err := proc.Read(pid); err == nil { // a dead one is noticed elsewhere
			l.server += u.RSSBytes
			l.serverCPU += u.CPU
		}
	}
	for _, pid := range w.shards {
		if u, err := proc.Read(pid); err == nil {
			l.shards += u.RSSBytes
		}
	}
	return l
}

// readEdges reads both edges of the steady state. The servers' own metrics are
// asked for outside of it, so that answering is no part of its cost.
func (w *watch) readEdges(ctx context.Context) error {
	select {
	case <-w.known:
	case <-ctx.Done():
		return ctx.Err()
	}
	alarm, err := alarmUntil(ctx)
	if err != nil {
		return err
	}
	defer alarm.Close()
	from, to := w.plan.Window(w.begun)
	const before = int64(100 * time.Millisecond)
	if err := alarm.Wait(from - before); err != nil {
		return ctx.Err()
	}
	// A server that stands still must not delay the edge.
	scraping, leaveOff := context.WithCancel(ctx)
	defer leaveOff()
	metrics := make(chan sample, 1)
	go func() { metrics <- w.metrics.scrape(scraping) }()
	for _, pid := range slices.Concat(w.servers, w.shards) {
		_ = proc.ResetPeak(pid) // where it is refused, the peak is of the process's whole life
	}
	if err := alarm.Wait(from); err != nil {
		return ctx.Err()
	}
	leaveOff()
	w.readEdge(0, from)
	w.edges[0].metrics = <-metrics
	w.stopped = alarm.Wait(to) != nil
	w.readEdge(1, to)
	if w.stopped {
		return ctx.Err()
	}
	w.edges[1].metrics = w.metrics.scrape(ctx)
	return nil
}

func (w *watch) readEdge(i int, planned int64) {
	e := edge{at: clock.Now()}
	read := func(pids []int) (all []proc.Usage) {
		for _, pid := range pids {
			u, err := proc.Read(pid)
			if err != nil {
				w.keep(err)
				e.at = 0 // no cost rather than one that lacks a process
			}
			all = append(all, u)
		}
		return all
	}
	e.server, e.shards = read(w.servers), read(w.shards)
	e.off = time.Duration(clock.Now() - planned)
	if u, err := proc.Read(os.Getpid()); err == nil {
		e.own = u.CPU
	}
	host, err := proc.ReadHost()
	w.keep(err)
	e.host = host
	w.edges[i] = e
}

// judgeEdges doubts a trial whose steady state was not measured where it was
// planned: what was used in one time would be divided by another.
func (w *watch) judgeEdges(t *result.Trial, members []*member) {
	if w.begun == 0 {
		return
	}
	limit := max(w.plan.Steady/200, 10*time.Millisecond)
	doubt := func(what string, off time.Duration) {
		if off > limit {
			t.Doubt(result.EdgeLate, result.Invalid, "%s %.1f ms off an edge of the steady state (%.3g ms are allowed)",
				what, 1000*off.Seconds(), 1000*limit.Seconds())
		}
	}
	cost := w.edges[0].off
	if !w.stopped {
		cost = max(cost, w.edges[1].off)
	}
	doubt("cost was read", cost)

	from, to := w.plan.Window(w.begun)
	var counts time.Duration
	for _, m := range members {
		if r := m.result; r != nil && r.From != 0 {
			counts = max(counts, time.Duration(r.From-from).Abs())
			if !r.Stopped {
				counts = max(counts, time.Duration(r.To-to).Abs())
			}
		}
	}
	doubt("a shard read its counts", counts)
}

// tick adds one shard's second, and returns the sum once all have reported it.
func (w *watch) tick(s shard.Second) (result.Second, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum := w.series[s.K]
	if sum == nil {
		sum = &result.Second{}
		w.series[s.K] = sum
	}
	sum.Clients += s.Clients
	sum.Requests += s.Requests
	sum.Published += s.Published
	sum.Deliveries += s.Deliveries
	sum.Empty += s.Empty
	sum.BytesIn += s.BytesIn
	sum.BytesOut += s.BytesOut
	sum.T, sum.Phase = w.phase(s.K)
	w.ticks[s.K]++
	return *sum, w.ticks[s.K] == w.plan.Shards
}

// phase places second k of the grid.
func (w *watch) phase(k int) (t float64, phase string) {
	at := w.plan.RampStart + int64(k)*int64(time.Second)
	if w.begun == 0 {
		return time.Duration(at - w.plan.RampStart).Seconds(), "ramp-up"
	}
	since := time.Duration(at - w.begun)
	switch {
	case since < 0:
		phase = "ramp-up"
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
	for k := 0; w.series[k] != nil && w.ticks[k] == w.plan.Shards; k++ {
		s := *w.series[k]
		s.T, s.Phase = w.phase(k)
		at := w.plan.RampStart + int64(k)*int64(time.Second)
		from, to := w.lookAt(at), w.lookAt(at+int64(time.Second))
		if from != nil && to != nil {
			s.ServerCPUS = (to.serverCPU - from.serverCPU).Seconds()
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
