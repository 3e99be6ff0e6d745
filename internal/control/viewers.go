package control

import (
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
)

// LivePage is where this process serves the page on which people follow the run.
type LivePage struct {
	Port uint16
	Open func() bool // somebody follows
}

// open reports whether somebody follows the run; nobody does without a page.
func (p *LivePage) open() bool { return p != nil && p.Open() }

// viewers are the processes on this machine that show the page, as far as they can
// be told. To find them takes a look at all descriptors of all processes.
func (p *LivePage) viewers() []int {
	if !p.open() {
		return nil
	}
	return proc.Clients(p.Port)
}

// viewing is whether the live page was open at an edge of the steady state, and
// what those that show it had used.
type viewing struct {
	open bool
	cpu  map[int]time.Duration
}

func (w *watch) readViewing(viewers []int) viewing {
	v := viewing{w.page.open(), map[int]time.Duration{}}
	for _, pid := range viewers {
		if u, err := proc.Read(pid); err == nil {
			v.cpu[pid] = u.CPU
		}
	}
	return v
}

// viewingCost is what it took, between two edges, to show the page: at most all that
// is foreign. Of a process that was not there at both, nothing is known.
func viewingCost(from, to viewing, passed, foreign float64) *result.Watching {
	if !from.open && !to.open {
		return nil
	}
	used := 0.0
	for pid, cpu := range to.cpu {
		if before, ok := from.cpu[pid]; ok {
			used += max(0, cpu-before).Seconds()
		}
	}
	return &result.Watching{Cores: min(used/passed, foreign)}
}
