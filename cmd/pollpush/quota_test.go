package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// group makes a control group for the test, in the hierarchy (of cgroup v1) that a
// controller has to itself or in that of all (v2), with these files written. The
// test is skipped where this process may not.
func group(t *testing.T, controller string, v1, v2 map[string]string) string {
	t.Helper()
	const root = "/sys/fs/cgroup"
	parent, files := filepath.Join(root, controller), v1
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		parent, files = root, v2
		_ = os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0) // it may be there already
	}
	dir := filepath.Join(parent, fmt.Sprintf("pollpush-test-%d-%s", os.Getpid(), controller))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("no control group can be made: %v", err)
	}
	t.Cleanup(func() {
		assert.Check(t, os.Remove(dir))
	})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0); err != nil {
			t.Skipf("a control group has no limits here: %v", err)
		}
	}
	return dir
}

// within runs pollpush in a control group.
func within(t *testing.T, group, dir string, args ...string) ended {
	t.Helper()
	args = append([]string{"-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group, program(t, "pollpush")}, args...)
	return launch(t, dir, "/bin/sh", args...).end()
}

// A quota is part of the machine, and that it was used up is a reason. The load
// takes more than the quota on any machine: one delivery takes both sides some µs.
func TestQuota(t *testing.T) {
	t.Parallel()
	_ = program(t, "pollpush")
	quota := group(t, "cpu", map[string]string{"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "10000"}, map[string]string{"cpu.max": "10000 100000"})
	dir := workplace(t)
	e := within(t, quota, dir, "run", "tiny.yaml", "--transports", "ws", "--clients", "200", "--rate", "100/s", "--publishers", "50", "--ramp-up", "1s", "--steady", "2s", "--out", "run")
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.Assert(t, err == nil && len(trials) == 1, "%d trials, %v\n%s", len(trials), err, e.stderr)
	e.wantExit(t, invalidRun, "within a CPU quota of 0.1 of ")
	env := trials[0].Env
	assert.Check(t, env.CPUQuota == .1 && env.QuotaShared, "env has a quota of %v, shared: %v", env.CPUQuota, env.QuotaShared)
	unlimited := env
	unlimited.CPUQuota = 0
	assert.Check(t, env.Machine() != unlimited.Machine(), "the quota is no part of the machine's fingerprint")
	doubted := func(code string) bool {
		return slices.ContainsFunc(trials[0].Reasons, func(r result.Reason) bool { return r.Code == code && r.Validity == result.Invalid })
	}
	switch h := env.Throttling; {
	case h != nil && h.Periods < 10 && doubted(result.EdgeLate): // by the controller, which is held to the quota too
		t.Logf("both edges of the steady state's 20 periods were read late: %+v", h)
	case h == nil || h.Throttled == 0 || h.ThrottledS == 0 || !doubted(result.CPUThrottled):
		t.Errorf("throttling: %+v; reasons: %v", h, trials[0].Reasons)
	}
	page, err := os.ReadFile(filepath.Join(dir, "run", "report.html"))
	if err != nil || !strings.Contains(string(page), "a quota of 0.1") || !strings.Contains(string(page), "CPU quota used up, worst") {
		t.Errorf("the report does not tell of the quota: %v", err)
	}

	url, pid := serve(t) // outside of the group
	e = within(t, quota, dir, "run", "tiny.yaml", "--transports", "ws", "--clients", "2", "--publishers", "1", "--rate", "2/s",
		"--target", url, "--target-pid", fmt.Sprint(pid), "--out", "beside")
	if trials, err = result.ReadDir(filepath.Join(dir, "beside")); err != nil || len(trials) != 1 {
		t.Fatalf("%d trials, %v\n%s", len(trials), err, e.stderr)
	}
	if env := trials[0].Env; env.CPUQuota != .1 || env.QuotaShared {
		t.Errorf("a target outside: a quota of %v, shared: %v", env.CPUQuota, env.QuotaShared)
	}
}

// What a group may not hold is refused, however much memory the machine has.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	_ = program(t, "pollpush")
	const limit = "209715200"
	limited := group(t, "memory", map[string]string{"memory.limit_in_bytes": limit}, map[string]string{"memory.max": limit})
	dir := workplace(t)
	wantNoRun(t, dir, within(t, limited, dir, "run", "tiny.yaml"), "20 clients need about ", " of memory, but only 1", " MiB are free: use fewer clients")
}
