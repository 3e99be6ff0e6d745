package proc

import (
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
	AvailableBytes int64 // of memory, at the time of reading
	NoFile         int64 // descriptors that one process may hold
	Ports          int64 // local ports to one destination
}

// ReadMachine reads what can be known of the machine; what cannot is zero.
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
