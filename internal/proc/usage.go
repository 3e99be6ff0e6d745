package proc

import (
	"fmt"
	"os"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Usage is what a process has used up to an instant.
type Usage struct {
	CPU      time.Duration // user and system, to the nanosecond
	User     time.Duration // the two apart, by the kernel's ticks of 10 ms
	System   time.Duration
	RSSBytes int64 // now
	Peak     int64 // largest RSS since [ResetPeak], or since the process began
}

// Read reads a process's usage.
func Read(pid int) (u Usage, err error) {
	cpu, err := cpuTime(pid)
	if err != nil {
		return u, fmt.Errorf("process %d: %w", pid, err)
	}
	p, err := procfs.NewProc(pid)
	if err != nil {
		return u, fmt.Errorf("process %d: %w", pid, err)
	}
	stat, err := p.Stat()
	if err != nil {
		return u, fmt.Errorf("process %d: %w", pid, err)
	}
	status, err := p.NewStatus()
	if err != nil {
		return u, fmt.Errorf("process %d: %w", pid, err)
	}
	const tick = 10 * time.Millisecond // USER_HZ, fixed at 100 by the kernel's interface
	return Usage{
		CPU:      cpu,
		User:     time.Duration(stat.UTime) * tick,
		System:   time.Duration(stat.STime) * tick,
		RSSBytes: int64(status.VmRSS), Peak: int64(status.VmHWM),
	}, nil
}

// cpuTime reads CLOCK_PROCESS_CPUTIME_ID of another process. The clock's id
// is made of the pid as clock_getcpuclockid(3) makes it.
func cpuTime(pid int) (time.Duration, error) {
	const schedClock = 2
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^pid)<<3|schedClock, &ts)
	if err == unix.EINVAL { // what the clock of no process gives
		return 0, unix.ESRCH
	}
	if err != nil {
		return 0, fmt.Errorf("CPU clock: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}

// ResetPeak makes a process's peak begin anew, where the kernel allows it.
func ResetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// Host is what the whole machine has used up to an instant.
type Host struct {
	Busy     time.Duration // all cores, interrupts included
	Steal    time.Duration // taken away by the hypervisor
	Pressure time.Duration // in which some task waited for a CPU
	PSI      bool          // the kernel reports Pressure
}

// ReadHost reads the machine's usage.
func ReadHost() (h Host, err error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return h, err
	}
	stat, err := fs.Stat()
	if err != nil {
		return h, err
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	c := stat.CPUTotal
	h.Busy = seconds(c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ)
	h.Steal = seconds(c.Steal)
	if psi, err := fs.PSIStatsForResource("cpu"); err == nil && psi.Some != nil {
		h.Pressure, h.PSI = time.Duration(psi.Some.Total)*time.Microsecond, true
	}
	return h, nil
}
