package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// ignoring are the arguments of a shell that runs a program as nohup does, with a
// signal ignored.
func ignoring(signal, path string, args ...string) []string {
	return append([]string{"-c", `trap "" "$0" && exec "$@"`, signal, path}, args...)
}

// wantIgnored checks that a process ignores a signal, and SIGPIPE not.
func wantIgnored(t *testing.T, name string, pid int, signal syscall.Signal) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := regexp.MustCompile(`(?m)^SigIgn:\s*([0-9a-f]+)$`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("%s: %v: %s", name, err, status)
	}
	mask, err := strconv.ParseUint(string(found[1]), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	ignores := func(s syscall.Signal) bool { return mask&(1<<(s-1)) != 0 }
	if !ignores(signal) || ignores(syscall.SIGPIPE) {
		t.Errorf("%s ignores the signals %b; want %d among them, and not %d", name, mask, signal, syscall.SIGPIPE)
	}
}

var ignorable = map[string]syscall.Signal{"INT": syscall.SIGINT, "HUP": syscall.SIGHUP}

// A signal that was ignored when the program began stays ignored, by what it
// starts too, and a run goes on to its end.
func TestRunIgnoresWhatWasIgnored(t *testing.T) {
	t.Parallel()
	for name, signal := range ignorable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			p := launchOnTerminal(t, dir, "/bin/sh", ignoring(name, program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--transports", "ws")...)
			p.await("ws, trial 1 of 1: steady")
			wantIgnored(t, "pollpush", p.cmd.Process.Pid, signal)
			p.signal(signal)
			for _, c := range childrenIn(t, dir) {
				wantIgnored(t, c.name, c.pid, signal)
				_ = syscall.Kill(c.pid, signal)
			}
			e := p.end()
			trials, err := result.ReadDir(filepath.Join(dir, "run"))
			if err != nil || len(trials) != 1 || trials[0].Status != result.Complete || e.code == interrupted {
				t.Errorf("exit code %d, %d trials, %v\n%s", e.code, len(trials), err, e.stderr)
			}
			wantNoneLeft(t, dir)
		})
	}
}

func TestServersIgnoreWhatWasIgnored(t *testing.T) {
	t.Parallel()
	for name, signal := range ignorable {
		for _, words := range [][]string{{"chatserver", "--listen", "127.0.0.1:0"}, {"nulltarget"}, {"pollpush", "serve", "--listen", "127.0.0.1:0"}} {
			t.Run(words[0]+", "+name, func(t *testing.T) {
				t.Parallel()
				p := launch(t, t.TempDir(), "/bin/sh", ignoring(name, program(t, words[0]), words[1:]...)...)
				p.awaitIn(&p.stdout, "http://")
				wantIgnored(t, words[0], p.cmd.Process.Pid, signal)
				p.signal(signal)
				p.signal(syscall.SIGTERM)
				p.end().wantExit(t, fine)
			})
		}
	}
}
