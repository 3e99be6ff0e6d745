package control

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
)

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
