package main

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/testkit"
)

// Interrupted in whatever phase, the program ends soon, keeps what it has
// measured, and leaves no process behind.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args     string
		when     string // what it says it does by then
		signal   syscall.Signal
		measured bool
	}{
		"ramp-up": {"--ramp-up 1m", "poll, trial 1 of 1: ramp-up", syscall.SIGINT, false},
		"steady":  {"--shards 2 --warm-up 0s --steady 1m", "poll, trial 1 of 1: steady 1 s", syscall.SIGTERM, true},
		// A poll that is long in coming keeps the drain open.
		"drain": {"--warm-up 0s --interval 1m --drain 1m", "poll, trial 1 of 1: drain", syscall.SIGINT, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			p := launchOnTerminal(t, dir, program(t, "pollpush"), append([]string{"run", "tiny.yaml", "--out", "run"}, words(c.args)...)...)
			p.await(c.when)
			found := childrenIn(t, dir)
			assert.Check(t, len(found) >= 2, "children: %v; want a server and a generator at least", found)
			e := p.interrupt(c.signal)
			wantNoneLeft(t, dir)
			e.wantExit(t, interrupted, "interrupted; the measured trials are in run")
			assert.Check(t, is.Contains(e.stdout, "--resume run"))
			run := filepath.Join(dir, "run")
			trials, err := result.ReadDir(run)
			assert.Assert(t, err == nil && len(trials) == 1, "%d trials, %v", len(trials), err)
			wantPartial(t, &trials[0], c.measured)
			wantReport(t, run)
			before := filesIn(t, run)
			pollpush(t, dir, "report", "run").wantExit(t, fine)
			wantSameFiles(t, run, before)
		})
	}
}

// interrupt ends the process by a signal, within the 5 s that are promised.
func (p *process) interrupt(s syscall.Signal) ended {
	p.Helper()
	begun := testkit.Now()
	p.signal(s)
	e := p.end()
	const promised = 5 * time.Second
	took := begun.Calm()
	assert.Check(p, took <= promised, "it took %v to end; promised are %v", took, promised)
	return e
}

func wantPartial(t *testing.T, trial *result.Trial, measured bool) {
	t.Helper()
	if trial.Status != result.Partial || trial.Validity != result.Invalid {
		t.Errorf("the last trial is %s and %s, want partial and invalid", trial.Status, trial.Validity)
	}
	for _, r := range trial.Reasons {
		assert.Check(t, r.Code != result.Broken, "%s: %s", r.Code, r.Text)
	}
	if measured != (trial.WindowS > 0) || measured != (trial.Offered > 0) || measured != (trial.Bytes.In > 0) {
		t.Errorf("%v s measured, %d messages due, %d bytes; measured anything: want %v", trial.WindowS, trial.Offered, trial.Bytes.In, measured)
	}
	assert.Check(t, trial.Connections.Opened != 0, "no connection was counted")
}
