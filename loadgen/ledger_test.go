package loadgen

import (
	"math/rand/v2"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// The ledger must agree with one that remembers everything.
func TestLedgerAgreesWithFullMemory(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		var l Ledger
		seen, high, missing := map[uint64]bool{}, uint64(0), uint64(1)
		for range 1000 {
			id := high + 1
			switch random.IntN(10) {
			case 0: // again, or late
				id = high - min(high-min(high, 1), random.Uint64N(300))
			case 1: // a gap
				id = high + 1 + random.Uint64N(5)
			}
			if id == 0 {
				continue
			}
			want := inOrder
			switch {
			case seen[id]:
				want = duplicate
			case id < high:
				want = late
			}
			assert.Assert(t, is.Equal(l.Enter(id), want), "seed %d: id %d after high %d", seed, id, high)
			assert.Assert(t, len(l.gaps) <= maxGaps, "seed %d: %d gaps are kept", seed, len(l.gaps))
			seen[id] = true
			high = max(high, id)
			for seen[missing] {
				missing++
			}
			assert.Assert(t, is.Equal(l.Missing(), missing), "seed %d: Missing() after id %d", seed, id)
		}
	}
}

func TestALedgerOfEndlessLossesIsBounded(t *testing.T) {
	var l Ledger
	for id := uint64(2); id < 10*maxGaps; id += 2 {
		l.Enter(id)
	}
	assert.Check(t, len(l.gaps) == maxGaps, "%d gaps are kept, want %d", len(l.gaps), maxGaps)
	assert.Check(t, is.Equal(l.Enter(1), duplicate), "an id of which nothing is known any more")
}

// What clients lack is what the ledgers' gaps hold.
func TestLacking(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint64
		want int64
	}{
		"nothing":         {nil, 0},
		"in order":        {[]uint64{0, 1, 2}, 0},
		"again":           {[]uint64{0, 0, 1, 0}, 0},
		"the first":       {[]uint64{1}, 1},
		"three":           {[]uint64{0, 4}, 3},
		"three, one late": {[]uint64{0, 4, 2}, 2},
		"late, and again": {[]uint64{0, 2, 1, 1}, 0},
	} {
		l, ledger := &lane{}, Ledger{}
		for _, seq := range c.seqs {
			high := ledger.high
			l.countLacking(ledger.Enter(seq+1), seq, high)
		}
		var gaps int64
		for _, g := range ledger.gaps {
			gaps += int64(g.to - g.from + 1)
		}
		assert.Check(t, l.lacking == c.want && l.lacking == gaps, "%s: %d, want %d; the ledger's gaps hold %d", name, l.lacking, c.want, gaps)
	}
}
