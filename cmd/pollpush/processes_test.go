package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
)

// child is a process found running in a test's workplace.
type child struct {
	pid  int
	name string
}

// childrenIn finds the processes that run in dir, apart from pollpush itself.
func childrenIn(t *testing.T, dir string) (found []child) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	assert.NilError(t, err)
	for _, link := range links {
		if at, err := os.Readlink(link); err != nil || at != dir {
			continue
		}
		name, err := os.ReadFile(filepath.Join(filepath.Dir(link), "comm"))
		if err != nil { // it has just ended
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		assert.NilError(t, err)
		if c := (child{pid, string(bytes.TrimSpace(name))}); c.name != "pollpush" && pid != os.Getpid() {
			found = append(found, c)
		}
	}
	return found
}

// childIn finds one child of a name.
func childIn(t *testing.T, dir, name string) child {
	t.Helper()
	for _, c := range childrenIn(t, dir) {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no %s runs in %s", name, dir)
	return child{}
}

// wantNoneLeft checks that no process of the test's runs any more.
func wantNoneLeft(t *testing.T, dir string) {
	t.Helper()
	for _, c := range childrenIn(t, dir) {
		t.Errorf("%s (process %d) was left behind", c.name, c.pid)
		_ = unix.Kill(c.pid, unix.SIGKILL)
	}
}

// onEnd returns a function that waits for the end of a process that is not a
// child of the test's, and reports whether it came in time.
func onEnd(t *testing.T, c child) (wait func(time.Duration) bool) {
	t.Helper()
	fd, err := unix.PidfdOpen(c.pid, 0)
	if err != nil {
		t.Skipf("this kernel cannot watch %s: %v", c.name, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return func(patience time.Duration) bool {
		end := time.Now().Add(patience)
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(0, time.Until(end)).Milliseconds()))
			if !errors.Is(err, unix.EINTR) {
				return n == 1
			}
		}
	}
}

// terminal opens one; who reads what is written to slave reads from master.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be had: %v", err)
	}
	fd := int(master.Fd())
	err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	number, err2 := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err := errors.Join(err, err2); err != nil {
		t.Skipf("no terminal can be had: %v", err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be had: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	return master, slave
}

// launchOnTerminal is launch with standard error on a terminal, where the
// program shows every second what it does.
func launchOnTerminal(t *testing.T, dir, path string, args ...string) *process {
	t.Helper()
	master, slave := terminal(t)
	p := prepared(t, dir, path, args...)
	p.cmd.Stderr = slave
	p.terminal = make(chan struct{})
	go func() {
		defer close(p.terminal)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			_, _ = p.stderr.Write(buffer[:n])
			if err != nil { // EIO once nobody holds the other end
				return
			}
		}
	}()
	p.start()
	slave.Close()
	return p
}
