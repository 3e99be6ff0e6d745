package proc

import (
	"runtime"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
)

func TestReadMachine(t *testing.T) {
	m := ReadMachine()
	assert.Check(t, m.Kernel != "" && m.Cores == runtime.NumCPU() && m.NoFile > 0, "%+v", m)
	if m.MemoryBytes < 64<<20 || m.AvailableBytes <= 0 || m.AvailableBytes > m.MemoryBytes {
		t.Errorf("memory: %d bytes, %d of them available", m.MemoryBytes, m.AvailableBytes)
	}
	assert.Check(t, m.Ports > 0 && m.Ports <= 65_536, "%d ports", m.Ports)
	// The soft limit is raised to the hard one by the Go runtime.
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	assert.Check(t, err == nil && m.NoFile == int64(limit.Max), "%d descriptors, the limit is %+v (%v)", m.NoFile, limit, err)
}
