package proc

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// ample is enough for a child that does end, however busy the machine is.
const ample = 2 * time.Minute

func start(t *testing.T, path string, args ...string) *Process {
	t.Helper()
	p, err := Start(path, args...)
	assert.NilError(t, err)
	t.Cleanup(func() {
		p.Stdin.Close()
		if err := p.WaitOrKill(ample); errors.Is(err, ErrKilled) {
			t.Error(err)
		}
	})
	return p
}

func shell(t *testing.T, script string) *Process {
	t.Helper()
	return start(t, "/bin/sh", "-c", script)
}

func TestEndOfAChild(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"well":             {"exit 0", ""},
		"well, with a log": {"echo noted >&2", ""},
		"badly":            {"exit 3", "sh: exit status 3"},
		"badly, with why":  {"echo; echo no luck >&2; echo; exit 4", "sh: exit status 4; it printed: no luck"},
		"by a signal":      {"kill -KILL $$", "sh: signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shell(t, c.script)
			<-p.Ended()
			for _, err := range []error{p.Err(), p.WaitOrKill(ample), p.Stop(ample)} { // however often it is asked
				if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
					t.Errorf("error %q, want %q", err, c.want)
				}
			}
			if c.want != "" {
				if _, ok := errors.AsType[*exec.ExitError](p.Err()); !ok {
					t.Errorf("%v is no exec.ExitError", p.Err())
				}
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing")
	_, err := Start(path)
	assert.Check(t, errors.Is(err, os.ErrNotExist) && strings.Contains(err.Error(), path), "error %v, want one that names %s", err, path)
}

func TestLogIsTheEndOfWhatWasSaid(t *testing.T) {
	p := shell(t, `head -c 1000000 /dev/zero | tr '\0' x >&2; echo the end >&2; exit 1`)
	err := p.Err()
	if log := p.Log(); len(log) > tailSize || !strings.HasSuffix(log, "xxxthe end") {
		t.Errorf("the log has %d bytes and ends with %q", len(log), log[max(0, len(log)-20):])
	}
	want := "sh: exit status 1; it printed: " + p.Log()
	assert.Check(t, err.Error() == want, "error %q\nwant  %q", err, want)
}

// What a child said can be read after its end.
func TestStdoutOutlivesTheChild(t *testing.T) {
	p := shell(t, "echo one; echo two")
	<-p.Ended()
	said, err := io.ReadAll(p.Stdout)
	assert.Check(t, err == nil && string(said) == "one\ntwo\n", "read %q, %v", said, err)
}

func TestStop(t *testing.T) {
	t.Run("ends well", func(t *testing.T) {
		h := startHelper(t, "term")
		h.hear()
		assert.Check(t, h.Stop(ample))
	})
	t.Run("dies of it", func(t *testing.T) {
		p := start(t, "/bin/cat")
		err := p.Stop(ample)
		assert.Check(t, err != nil && err.Error() == "cat: signal: terminated" && !errors.Is(err, ErrKilled), "error %v", err)
	})
}

// A child that ignores SIGTERM is killed, with the children of its own that
// would keep its standard error open.
func TestStopKillsWhatDoesNotEnd(t *testing.T) {
	p := shell(t, `trap "" TERM; sleep 1000 & echo ready; while :; do wait; done`)
	said := bufio.NewReader(p.Stdout)
	if line, err := said.ReadString('\n'); line != "ready\n" {
		t.Fatalf("read %q, %v", line, err)
	}
	err := p.Stop(time.Millisecond)
	assert.Check(t, errors.Is(err, ErrKilled) && err.Error() == "sh did not exit in time and was killed after 1ms", "error %v", err)
	_, err = said.ReadByte()
	assert.Check(t, err == io.EOF, "its standard output is still open: %v", err)
	err = p.Err()
	assert.Check(t, err != nil && err.Error() == "sh: signal: killed", "it ended with %v", err)
}

// An interrupt typed at the terminal goes to the foreground's group.
func TestChildHasItsOwnGroup(t *testing.T) {
	p := start(t, "/bin/cat")
	group, err := syscall.Getpgid(p.Pid())
	assert.NilError(t, err)
	if group != p.Pid() || group == syscall.Getpgrp() {
		t.Errorf("the child %d is in group %d, this process in %d", p.Pid(), group, syscall.Getpgrp())
	}
}

func TestBeside(t *testing.T) {
	self, err := os.Executable()
	assert.NilError(t, err)
	path, err := Beside(filepath.Base(self))
	assert.Check(t, path == self && err == nil, "Beside = %q, %v, want %q", path, err, self)
	_, err = Beside("loadgen")
	want := "loadgen is not beside " + filepath.Base(self) + " in " + filepath.Dir(self)
	assert.Check(t, err != nil && err.Error() == want, "error %q, want %q", err, want)
}
