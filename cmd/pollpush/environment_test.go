package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// confined runs the program where a process may hold only so many descriptors.
func confined(t *testing.T, dir, descriptors string, args ...string) ended {
	t.Helper()
	args = append([]string{"-c", `ulimit -n "$0" && exec "$@"`, descriptors, program(t, "pollpush")}, args...)
	return launch(t, dir, "/bin/sh", args...).end()
}

// wantNoRun checks that the environment was found wanting before anything
// was started.
func wantNoRun(t *testing.T, dir string, e ended, said ...string) {
	t.Helper()
	e.wantExit(t, refused, said...)
	if e.stdout != "" {
		t.Errorf("stdout: %s", e.stdout)
	}
	if strings.Contains(e.stderr, "trial 1") || strings.Contains(e.stderr, "results in") {
		t.Error("a trial was begun, or promised")
	}
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("a results folder was made")
	}
}

// Package control knows what is too large, and says what would do.
func TestTooLargeForTheMachine(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	wantNoRun(t, dir, confined(t, dir, "150", "run", "tiny.yaml", "--clients", "60"),
		"a room of 60 clients needs 164 descriptors in its server process, which may hold 150: use fewer clients, or 2 rooms")
}

// mount makes a file system in memory; the test is skipped where it may not.
func mount(t *testing.T, path string, flags uintptr, options string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", path, "tmpfs", flags, options); err != nil {
		t.Skipf("a file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// File systems that cannot take results are noticed before the run, not after.
func TestResultsFileSystem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags   uintptr
		options string
		said    []string
	}{
		"read-only":   {unix.MS_RDONLY, "", []string{"cannot be written to", "read-only file system", "--out"}},
		"full":        {0, "size=4k", []string{"cannot be written to", "no space left", "free some space", "--out"}},
		"nearly full": {0, "size=2m", []string{"MiB of disk are free, but 32 MiB are needed", "--out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			mount(t, filepath.Join(dir, "out"), c.flags, c.options)
			e := pollpush(t, dir, "run", "tiny.yaml", "--out", "out")
			wantNoRun(t, dir, e, c.said...)
			if last := strings.Split(strings.TrimSpace(e.stderr), "\n"); !strings.HasPrefix(last[len(last)-1], "pollpush: ") {
				t.Errorf("the reason is not one line:\n%s", e.stderr)
			}
		})
	}
}

// A folder without the other programs is no place to run from.
func TestProgramsMissing(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	alone := filepath.Join(dir, "alone", "pollpush")
	text, err := os.ReadFile(program(t, "pollpush"))
	if err != nil {
		t.Fatal(err)
	}
	script(t, alone, string(text))
	for _, command := range []string{"run", "serve"} {
		wantNoRun(t, dir, launch(t, dir, alone, command).end(), "is not beside pollpush in", "`make build`")
	}
}
