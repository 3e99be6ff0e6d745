package proc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
)

// waitFor waits until a child has stopped or goes on, as what says.
func waitFor(t *testing.T, p *Process, what int) {
	t.Helper()
	err := unix.EINTR
	for err == unix.EINTR {
		err, _ = unix.Waitid(unix.P_PID, p.Pid(), nil, what|unix.WNOWAIT, nil).(unix.Errno)
	}
	if err != 0 {
		t.Fatalf("waiting for process %d: %v", p.Pid(), err)
	}
}

func TestFreezeAndResume(t *testing.T) {
	p := shell(t, "read line; echo $line")
	assert.NilError(t, p.Freeze())
	waitFor(t, p, unix.WSTOPPED)
	fmt.Fprintln(p.Stdin, "hello")
	u, err := Read(p.Pid())
	assert.Check(t, err == nil && u.RSSBytes != 0, "what a frozen child uses cannot be read: %+v, %v", u, err)
	assert.NilError(t, p.Resume())
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	assert.Check(t, line == "hello\n", "%q, %v", line, err)
	<-p.Ended()
	for _, err := range []error{p.Freeze(), p.Resume()} {
		assert.Check(t, errors.Is(err, os.ErrProcessDone), "a child that has ended: %v", err)
	}
}

// A frozen child ends when its parent is killed, though its input's end, which
// it would see, cannot wake it. This process inherits it, which is of the same
// session: the kernel does not wake it for being an orphan.
func TestAFrozenChildEndsWithItsParent(t *testing.T) {
	assert.NilError(t, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	parent := startHelper(t, "freeze")
	pid, err := strconv.Atoi(parent.hear())
	assert.NilError(t, err)
	child, err := unix.PidfdOpen(pid, 0)
	assert.NilError(t, err)
	defer unix.Close(child)
	parent.Kill()
	err = parent.Err()
	assert.Check(t, err != nil && strings.Contains(err.Error(), "killed"), "the parent ended by %v", err)
	ended := []unix.PollFd{{Fd: int32(child), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(ended, int(ample.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			t.Errorf("the child is left behind: %v", err)
			_ = unix.PidfdSendSignal(child, unix.SIGKILL, nil, 0)
		}
		_, _ = unix.Wait4(pid, nil, 0, nil)
		return
	}
}

// freezeTask freezes a child, says which, and waits to be killed.
func freezeTask() {
	p, err := Start("/bin/sh", "-c", "while read line; do :; done")
	if err == nil {
		err = p.Freeze()
	}
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Pid())
	io.Copy(io.Discard, os.Stdin)
}
