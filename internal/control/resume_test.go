package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// watcher calls back at each line of progress.
type watcher func(string)

func (w watcher) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}

// A run that is interrupted, and whose last line is cut off besides, is gone on
// with: every trial is there once in the end, and what was there before still is.
func TestAnInterruptedRunIsResumed(t *testing.T) {
	t.Parallel()
	p := scenario.Scenario{Transports: []string{"poll", "ws"}, Clients: 2, Payload: 100}
	p.Publish = scenario.Publish{Rate: 20, Arrivals: "constant", Publishers: 1}
	p.Poll.Interval = 50 * time.Millisecond
	p.Phases = scenario.Phases{Steady: time.Second, Drain: time.Second}
	o := options(t, p)
	second := o.Grid.Points[0]
	second.Clients = 3
	o.Grid.Swept, o.Grid.Points = []string{"clients"}, append(o.Grid.Points, second)

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	lines := 0
	o.Progress = watcher(func(string) {
		if lines++; lines == 2 { // the first trial has ended
			interrupt()
		}
	})
	before, err := Run(ctx, o)
	assert.Assert(t, err == nil && len(before) >= 1 && len(before) <= 2, "%d trials, %v", len(before), err)
	file, err := os.OpenFile(filepath.Join(o.Dir, result.FileName), os.O_APPEND|os.O_WRONLY, 0)
	assert.NilError(t, err)
	_, err = file.WriteString(`{"schema":5,"run`)
	assert.NilError(t, err)
	assert.NilError(t, file.Close())

	moved := o.Dir + "-moved"
	assert.NilError(t, os.Rename(o.Dir, moved))
	o.Dir = moved
	o.Resume, o.Progress = true, watcher(func(string) {})
	all, err := Run(t.Context(), o)
	assert.NilError(t, err)
	onDisk, err := result.ReadDir(o.Dir)
	assert.Assert(t, err == nil && len(onDisk) == len(all), "%d trials on disk, %d returned, %v", len(onDisk), len(all), err)
	type cell struct {
		transport string
		clients   int
	}
	complete := map[cell]int{}
	for _, one := range onDisk {
		if one.Status == result.Complete {
			complete[cell{one.Transport, one.Clients}]++
		}
	}
	for _, name := range p.Transports {
		for _, clients := range []int{2, 3} {
			if n := complete[cell{name, clients}]; n < 1 || n > 2 { // a disturbed one is repeated
				t.Errorf("%s with %d clients is complete %d times", name, clients, n)
			}
		}
	}
	for i := range onDisk {
		assert.Check(t, onDisk[i].Run == before[0].Run, "trial %d is of the run %q, want %q", i, onDisk[i].Run, before[0].Run)
	}
	for i := range before {
		assert.Check(t, onDisk[i].Started.Equal(before[i].Started), "trial %d of before has gone", i)
	}
}

func TestAForeignRunIsNotResumed(t *testing.T) {
	dir := t.TempDir()
	p := scenario.Scenario{Transports: []string{"ws"}, Clients: 2}
	line := result.Trial{Schema: result.Schema, Run: "r", Scenario: "s", ScenarioHash: "0123456789ab", Transport: "ws", Trial: 1, Attempt: 1,
		Clients: 2, Status: result.Failed}
	line.Judge()
	assert.NilError(t, result.Append(filepath.Join(dir, result.FileName), &line))
	_, err := reopen(dir, scenario.Single(p), line.Env)
	wantRefusal(t, err, "the run in "+dir+" holds trials of another scenario (hash 0123456789ab), so this pollpush cannot resume it; start a new run")

	elsewhere := line.Env
	elsewhere.Cores, elsewhere.Commit = 64, "abc"
	_, err = reopen(dir, scenario.Single(p), elsewhere)
	wantRefusal(t, err, fmt.Sprintf("the run in %s was begun by pollpush  on machine %s, but this is pollpush abc on machine %s: their trials do not make one run; start a new run",
		dir, line.Env.Machine(), elsewhere.Machine()))
}
