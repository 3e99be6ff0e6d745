package control

import (
	"testing"
	"time"
)

func TestFitMemoryOfTLS(t *testing.T) {
	s := crowd(10_000, 1, 0, 0)
	s.Phases.Steady = time.Second
	if err := fitMemory(s, s.Clients, 1036<<20); err != nil {
		t.Errorf("in the clear: %v", err)
	}
	s.TLS = true // 256 MiB, and 10,000 clients of 80 KiB
	wantRefusal(t, fitMemory(s, s.Clients, 1036<<20), "10000 clients need about 1037 MiB of memory, 1036 MiB are free: use fewer clients")
	if err := fitMemory(s, s.Clients, 1038<<20); err != nil {
		t.Error(err)
	}
}
