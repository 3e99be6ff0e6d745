package proc

import (
	"os"

	"github.com/prometheus/procfs"
)

// Clients are the processes of this machine that hold the other end of a
// connection to a TCP port of this process, with their kin of the same program: of
// a browser, all of its processes. This process, and what it has started, are never
// among them. One that may not be looked into is not found.
func Clients(port uint16) (pids []int) {
	const remote, established = 2, "01"
	far := sockets("self", remote, port, established)
	if len(far) == 0 {
		return nil
	}
	f := readFamily()
	tops := map[int]bool{}
	for pid := range f.parent {
		if f.under(pid, os.Getpid()) || len(held(pid, far)) == 0 {
			continue
		}
		for f.program[pid] != "" && f.program[pid] == f.program[f.parent[pid]] {
			pid = f.parent[pid]
		}
		tops[pid] = true
	}
	for pid := range f.parent {
		if !f.under(pid, os.Getpid()) && f.belongs(pid, tops) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// family is the parents and the programs of all processes; a program is empty
// where it may not be known.
type family struct {
	parent  map[int]int
	program map[int]string
}

func readFamily() family {
	f := family{map[int]int{}, map[int]string{}}
	all, _ := procfs.AllProcs()
	for _, p := range all {
		if stat, err := p.Stat(); err == nil {
			f.parent[p.PID] = stat.PPID
			f.program[p.PID], _ = p.Executable()
		}
	}
	return f
}

func (f family) under(pid, top int) bool {
	for ; pid != 0 && pid != top; pid = f.parent[pid] {
	}
	return pid == top
}

// belongs reports whether a process is one of the tops, or was started by one
// through none but processes of the same program, or of one that hides.
func (f family) belongs(pid int, tops map[int]bool) bool {
	programs := map[string]bool{}
	for ; pid != 0; pid = f.parent[pid] {
		if tops[pid] {
			delete(programs, f.program[pid])
			return len(programs) == 0
		}
		if name := f.program[pid]; name != "" {
			programs[name] = true
		}
	}
	return false
}
