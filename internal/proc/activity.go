package proc

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// Activity is how often a process's threads gave up the CPU, to wait, and how
// often it was taken from them. The kernel counts for each thread by itself:
// what threads did that have ended is lost.
type Activity struct{ Switches, Preemptions int64 }

// ReadActivity looks at every thread of a process, which takes longer than its
// [Usage].
func ReadActivity(pid int) (a Activity, err error) {
	threads, err := procfs.AllThreads(pid)
	if err != nil {
		return a, fmt.Errorf("process %d: its threads: %w", pid, err)
	}
	for _, thread := range threads {
		status, err := thread.NewStatus()
		if err != nil {
			continue // it has ended meanwhile
		}
		a.Switches += int64(status.VoluntaryCtxtSwitches)
		a.Preemptions += int64(status.NonVoluntaryCtxtSwitches)
	}
	return a, nil
}

// Descriptors counts those that a process has open. Kernels before 6.2 have to
// list them all.
func Descriptors(pid int) (int64, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, fmt.Errorf("process %d: %w", pid, err)
	}
	open, err := p.FileDescriptorsLen()
	if err != nil {
		return 0, fmt.Errorf("process %d: its descriptors: %w", pid, err)
	}
	return int64(open), nil
}
