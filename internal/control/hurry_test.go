package control

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/internal/testkit"
)

// promised is how long an interrupted run may take to end.
const promised = 5 * time.Second

// bigPlans are plans that no pipe holds whole.
func bigPlans(shards int) []shard.Plan {
	plans := make([]shard.Plan, shards)
	for i := range plans {
		plans[i] = shard.Plan{Transport: "ws", Rooms: slices.Repeat([]string{"pollpush-abcdef-1234"}, 6000), Shard: i, Shards: shards,
			Servers: []string{"http://127.0.0.1:1"}, Clients: 6000, PollInterval: time.Second, RampStart: clock.Now() + int64(time.Hour)}
	}
	return plans
}

// Shards that stand still hold nobody up: neither by a plan nor by commands
// that they do not read, nor one after another at the end.
func TestStoppedShardsHoldNobodyUp(t *testing.T) {
	for _, c := range []struct {
		name    string
		program func(t *testing.T) string
		stop    bool
	}{
		{"loadgen", func(*testing.T) string { return shardProgram }, true},
		{"a program that never reads", func(t *testing.T) string { return script(t, "while :; do sleep 1000; done") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &fleet{onTick: func(shard.Second) {}}
			begun := testkit.Now()
			assert.NilError(t, f.start(c.program(t), bigPlans(4)))
			if c.stop {
				for _, m := range f.shards {
					assert.NilError(t, syscall.Kill(m.Pid(), syscall.SIGSTOP))
				}
			}
			for range 100 {
				f.tell(shard.Command{Do: shard.Start})
			}
			err := f.await(t.Context(), shard.Connected, time.Millisecond, nil)
			assert.Check(t, err != nil, "what does not read has reported")
			ctx, interrupt := context.WithCancel(t.Context())
			interrupt()
			f.salvage(2 * time.Second)
			if err := f.end(ctx, time.Hour); err != nil {
				t.Errorf("error %v of shards without results", err)
			}
			took := begun.Calm()
			assert.Check(t, took <= promised, "it took %v", took)
			for _, m := range f.shards {
				<-m.Ended()
				_, err := m.Stdout.Read(make([]byte, 1))
				assert.Check(t, err != nil, "its standard output is still open")
			}
		})
	}
}

// script is a program for fleets that is none.
func script(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "script")
	write(t, path, "#!/bin/sh\n"+text+"\n")
	return path
}

// An interrupted run ends in time although a shard and its server stand still.
func TestInterruptWithAStoppedShard(t *testing.T) {
	s := scenario.Scenario{Transports: []string{"ws"}, Clients: 6000, Payload: 100}
	s.Poll.Interval = time.Second
	s.Phases = scenario.Phases{RampUp: time.Minute, WarmUp: time.Second, Steady: time.Minute, Drain: time.Second}
	o := options(t, s)
	o.Grid.Points[0].Rooms, o.Grid.Points[0].Shards = 6000, 3
	watch := &phaseWatch{phase: "ramp-up", seen: make(chan struct{})}
	o.Progress, o.Live = watch, true
	ctx, interrupt := context.WithCancel(t.Context())
	interrupted := make(chan testkit.Moment, 1)
	go func() {
		<-watch.seen
		pids := children(t)
		assert.Check(t, len(pids) >= 4, "only %v are running: the test says little", pids)
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGSTOP)
		}
		interrupted <- testkit.Now()
		interrupt()
	}()
	trials, err := Run(ctx, o)
	took := (<-interrupted).Calm()
	assert.Assert(t, err == nil && len(trials) == 1 && trials[0].Status == result.Partial, "%d trials, %v", len(trials), err)
	assert.Check(t, took <= promised, "it took %v", took)
	left := children(t)
	assert.Check(t, len(left) == 0, "processes %v are left behind", left)
}

// A grace is cut short by an interrupt, also by one that comes within it.
func TestEndHurriesOnceInterrupted(t *testing.T) {
	p, err := proc.Start(script(t, `trap "" TERM; echo ready; while :; do sleep 1000; done`))
	assert.NilError(t, err)
	_, err = p.Stdout.Read(make([]byte, 6))
	assert.NilError(t, err)
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, interrupt)
	err = (&fleet{servers: []*proc.Process{p}}).end(ctx, time.Hour)
	assert.Check(t, err != nil && strings.HasPrefix(err.Error(), "the server did not end cleanly: "), "error %v", err)
}
