package proc

import (
	"cmp"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Machine is what does not change while a run goes on.
type Machine struct {
	Kernel         string
	CPUModel       string
	Cores          int
	MemoryBytes    int64
	AvailableBytes int64 // of memory, at the time of reading, within Limits
	NoFile         int64 // descriptors that one process may hold
	Ports          int64 // local ports to one destination
	Limits         Limits
}

// Usable is how many cores this process and its children may use together.
func (m Machine) Usable() float64 {
	return min(cmp.Or(m.Limits.Quota, math.MaxFloat64), float64(m.Cores))
}

// ReadMachine reads what can be known of the machine, and what this process may
// use of it; what cannot be known is zero. Limits that lie above what there is are
// none.
func ReadMachine() (m Machine) {
	m.Cores = runtime.NumCPU()
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
			m.CPUModel = cpus[0].ModelName
		}
		if mem, err := fs.Meminfo(); err == nil {
			m.MemoryBytes, m.AvailableBytes = bytesOf(mem.MemTotalBytes), bytesOf(mem.MemAvailableBytes)
		}
	}
	m.Limits = ReadLimits(os.Getpid())
	if m.Limits.Quota >= float64(m.Cores) {
		m.Limits.Quota = 0
	}
	m.AvailableBytes = least(m.AvailableBytes, m.Limits.FreeBytes)
	if m.MemoryBytes > 0 && m.Limits.MemoryBytes >= m.MemoryBytes {
		m.Limits.MemoryBytes = 0
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		m.NoFile = int64(limit.Max)
	}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if f := strings.Fields(string(b)); len(f) == 2 {
			low, _ := strconv.ParseInt(f[0], 10, 64)
			high, _ := strconv.ParseInt(f[1], 10, 64)
			m.Ports = high - low + 1
		}
	}
	return m
}

func bytesOf(p *uint64) int64 {
	if p == nil {
		return 0
	}
	return int64(*p)
}

// FreeDisk is how many bytes may be written to the file system of a folder.
func FreeDisk(dir string) (int64, error) {
	var fs syscall.Statfs_t
	err := syscall.Statfs(dir, &fs)
	return int64(fs.Bavail) * int64(fs.Bsize), err // whose types differ by machine
}
