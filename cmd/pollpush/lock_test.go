package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// lockless names the errno by which flock fails in the program that this test
// binary becomes.
const lockless = "POLLPUSH_TEST_FLOCK_ERRNO"

// becomeLockless runs a program of which every flock(2) fails as where a file
// system has no locks: a filter of seccomp answers for the kernel.
func becomeLockless(errno string, args []string) error {
	n, err := strconv.Atoi(errno)
	if err != nil {
		return err
	}
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the system call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_FLOCK},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(n)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	runtime.LockOSThread() // which the filter is for
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0); err != nil {
		return err
	}
	return unix.Exec(args[0], args, os.Environ())
}

func TestFileSystemWithoutLocks(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	assert.NilError(t, err)
	for _, errno := range []unix.Errno{unix.EBADF, unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			run := func(args ...string) ended {
				p := prepared(t, dir, self, append([]string{program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--transports", "ws"}, args...)...)
				p.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", lockless, errno))
				p.start()
				return p.end()
			}
			run().wantExit(t, refused, "the results folder run cannot be locked ("+errno.Error()+")", "--no-lock")
			if errno != unix.ENOLCK { // once is enough
				return
			}
			if e := run("--no-lock"); e.code != invalidRun { // a busy machine may doubt a trial
				e.wantExit(t, fine)
			}
			if trials, err := result.ReadDir(filepath.Join(dir, "run")); err != nil || len(trials) < 1 {
				t.Errorf("%d trials, %v", len(trials), err)
			}
		})
	}
}
