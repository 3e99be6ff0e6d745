package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/proc"
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

func TestTooLargeForTheMachine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		said []string
	}{
		"one room": {"--clients 60", []string{
			"a room of 60 clients needs 164 descriptors in its server process, which may hold 150: use fewer clients, or 2 rooms"}},
		"one shard": {"--clients 60 --rooms 3 --shards 1", []string{
			"60 clients need 172 descriptors in each of 1 shards, a process may hold 150: use at least 2 shards, or leave `shards` to be chosen"}},
		"a million in a room": {"--clients 1000000", []string{
			"a room of 1000000 clients needs 1000104 descriptors in its server process, which may hold 150: use fewer clients, or "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			args := append([]string{"run", "tiny.yaml"}, strings.Fields(c.args)...)
			wantNoRun(t, dir, confined(t, dir, "150", args...), c.said...)
		})
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		const most = 1_000_000 * 48 << 10
		if have := proc.ReadMachine().AvailableBytes; have == 0 || have > most {
			t.Skipf("%d bytes of memory are free", have)
		}
		dir := workplace(t)
		e := pollpush(t, dir, "run", "tiny.yaml", "--clients", "1000000", "--rooms", "1000")
		wantNoRun(t, dir, e, "1000000 clients need about 4", "MiB of memory", "are free: use fewer clients")
	})
	t.Run("no client at all", func(t *testing.T) {
		t.Parallel()
		dir := workplace(t)
		wantNoRun(t, dir, confined(t, dir, "100", "run", "tiny.yaml"), "may hold 100 descriptors, 101 are needed", "ulimit -n")
	})
}

func TestResultsFolder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out  string
		said []string
	}{
		"not empty":         {"full", []string{"full is not empty (it holds trials.jsonl): results are never overwritten; name another with --out"}},
		"a file":            {"tiny.yaml", []string{"tiny.yaml cannot be made", "name another with --out"}},
		"below a file":      {"tiny.yaml/run", []string{"tiny.yaml/run cannot be made", "not a directory", "name another with --out"}},
		"where none can be": {"/proc/nope", []string{"/proc/nope cannot be made", "name another with --out"}},
		"below what is not": {"/dev/null/run", []string{"/dev/null/run cannot be made", "name another with --out"}},
		"a name too long":   {strings.Repeat("long", 100), []string{"cannot be made", "name another with --out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			held := filepath.Join(dir, "full", "trials.jsonl")
			write(t, held, "precious\n")
			wantNoRun(t, dir, pollpush(t, dir, "run", "tiny.yaml", "--out", c.out), c.said...)
			if text, err := os.ReadFile(held); err != nil || string(text) != "precious\n" {
				t.Errorf("%s now holds %q (%v)", held, text, err)
			}
		})
	}
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
		"nearly full": {0, "size=2m", []string{"MiB of disk are free, 32 MiB are needed", "--out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			out := filepath.Join(dir, "out")
			if err := os.Mkdir(out, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mount("none", out, "tmpfs", c.flags, c.options); err != nil {
				t.Skipf("a file system cannot be mounted: %v", err)
			}
			t.Cleanup(func() {
				if err := unix.Unmount(out, unix.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
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
	write(t, alone, string(text))
	if err := os.Chmod(alone, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"run", "serve"} {
		wantNoRun(t, dir, launch(t, dir, alone, command).end(), "is not beside pollpush in", "`make build`")
	}
}
