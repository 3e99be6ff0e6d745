package foreign

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// A whole run against the Socket.IO server in Node. How long things took is
// the machine's business, so only what is counted is held against it.
func TestWholeRunAgainstSocketIO(t *testing.T) {
	t.Parallel()
	s := example(t)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, program(t, "pollpush"), "run", "short", "--transports", strings.Join(spoken, ","),
		"--clients", "20", "--rate", "10/s", "--arrivals", "constant", "--interval", "200ms",
		"--ramp-up", "200ms", "--warm-up", "500ms", "--steady", "3s", "--time-limit", "1s",
		"--target", s.url, "--target-pid", strconv.Itoa(s.pid), "--out", "run")
	run.Dir = dir
	run.WaitDelay = patience
	output, err := run.CombinedOutput()
	const invalid = 4 // the exit code of a run whose times are in doubt; its trials say why
	assert.Assert(t, err == nil || run.ProcessState.ExitCode() == invalid, "%v:\n%s", err, output)
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.NilError(t, err)
	assert.Assert(t, len(trials) == len(spoken), "%d trials, want one of each of %v:\n%s", len(trials), spoken, output)
	for i, trial := range trials {
		if trial.Transport != spoken[i] || trial.Status != result.Complete || trial.Env.Target != s.url {
			t.Errorf("trial %d: %s of %s is %s", i, trial.Transport, trial.Env.Target, trial.Status)
		}
		for _, r := range trial.Reasons {
			if !r.Kind().Timing && r.Code != result.PollsNotReached {
				t.Errorf("%s: %s: %s", trial.Transport, r.Code, r.Text)
			}
		}
		if trial.Published != 30 || trial.Expected != 600 || trial.Delivered != 600 ||
			trial.Lost != 0 || trial.Duplicated != 0 || trial.Reordered != 0 || len(trial.Errors) != 0 {
			t.Errorf("%s: published %d of 30, expected %d and delivered %d of 600, %d lost, %d duplicated, %d reordered, errors %v",
				trial.Transport, trial.Published, trial.Expected, trial.Delivered, trial.Lost, trial.Duplicated, trial.Reordered, trial.Errors)
		}
		if trial.Connections.Failed != 0 || trial.Connections.Lost != 0 {
			t.Errorf("%s: %d connections failed, %d lost", trial.Transport, trial.Connections.Failed, trial.Connections.Lost)
		}
		if trial.Server == nil || trial.Server.CPUS() <= 0 || trial.Server.RSSPeakBytes <= 0 {
			t.Errorf("%s: the server's cost is %+v", trial.Transport, trial.Server)
		}
	}
	if t.Failed() {
		t.Logf("pollpush said:\n%s", output)
	}
}
