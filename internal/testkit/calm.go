package testkit

import (
	"time"

	"github.com/prometheus/procfs"

	"github.com/pollpush/pollpush/internal/proc"
)

// Moment is an instant on a machine that may be busy.
type Moment struct {
	at     time.Time
	waited time.Duration
}

// Now is this instant.
func Now() Moment {
	before, _ := waited()
	return Moment{time.Now(), before}
}

// Calm is the time since m in which no process of the machine waited for a CPU,
// memory or a disk: the time to hold a promise against. Where the kernel does not
// tell, it is 0.
func (m Moment) Calm() time.Duration {
	since := time.Since(m.at)
	after, told := waited()
	if !told {
		return 0
	}
	return max(0, since-(after-m.waited))
}

// waited is for how long, since the machine began, any process has waited, or
// the hypervisor has taken CPU time away.
func waited() (sum time.Duration, told bool) {
	host, err := proc.ReadHost()
	fs, none := procfs.NewDefaultFS()
	if err != nil || none != nil || !host.PSI {
		return 0, false
	}
	sum = host.Steal + host.Pressure
	for _, resource := range []string{"memory", "io"} {
		if psi, err := fs.PSIStatsForResource(resource); err == nil && psi.Some != nil {
			sum += time.Duration(psi.Some.Total) * time.Microsecond
		}
	}
	return sum, true
}
