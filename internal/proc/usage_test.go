package proc

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// The CPU read from outside is that which the child itself was told.
func TestReadCPU(t *testing.T) {
	h := startHelper(t, "burn 400ms")
	ns, err := strconv.ParseInt(h.hear(), 10, 64)
	assert.NilError(t, err)
	own := time.Duration(ns)
	u := h.usage()
	// It has used a little more since it asked: it had to say so.
	assert.Check(t, u.CPU >= own && u.CPU <= own+own/20, "CPU %v, the child's own count was %v", u.CPU, own)
	const ticks = 30 * time.Millisecond
	d := u.User + u.System - u.CPU
	assert.Check(t, d >= -ticks && d <= ticks, "user %v and system %v, in all %v", u.User, u.System, u.CPU)
	again := h.usage()
	assert.Check(t, again.CPU >= u.CPU, "CPU fell from %v to %v", u.CPU, again.CPU)
}

func TestReadMemory(t *testing.T) {
	const amount, tolerance = 64 << 20, 6 << 20
	h := startHelper(t, "hold "+strconv.Itoa(amount))
	h.hear()
	before := h.usage()
	h.goOn()
	h.hear()
	holding := h.usage()
	h.goOn()
	h.hear()
	after := h.usage()

	grown := holding.RSSBytes - before.RSSBytes
	assert.Check(t, math.Abs(float64(grown-amount)) <= tolerance, "RSS grew by %d bytes, want about %d", grown, amount)
	fallen := holding.RSSBytes - after.RSSBytes
	assert.Check(t, math.Abs(float64(fallen-amount)) <= tolerance, "RSS fell by %d bytes, want about %d", fallen, amount)
	// The kernel counts pages per CPU and sums them up only now and then.
	if holding.Peak < holding.RSSBytes-tolerance || after.Peak < holding.RSSBytes-tolerance {
		t.Errorf("peak %d, then %d: RSS was %d", holding.Peak, after.Peak, holding.RSSBytes)
	}

	if err := ResetPeak(h.Pid()); err != nil {
		t.Skipf("the peak cannot be reset here: %v", err)
	}
	if reset := h.usage(); reset.Peak > after.Peak-amount/2 || reset.Peak < reset.RSSBytes-tolerance {
		t.Errorf("after the reset the peak is %d; it was %d, RSS is %d", reset.Peak, after.Peak, reset.RSSBytes)
	}
}

func TestReadOfItself(t *testing.T) {
	u, err := Read(os.Getpid())
	assert.Check(t, err == nil && u.CPU > 0 && u.RSSBytes > 0 && u.Peak > 0, "%+v, %v", u, err)
}

func TestReadOfNoProcess(t *testing.T) {
	ended := shell(t, "exit 0")
	<-ended.Ended()
	for _, pid := range []int{ended.Pid(), 0, -1, math.MaxInt32} {
		u, err := Read(pid)
		assert.Check(t, err != nil, "process %d: %+v", pid, u)
		assert.Check(t, u == (Usage{}), "process %d: %+v beside an error", pid, u)
	}
	_, err := Read(ended.Pid())
	want := fmt.Sprintf("process %d: no such process", ended.Pid())
	assert.Check(t, errors.Is(err, syscall.ESRCH) && err.Error() == want, "error %q, want %q", err, want)
	err = ResetPeak(ended.Pid())
	assert.Check(t, errors.Is(err, os.ErrNotExist), "ResetPeak: %v, want that there is no such process", err)
}

func TestReadHost(t *testing.T) {
	before, err := ReadHost()
	assert.NilError(t, err)
	// More than what the kernel's ticks may hide.
	for begun := ownCPU(); ownCPU() < begun+100*time.Millisecond; {
	}
	after, err := ReadHost()
	assert.NilError(t, err)
	if after.Busy <= before.Busy || after.Steal < before.Steal || after.Pressure < before.Pressure || after.PSI != before.PSI {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	assert.Check(t, before.PSI || before.Pressure == 0, "pressure without PSI: %+v", before)
}
