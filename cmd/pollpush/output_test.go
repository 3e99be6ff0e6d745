package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// unreadPipe is a pipe that nobody reads, as `| head` leaves it.
func unreadPipe(t *testing.T) *os.File {
	t.Helper()
	read, write, err := os.Pipe()
	assert.NilError(t, err)
	read.Close()
	t.Cleanup(func() { write.Close() })
	return write
}

// fullDisk is a file on a disk that is full.
func fullDisk(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	assert.NilError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// printing runs pollpush in dir with its standard output and, where stderr is not
// nil, its standard error on these files.
func printing(t *testing.T, dir string, stdout, stderr *os.File, args ...string) ended {
	t.Helper()
	p := prepared(t, dir, program(t, "pollpush"), args...)
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	if stderr != nil {
		p.cmd.Stderr = stderr
	}
	p.start()
	return p.end()
}

// A reader that has seen enough is no error: the exit code is the command's. A
// full disk is one.
func TestOutputUnread(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	writeRun(t, filepath.Join(dir, "base"), 1, same)
	writeRun(t, filepath.Join(dir, "again"), 1, same)
	writeRun(t, filepath.Join(dir, "worse"), 1, moreBytes(65))
	for _, c := range []refusal{
		{"run --help", fine, ""},
		{"scenarios", fine, ""},
		{"report base", fine, ""},
		{"compare base again --counts-only --junit -", fine, ""},
		{"compare base worse", regression, "regression: "},
		{"check URL", fine, ""},
		{"run nowhere.yaml", badInput, "nowhere.yaml"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			args := words(c.args)
			if i := slices.Index(args, "URL"); i >= 0 {
				args[i], _ = serve(t) // which lives no longer than a test may wait
			}
			e := printing(t, dir, unreadPipe(t), nil, args...)
			if e.wantExit(t, c.code, c.said); c.said == "" && strings.Contains(e.stderr, "pollpush:") || strings.Contains(e.stderr, "broken pipe") {
				t.Errorf("unread: it said %s", e.stderr)
			}
			printing(t, dir, nil, unreadPipe(t), args...).wantExit(t, c.code)
			if c.code != fine {
				return
			}
			e = printing(t, dir, fullDisk(t), nil, args...)
			if e.wantExit(t, refused, "the output cannot be written: write /dev/stdout: no space left on device"); strings.Count(e.stderr, "no space left") != 1 {
				t.Errorf("full disk: it said %s", e.stderr)
			}
		})
	}
}

// Whether anybody reads what a run prints makes no difference to it.
func TestRunUnread(t *testing.T) {
	t.Parallel()
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("full disk %v", full), func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			stdout, stderr, want := unreadPipe(t), unreadPipe(t), fine
			if full {
				stdout, stderr, want = fullDisk(t), nil, refused
			}
			e := printing(t, dir, stdout, stderr, "run", "tiny.yaml", "--out", "run", "--transports", "ws")
			trials, err := result.ReadDir(filepath.Join(dir, "run"))
			assert.Assert(t, err == nil && len(trials) == 1, "%d trials, %v", len(trials), err)
			if outcome(trials) != nil {
				want = invalidRun // on a busy machine
			}
			e.wantExit(t, want)
			wantReport(t, filepath.Join(dir, "run"))
			if strings.Contains(e.stderr, "could not be written") || full != strings.Contains(e.stderr, "the output cannot be written") {
				t.Errorf("it printed: \n%s", e.stderr)
			}
		})
	}
}

// A terminal that was closed has no reader either.
func TestOutputToAClosedTerminal(t *testing.T) {
	t.Parallel()
	master, slave := terminal(t)
	defer slave.Close()
	o := newOutput(slave)
	assert.Check(t, o.terminal, "it is not taken for a terminal")
	for _, open := range []bool{true, false} {
		if !open {
			master.Close()
		}
		if n, err := o.Write([]byte("text")); n != 4 || err != nil || o.isUnread() == open || o.failure() != nil {
			t.Errorf("open %v: wrote %d, %v; unread %v, %v", open, n, err, o.isUnread(), o.failure())
		}
	}
}

// The page's address is printed, and then the server serves, whoever reads.
func TestServeUnread(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{"pollpush", "serve"}, {"chatserver"}} {
		p := prepared(t, t.TempDir(), program(t, words[0]), append(words[1:], "--listen", "127.0.0.1:0")...)
		p.cmd.Stdout = unreadPipe(t)
		p.start()
		p.await("msg=serving")
		p.signal(syscall.SIGTERM)
		p.end().wantExit(t, fine, "shutting down")
	}
}
