package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
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
	assert.Check(t, e.stdout == "", "stdout: %s", e.stdout)
	assert.Check(t, !strings.Contains(e.stderr, "trial 1") && !strings.Contains(e.stderr, "results in"), "a trial was begun, or promised")
	_, err := os.Stat(filepath.Join(dir, "results"))
	assert.Check(t, err != nil, "a results folder was made")
}

// Package control knows what is too large, and says what would do.
func TestTooLargeForTheMachine(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	wantNoRun(t, dir, confined(t, dir, "150", "run", "tiny.yaml", "--clients", "60"),
		"a room of 60 clients needs 164 descriptors in its server process, which may hold 150, and a room cannot be split: use fewer clients, or 2 rooms")
}

// mount makes a file system in memory; the test is skipped where it may not.
func mount(t *testing.T, path string, flags uintptr, options string) {
	t.Helper()
	assert.NilError(t, os.Mkdir(path, 0o755))
	if err := unix.Mount("none", path, "tmpfs", flags, options); err != nil {
		t.Skipf("a file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		assert.Check(t, unix.Unmount(path, unix.MNT_DETACH))
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
			last := strings.Split(strings.TrimSpace(e.stderr), "\n")
			assert.Check(t, strings.HasPrefix(last[len(last)-1], "pollpush: "), "the reason is not one line:\n%s", e.stderr)
		})
	}
}

// A folder without the other programs is no place to run from.
func TestProgramsMissing(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	alone := filepath.Join(dir, "alone", "pollpush")
	text, err := os.ReadFile(program(t, "pollpush"))
	assert.NilError(t, err)
	script(t, alone, string(text))
	for _, command := range []string{"run", "serve"} {
		wantNoRun(t, dir, launch(t, dir, alone, command).end(), "is not beside pollpush in", "`go install github.com/pollpush/pollpush/cmd/...@latest`", "`make build`")
	}
}
