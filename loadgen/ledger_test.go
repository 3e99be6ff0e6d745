package loadgen

import (
	"math/rand/v2"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestLedger(t *testing.T) {
	for name, c := range map[string]struct {
		ids     []uint64
		how     []entry
		missing uint64
	}{
		"nothing":            {nil, nil, 1},
		"in order":           {[]uint64{1, 2, 3}, []entry{inOrder, inOrder, inOrder}, 4},
		"again":              {[]uint64{1, 1, 2, 1}, []entry{inOrder, duplicate, inOrder, duplicate}, 3},
		"swapped":            {[]uint64{2, 1, 3}, []entry{inOrder, late, inOrder}, 4},
		"lost":               {[]uint64{1, 3, 4}, []entry{inOrder, inOrder, inOrder}, 2},
		"lost, then late":    {[]uint64{1, 3, 2, 2}, []entry{inOrder, inOrder, late, duplicate}, 4},
		"far behind and new": {[]uint64{100, 1}, []entry{inOrder, late}, 2},
		"far ahead":          {[]uint64{1, 2, 200}, []entry{inOrder, inOrder, inOrder}, 3},
		"again, over a gap":  {[]uint64{1, 3, 500, 1, 2, 1}, []entry{inOrder, inOrder, inOrder, duplicate, late, duplicate}, 4},
		"out of a gap":       {[]uint64{9, 5, 4, 6, 1, 8, 5}, []entry{inOrder, late, late, late, late, late, duplicate}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var l Ledger
			for i, id := range c.ids {
				assert.Check(t, is.Equal(l.Enter(id), c.how[i]), "entry %d, id %d", i, id)
			}
			assert.Check(t, is.Equal(l.Missing(), c.missing), "Missing() =")
		})
	}
}

// The ledger must agree with one that remembers everything.
func TestLedgerAgreesWithFullMemory(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		var l Ledger
		seen, high := map[uint64]bool{}, uint64(0)
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
		r, ledger := &run{}, Ledger{}
		for _, seq := range c.seqs {
			high := ledger.high
			r.countLacking(ledger.Enter(seq+1), seq, high)
		}
		var gaps int64
		for _, g := range ledger.gaps {
			gaps += int64(g.to - g.from + 1)
		}
		got := r.lacking.Load()
		assert.Check(t, got == c.want && got == gaps, "%s: %d, want %d; the ledger's gaps hold %d", name, got, c.want, gaps)
	}
}
