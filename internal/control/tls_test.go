package control

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestFitMemoryOfTLS(t *testing.T) {
	s := crowd(10_000, 1, 0, 0)
	s.Phases.Steady = time.Second
	assert.Check(t, fitMemory(s, s.Clients, 1036<<20), "in the clear")
	s.TLS = true // 256 MiB, and 10,000 clients of 80 KiB
	wantRefusal(t, fitMemory(s, s.Clients, 1036<<20), "10000 clients need about 1037 MiB of memory, but only 1036 MiB are free: use fewer clients")
	assert.Check(t, fitMemory(s, s.Clients, 1038<<20))
}
