package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// Where a process dies its trial fails, in words, and the run goes on.
func TestChildKilled(t *testing.T) {
	t.Parallel()
	for victim, c := range map[string]struct {
		when string
		said []string
	}{
		"chatserver": {"poll, trial 1 of 1: steady 0 s", []string{"steady state: the server died: chatserver: signal: killed", "msg=serving"}},
		"loadgen":    {"poll, trial 1 of 1: steady 0 s", []string{"steady state: a shard died: loadgen: signal: killed"}},
	} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			p := launchOnTerminal(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--shards", "2", "--warm-up", "0s", "--steady", "6s")
			p.await(c.when)
			assert.NilError(t, syscall.Kill(childIn(t, dir, victim).pid, syscall.SIGKILL))
			e := p.end()
			wantNoneLeft(t, dir)
			e.wantExit(t, invalidRun, "trials are invalid; the report gives the reasons", "poll, trial 1 of 1: failed")
			trials, err := result.ReadDir(filepath.Join(dir, "run"))
			assert.NilError(t, err)
			assert.Assert(t, len(trials) == 2, "%d trials, want 2", len(trials))
			wantFailed(t, &trials[0], c.said)
			wantExact(t, &trials[1], expectation{clients: 20, publishers: 4, messages: 120})
			wantReport(t, filepath.Join(dir, "run"))
		})
	}
}

func wantFailed(t *testing.T, trial *result.Trial, said []string) {
	t.Helper()
	assert.Check(t, trial.Status == result.Failed && trial.Validity == result.Invalid, "the trial is %s and %s", trial.Status, trial.Validity)
	for _, text := range said {
		if len(trial.Reasons) == 0 || !strings.Contains(trial.Reasons[0].Text, text) {
			t.Errorf("the first reason does not say %q: %v", text, trial.Reasons)
		}
	}
	for _, c := range []*result.Cost{trial.Server, &trial.Generator} {
		if c != nil && (c.CPUS() < 0 || c.RSSPeakBytes < 0) {
			t.Errorf("a cost below zero: %+v", *c)
		}
	}
}
