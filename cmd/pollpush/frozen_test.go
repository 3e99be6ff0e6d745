package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// Killed while its server stands still, the program leaves none behind, even where
// those who inherit it do nothing for it. It is no parallel test: what is left
// behind by any process of this one's would be inherited.
func TestKilledWhileTheServerIsFrozen(t *testing.T) {
	assert.NilError(t, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	dir := workplace(t)
	p := launchOnTerminal(t, dir, program(t, "pollpush"), words("run tiny.yaml --out run --shards 2 --transports ws --warm-up 0s --steady 5m --freeze-at 0s --freeze 4m")...)
	p.await("ws, trial 1 of 1: steady")
	for server := childIn(t, dir, "chatserver"); !isStopped(t, server); {
		runtime.Gosched()
	}
	found := childrenIn(t, dir)
	assert.Check(t, len(found) == 3, "children: %v; want a server and two generators", found)
	ends := map[child]func() bool{}
	for _, c := range childrenIn(t, dir) {
		wait := onEnd(t, c)
		ends[c] = func() bool { return wait(patience) }
	}
	p.signal(unix.SIGKILL)
	<-p.over
	for c, ended := range ends {
		if !ended() {
			t.Errorf("%s is still there", c.name)
			_ = unix.Kill(c.pid, unix.SIGKILL)
		}
		_, _ = unix.Wait4(c.pid, nil, 0, nil)
	}
	_, err := os.Stat(filepath.Join(dir, "run", result.FileName))
	assert.Check(t, errors.Is(err, fs.ErrNotExist), "results of no trial were written: %v", err)
}

// isStopped reports whether a process stands still.
func isStopped(t *testing.T, c child) bool {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	assert.NilError(t, err)
	return bytes.Contains(status, []byte(") T "))
}
