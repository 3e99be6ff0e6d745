package control

import (
	"math"
	"reflect"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

const rampStart = 1_000_000_000_000

// watching is a watch over two shards whose warm-up began in second 3: two
// seconds of it, and four of steady state.
func watching(begun bool) *watch {
	w := newWatch(shard.Plan{Shards: 2, RampStart: rampStart, WarmUp: 2 * time.Second, Steady: 4 * time.Second}, nil, nil, sample{})
	if begun {
		w.begin(rampStart + 3e9)
	}
	return w
}

func TestPhase(t *testing.T) {
	for _, c := range []struct {
		begun bool
		k     int
		at    float64
		phase string
	}{
		{false, 0, 0, "ramp-up"},
		{false, 60, 60, "ramp-up"}, // the shards are still dialling
		{true, 0, -3, "ramp-up"},
		{true, 2, -1, "ramp-up"},
		{true, 3, 0, "warm-up"},
		{true, 4, 1, "warm-up"},
		{true, 5, 2, "steady"},
		{true, 8, 5, "steady"},
		{true, 9, 6, "drain"},
		{true, 100, 97, "drain"},
	} {
		at, phase := watching(c.begun).phase(c.k)
		assert.Check(t, at == c.at && phase == c.phase, "second %d (begun: %v) is %v s, %s; want %v s, %s", c.k, c.begun, at, phase, c.at, c.phase)
	}
}

func TestTickAddsUpAllShards(t *testing.T) {
	w := watching(true)
	if sum, whole := w.tick(shard.Second{K: 5, SecondCounts: result.SecondCounts{Clients: 1, Requests: 2, Published: 3, Deliveries: 4, BytesIn: 5, BytesOut: 6}}); whole {
		t.Errorf("whole after one of two shards: %+v", sum)
	}
	if sum, whole := w.tick(shard.Second{K: 6, SecondCounts: result.SecondCounts{Clients: 100}}); whole { // a shard may be ahead
		t.Errorf("whole after one of two shards: %+v", sum)
	}
	got, whole := w.tick(shard.Second{K: 5, SecondCounts: result.SecondCounts{Clients: 10, Requests: 20, Published: 30, Deliveries: 40, BytesIn: 50, BytesOut: 60}})
	want := result.Second{T: 2, Phase: "steady", SecondCounts: result.SecondCounts{Clients: 11, Requests: 22, Published: 33, Deliveries: 44, BytesIn: 55, BytesOut: 66}}
	if !whole || !reflect.DeepEqual(got.Second, want) {
		t.Errorf("%+v, whole: %v; want %+v", got, whole, want)
	}
}

func TestSeconds(t *testing.T) {
	if got := watching(true).seconds(); got == nil || len(got) > 0 {
		t.Errorf("without a tick: %#v, want an empty list", got)
	}
	w := watching(false)
	for k := range 5 {
		if k == 3 {
			w.begin(rampStart + 3e9)
		}
		w.tick(shard.Second{K: k, SecondCounts: result.SecondCounts{Clients: int64(k)}})
		if k != 4 { // the second shard did not come so far
			w.tick(shard.Second{K: k, SecondCounts: result.SecondCounts{Clients: 1}})
		}
	}
	const late = 3e6 // no look is taken just in time
	for quarter := range int64(13) {
		if quarter == 8 {
			continue // one was left out: seconds 1 and 2 lack an edge
		}
		w.looks = append(w.looks, look{at: rampStart + quarter*int64(sampleInterval) + late, server: 1000 + quarter, serverCPU: time.Duration(quarter) * 100 * time.Millisecond})
	}
	got := w.seconds()
	want := []result.Second{
		{T: -3, Phase: "ramp-up", SecondCounts: result.SecondCounts{Clients: 1}, ServerCPUS: .4, ServerRSSBytes: 1004},
		{T: -2, Phase: "ramp-up", SecondCounts: result.SecondCounts{Clients: 2}},
		{T: -1, Phase: "ramp-up", SecondCounts: result.SecondCounts{Clients: 3}},
		{T: 0, Phase: "warm-up", SecondCounts: result.SecondCounts{Clients: 4}},
	}
	assert.Check(t, reflect.DeepEqual(got, want), "%+v\nwant %+v", got, want)
}

func TestMeanIsOfTheLooksWithin(t *testing.T) {
	w := &watch{}
	server := func(l look) int64 { return l.server }
	assert.Check(t, is.Equal(w.mean(0, 100, server), int64(0)), "the mean of no look is")
	w.looks = []look{{at: 9, server: 1000}, {at: 10, server: 1}, {at: 19, server: 4}, {at: 20, server: 1000}}
	assert.Check(t, is.Equal(w.mean(10, 20, server), int64(2)), "mean")
}

func TestCosts(t *testing.T) {
	const s = time.Second
	edges := func() [2]edge {
		return [2]edge{
			{at: 10e9, server: []proc.Usage{{RSSBytes: 100}}, shards: []proc.Usage{{CPU: 1 * s}, {CPU: 1 * s}},
				busy:    [2]proc.Activity{{Switches: 100, Preemptions: 10}, {Switches: 1000, Preemptions: 100}},
				host:    proc.Host{Busy: 100 * s, Steal: 5 * s, Pressure: 1 * s, PSI: true},
				metrics: sample{ok: true, metrics: map[string]float64{"go_gc_duration_seconds_sum": 1, "go_gc_duration_seconds_count": 10}}},
			{at: 20e9, server: []proc.Usage{{CPU: 4 * s, User: 3 * s, System: 1 * s, Peak: 300}}, shards: []proc.Usage{{CPU: 2 * s, User: 1 * s}, {CPU: 3 * s, User: 2 * s}},
				busy: [2]proc.Activity{{Switches: 107, Preemptions: 12}, {Switches: 1030, Preemptions: 90}}, // a shard's thread has ended
				host: proc.Host{Busy: 109 * s, Steal: 6 * s, Pressure: 3 * s, PSI: true},
				metrics: sample{ok: true, metrics: map[string]float64{"go_gc_duration_seconds_sum": 1.5, "go_gc_duration_seconds_count": 13,
					"go_goroutines": 42, "go_memstats_heap_inuse_bytes": 7, "go_memstats_stack_inuse_bytes": 8}}},
		}
	}
	server := result.Cost{Processes: 1, CPUUserS: 3, CPUSysS: 1, RSSIdleBytes: 50, RSSStartBytes: 100, RSSMeanBytes: 200, RSSPeakBytes: 300,
		Switches: 7, Preemptions: 2, Descriptors: 6,
		Before: &result.Memory{RSSBytes: 50, HeapBytes: 20, StackBytes: 1}, Connected: &result.Memory{RSSBytes: 90, HeapBytes: 40, StackBytes: 11, SocketBytes: 30}, CPUConnectS: 1.5}
	inside := server
	inside.Goroutines, inside.HeapBytes, inside.StackBytes, inside.GCPauseS, inside.GCCycles = 42, 7, 8, .5, 3
	generator := result.Cost{Processes: 2, CPUUserS: 3, RSSMeanBytes: 20, Switches: 30, Descriptors: 51,
		Before: &result.Memory{RSSBytes: 9999}, Connected: &result.Memory{RSSBytes: 7, SocketBytes: 31}, CPUConnectS: .25}
	early, earlyServer := generator, inside
	early.Before, early.Connected, early.CPUConnectS = nil, nil, 0
	earlyServer.Before, earlyServer.Connected, earlyServer.CPUConnectS = nil, nil, 0
	share := .2
	for _, c := range []struct {
		name      string
		change    func(*watch)
		server    *result.Cost
		generator result.Cost
		env       result.Env
	}{
		// 9 s were used of all cores, 7 of them by us.
		{"all known", func(*watch) {}, &inside, generator, result.Env{StealCores: .1, ForeignCores: new(.2), CPUPressure: &share}},
		{"no metrics", func(w *watch) { w.edges[0].metrics.ok = false }, &server, generator, result.Env{StealCores: .1, ForeignCores: new(.2), CPUPressure: &share}},
		{"the target's process is not known", func(w *watch) { w.servers = nil }, nil, generator, result.Env{StealCores: .1, CPUPressure: &share}},
		{"no PSI", func(w *watch) { w.edges[1].host.PSI = false }, &inside, generator, result.Env{StealCores: .1, ForeignCores: new(.2)}},
		{"ticks that say less than was used", func(w *watch) { w.edges[1].host.Busy = 101 * s }, &inside, generator, result.Env{StealCores: .1, ForeignCores: new(0.), CPUPressure: &share}},
		{"under a quota", func(w *watch) {
			w.limits.Quota = .5
			w.edges[0].throttling, w.edges[1].throttling = []proc.Throttling{{Periods: 10, Throttled: 1, Time: s}}, []proc.Throttling{{Periods: 110, Throttled: 31, Time: 4 * s}}
		}, &inside, generator, result.Env{StealCores: .1, ForeignCores: new(.2), CPUPressure: &share, Throttling: &result.Throttling{Periods: 100, Throttled: 30, ThrottledS: 3}}},
		{"not all were connected", func(w *watch) { w.joined = nil }, &earlyServer, early, result.Env{StealCores: .1, ForeignCores: new(.2), CPUPressure: &share}},
		{"no end", func(w *watch) { w.edges[1].at = 0 }, nil, result.Cost{}, result.Env{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &watch{servers: []int{1}, edges: edges(), open: [2]int64{6, 51},
				before: &holding{server: result.Memory{RSSBytes: 50, HeapBytes: 20, StackBytes: 1}, serverCPU: 2 * s},
				joined: &holding{server: result.Memory{RSSBytes: 90, HeapBytes: 40, StackBytes: 11, SocketBytes: 30}, serverCPU: 3500 * time.Millisecond,
					shards: result.Memory{RSSBytes: 7, SocketBytes: 31}, shardsCPU: s},
				looks: []look{{at: 9e9, server: 9999, shards: 9999, shardsCPU: 750 * time.Millisecond}, {at: 10e9, server: 150, shards: 10}, {at: 15e9, server: 250, shards: 30}, {at: 20e9, server: 9999, shards: 9999}}}
			c.change(w)
			var got result.Trial
			w.costs(&got)
			assert.Check(t, reflect.DeepEqual(got.Server, c.server), "server %+v\nwant   %+v", got.Server, c.server)
			assert.Check(t, reflect.DeepEqual(got.Generator, c.generator), "generator %+v\nwant      %+v", got.Generator, c.generator)
			if foreign, want := got.Env.ForeignCores, c.env.ForeignCores; foreign != nil && want != nil {
				if math.Abs(*foreign-*want) > 1e-9 {
					t.Errorf("foreign %v, want %v", *foreign, *want)
				}
				got.Env.ForeignCores = want
			}
			got.Env.ClockDrift, got.Env.ClockStepS = nil, nil // of clocks that were not read
			assert.Check(t, reflect.DeepEqual(got.Env, c.env), "env %+v, want %+v", got.Env, c.env)
		})
	}
}
