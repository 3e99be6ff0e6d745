package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// ignoring are the arguments of a shell that runs a program as nohup does, with
// these signals ignored.
func ignoring(path string, args ...string) []string {
	return append([]string{"-c", `trap "" INT HUP && exec "$0" "$@"`, path}, args...)
}

// wantIgnored checks that a process ignores those signals, and SIGPIPE not.
func wantIgnored(t *testing.T, name string, pid int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := regexp.MustCompile(`(?m)^SigIgn:\s*([0-9a-f]+)$`).FindSubmatch(status)
	assert.Assert(t, found != nil, "%s: %v: %s", name, err, status)
	mask, err := strconv.ParseUint(string(found[1]), 16, 64)
	assert.NilError(t, err)
	ignores := func(s syscall.Signal) bool { return mask&(1<<(s-1)) != 0 }
	assert.Check(t, ignores(syscall.SIGINT) && ignores(syscall.SIGHUP) && !ignores(syscall.SIGPIPE), "%s ignores the signals %b", name, mask)
}

// A signal that was ignored when the program began stays ignored, by what it
// starts too, and a run goes on to its end.
func TestRunIgnoresWhatWasIgnored(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launchOnTerminal(t, dir, "/bin/sh", ignoring(program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--transports", "ws", "--steady", "6s")...)
	p.await("ws, trial 1 of 1: steady")
	wantIgnored(t, "pollpush", p.cmd.Process.Pid)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		p.signal(signal)
		for _, c := range childrenIn(t, dir) {
			wantIgnored(t, c.name, c.pid)
			_ = syscall.Kill(c.pid, signal)
		}
	}
	e := p.end()
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	if err != nil || len(trials) != 1 || trials[0].Status != result.Complete || e.code == interrupted {
		t.Errorf("exit code %d, %d trials, %v\n%s", e.code, len(trials), err, e.stderr)
	}
	wantNoneLeft(t, dir)
}

func TestServersIgnoreWhatWasIgnored(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"chatserver --listen 127.0.0.1:0", "nulltarget", "pollpush serve --listen 127.0.0.1:0"} {
		args := words(line)
		p := launch(t, t.TempDir(), "/bin/sh", ignoring(program(t, args[0]), args[1:]...)...)
		p.awaitIn(&p.stdout, "http://")
		wantIgnored(t, line, p.cmd.Process.Pid)
		p.signal(syscall.SIGINT)
		p.signal(syscall.SIGHUP)
		p.signal(syscall.SIGTERM)
		p.end().wantExit(t, fine)
	}
}
