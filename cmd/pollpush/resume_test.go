package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// A sweep that is interrupted goes on where it was, by its folder alone: even
// if the scenario's file has changed, and with the flags of the first time.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--clients", "5,10", "--transports", "ws")
	p.await("half of them within") // what is said of a trial that has ended
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, interrupted, "--resume run")
	write(t, filepath.Join(dir, "tiny.yaml"), strings.ReplaceAll(tiny, "clients: 20", "clients: 7"))
	before, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.Assert(t, err == nil && before[0].Status == result.Complete, "%v, before: %+v", err, before)

	e := pollpush(t, dir, "run", "--resume", "run")
	if e.code != fine && e.code != invalidRun { // a busy machine may doubt a trial
		e.wantExit(t, fine)
	}
	after, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.NilError(t, err)
	complete := map[string]int{}
	for i, trial := range after {
		if trial.Status == result.Complete {
			complete[trial.ScenarioHash+trial.Transport]++
		}
		assert.Check(t, i >= len(before) || trial.Started.Equal(before[i].Started), "trial %d of before has gone", i)
		assert.Check(t, strings.Join(trial.Flags, " ") == "--transports ws --clients 5,10", trial.Flags)
	}
	assert.Check(t, len(complete) == 2, "complete are %v, want two points", complete)
	wantReport(t, filepath.Join(dir, "run"))

	again := pollpush(t, dir, "run", "--resume", "run")
	if last, err := result.ReadDir(filepath.Join(dir, "run")); err != nil || len(last) != len(after) {
		t.Errorf("resuming what is complete left %d trials of %d, %v:\n%s", len(last), len(after), err, again.stderr)
	}
}
