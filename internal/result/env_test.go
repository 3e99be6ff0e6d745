package result

import (
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Another quota or limit is another machine; without any, a machine is what it
// was before they were read.
func TestMachineIsWhatMayBeUsed(t *testing.T) {
	whole := Env{OS: "linux/amd64", Kernel: "6.1", CPUModel: "A CPU", Cores: 2, MemoryBytes: 8 << 30, Go: "go1.26"}
	assert.Check(t, is.Equal(whole.Machine(), "278d9395da2f"), "without limits")
	half, halfTight, tight := whole, whole, whole
	half.CPUQuota, halfTight.CPUQuota = .5, .5
	tight.MemoryLimitBytes, halfTight.MemoryLimitBytes = 1<<30, 1<<30
	seen := map[string]bool{}
	for _, e := range []Env{whole, half, tight, halfTight} {
		seen[e.Machine()] = true
	}
	assert.Check(t, len(seen) == 4, "%d fingerprints of 4 machines", len(seen))
	again := half
	again.Throttling, again.QuotaShared = &Throttling{Periods: 9}, true
	assert.Check(t, again.Machine() == half.Machine(), "what happened is part of the machine")
}
