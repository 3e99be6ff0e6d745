package proc

import (
	"math"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"
)

// The process's own file tells only of its main thread: what another one does
// must be seen.
func TestReadActivityOfAllThreads(t *testing.T) {
	const waits = 200
	asked, ended := make(chan struct{}), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		<-asked
		for range waits {
			pause := unix.NsecToTimespec(100_000) // a thread's own wait, which the Go scheduler has no part in
			_ = unix.Nanosleep(&pause, nil)
		}
		ended <- struct{}{}
		<-asked // the thread stays: the counts of one that ends are lost
	}()
	read := func() Activity {
		t.Helper()
		a, err := ReadActivity(os.Getpid())
		assert.NilError(t, err)
		return a
	}
	before := read()
	asked <- struct{}{}
	<-ended
	after := read()
	close(asked)
	n := after.Switches - before.Switches
	assert.Check(t, n >= waits, "%d switches, though a thread has waited %d times", n, waits)
	assert.Check(t, after.Preemptions >= before.Preemptions, "preemptions fell from %d to %d", before.Preemptions, after.Preemptions)
}

func TestDescriptors(t *testing.T) {
	const files = 40
	count := func() int64 {
		t.Helper()
		n, err := Descriptors(os.Getpid())
		assert.NilError(t, err)
		return n
	}
	before := count()
	for range files {
		f, err := os.Open(os.DevNull)
		assert.NilError(t, err)
		defer f.Close()
	}
	// The runtime may have opened its poller.
	n := count() - before
	assert.Check(t, n >= files && n <= files+4, "%d descriptors more, want %d", n, files)
}

func TestReadActivityOfNoProcess(t *testing.T) {
	for _, pid := range []int{-1, math.MaxInt32} {
		a, err := ReadActivity(pid)
		assert.Check(t, err != nil && a == (Activity{}), "process %d: %+v, %v", pid, a, err)
		n, err := Descriptors(pid)
		assert.Check(t, err != nil && n == 0, "process %d: %d descriptors, %v", pid, n, err)
	}
}
