package control

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/quantity"
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
	viewing        viewing
}

// readEdges reads both edges of the steady state. The servers' own metrics are
// asked for outside of it, so that answering is no part of its cost.
func (w *watch) readEdges(ctx context.Context) error {
	alarm, from, to, err := w.steady(ctx)
	if err != nil {
		return err
	}
	defer alarm.Close()
	viewers := w.page.viewers()
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
	w.readEdge(0, from, viewers)
	w.profiler.take(ctx, w.plan.Steady)
	w.edges[0].metrics = <-metrics
	// At the end itself, clients that lack nothing may be leaving already.
	if alarm.Wait(to-before) == nil {
		w.open = [2]int64{total(w.servers, proc.Descriptors), total(w.shards, proc.Descriptors)}
	}
	w.stopped = alarm.Wait(to) != nil
	w.readEdge(1, to, viewers)
	if w.stopped {
		return ctx.Err()
	}
	w.edges[1].metrics = w.metrics.scrape(ctx)
	return nil
}

func (w *watch) readEdge(i int, planned int64, viewers []int) {
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
	e.viewing = w.readViewing(viewers)
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
			off, allowed := quantity.Apart(quantity.Time, off.Seconds(), limit.Seconds())
			t.Doubt(result.EdgeLate, result.Invalid, "%s %s away from an edge of the steady state (%s is allowed)", what, off, allowed[0])
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

// holding is what both sides hold, and have used, at an instant at which
// nothing is said: before the first client, and when all are connected.
type holding struct {
	server, shards       result.Memory
	serverCPU, shardsCPU time.Duration
}

// readHolding reads what both sides hold; counted is what the servers tell of
// themselves, which is asked for last, as answering takes CPU and memory.
func (w *watch) readHolding(counted func() sample) *holding {
	l := w.look()
	h := &holding{
		server: result.Memory{RSSBytes: l.server}, serverCPU: l.serverCPU,
		shards: result.Memory{RSSBytes: l.shards}, shardsCPU: l.shardsCPU,
	}
	for _, port := range ports(w.plan.Servers) {
		if s, err := proc.ReadSockets(port, 0); err == nil { // where the kernel does not tell, nothing is said of it
			h.server.SocketBytes += s.Bytes()
		}
		if s, err := proc.ReadSockets(0, port); err == nil {
			h.shards.SocketBytes += s.Bytes()
		}
	}
	if m := counted(); m.ok {
		h.server.HeapBytes, h.server.StackBytes = inUse(m)
	}
	return h
}

// connected reads what it takes to be connected. It is called when all clients
// are, and before any of them begins to speak.
func (w *watch) connected(ctx context.Context) {
	w.joined = w.readHolding(func() sample { return w.metrics.scrape(ctx) })
}

// total adds up what several processes have. One that cannot be read adds nothing:
// it is another user's, or its end is noticed elsewhere.
func total[T any](pids []int, read func(int) (T, error)) (sum T) {
	for _, pid := range pids {
		if one, err := read(pid); err == nil {
			sum = result.Add(sum, one)
		}
	}
	return sum
}

// inUse is the heap and the stacks of Go processes, by their own metrics.
func inUse(m sample) (heap, stack int64) {
	return int64(m.metrics["go_memstats_heap_inuse_bytes"]), int64(m.metrics["go_memstats_stack_inuse_bytes"])
}

// ports are those that the servers listen on.
func ports(servers []string) (all []uint16) {
	for _, server := range servers {
		if u, err := url.Parse(server); err == nil {
			if port, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
				all = append(all, uint16(port))
			}
		}
	}
	return all
}

// connecting fills in what it took both sides to be connected, as far as it was
// read. The shards' memory before the first client is that of the first look,
// at the ramp-up's beginning; they have no connections then.
func (w *watch) connecting(t *result.Trial) {
	if w.joined == nil {
		return
	}
	if t.Server != nil {
		t.Server.Before, t.Server.Connected = &w.before.server, &w.joined.server
		t.Server.CPUConnectS = max(0, w.joined.serverCPU-w.before.serverCPU).Seconds() // one that has died has none
	}
	if len(w.looks) > 0 {
		first := w.looks[0]
		t.Generator.Before, t.Generator.Connected = &result.Memory{RSSBytes: first.shards}, &w.joined.shards
		t.Generator.CPUConnectS = max(0, w.joined.shardsCPU-first.shardsCPU).Seconds()
	}
}
