package control

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

// edge is all that is read at an edge of the steady state.
type edge struct {
	at             int64         // 0 where not all could be read
	off            time.Duration // from the planned instant until all had been read
	server, shards []proc.Usage
	busy           [2]proc.Activity // of the servers and of the shards
	host           proc.Host
	throttling     []proc.Throttling
	clocks         clock.Reading
	own            time.Duration // CPU of this process, which is no part of the trial's cost
	metrics        sample
}

// readEdges reads both edges of the steady state. The servers' own metrics are
// asked for outside of it, so that answering is no part of its cost.
func (w *watch) readEdges(ctx context.Context) error {
	alarm, from, to, err := w.steady(ctx)
	if err != nil {
		return err
	}
	defer alarm.Close()
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
	w.profiler.take(ctx, w.plan.Steady)
	w.edges[0].metrics = <-metrics
	// At the end itself, clients that lack nothing may be leaving already.
	if alarm.Wait(to-before) == nil {
		w.open = [2]int64{total(w.servers, proc.Descriptors), total(w.shards, proc.Descriptors)}
	}
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
	e.busy = [2]proc.Activity{total(w.servers, proc.ReadActivity), total(w.shards, proc.ReadActivity)}
	if u, err := proc.Read(os.Getpid()); err == nil {
		e.own = u.CPU
	}
	host, err := proc.ReadHost()
	w.keep(err)
	e.host, e.throttling, e.clocks = host, w.limits.Throttling(), clock.Read()
	w.edges[i] = e
}

// edgeLimit is how far from its planned instant an edge may be.
func edgeLimit(plan shard.Plan) time.Duration {
	return time.Duration(result.EdgeLimit(plan.Steady.Seconds()) * float64(time.Second))
}

// judgeEdges doubts a trial whose steady state was not measured where it was
// planned: what was used in one time would be divided by another.
func (w *watch) judgeEdges(t *result.Trial, members []*member) {
	if w.begun == 0 {
		return
	}
	limit := edgeLimit(w.plan)
	doubt := func(what string, off time.Duration) {
		if off > limit {
			t.Doubt(result.EdgeLate, result.Invalid, "%s %.1f ms away from an edge of the steady state (%.3g ms are allowed)",
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
