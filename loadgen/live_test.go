package loadgen

import (
	"math"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/shard"
)

func counted(s shard.Sketch) (n int64) {
	for _, of := range s {
		n += of
	}
	return n
}

// Up to a rate every delivery is looked at; beyond it a sample, that holds as
// much of each client whatever their number.
func TestLiveLooksAtSoMany(t *testing.T) {
	for _, c := range []struct {
		clients int
		rate    float64
		shards  int
		want    float64 // share of the deliveries
	}{
		{100, 1, 1, 1}, {5000, 1, 1, 1}, {10_000, 1, 2, 1}, {10_000, 1, 1, .5}, {100, 1000, 1, .05}, {10, 10_000, 1, .05}, {11, 10_000, 1, .5 / 11},
	} {
		l := newLive(shard.Plan{Live: true, Clients: c.clients, Rate: c.rate, Shards: c.shards})
		const deliveries = 1_000_000
		for nth := range int64(deliveries) {
			l.look(nth, nth%int64(c.clients)) // the latency tells the client
		}
		sketch := l.take()
		got := float64(counted(sketch)) / deliveries
		assert.Check(t, math.Abs(got-c.want) <= .001, "%+v: %v of the deliveries were looked at", c, got)
		if c.clients <= 100 {
			for client := range c.clients {
				got := float64(sketch[client]) / deliveries * float64(c.clients)
				assert.Check(t, math.Abs(got-c.want) <= .1*c.want, "%+v: of client %d %v were looked at", c, client, got)
			}
		}
		if again := l.take(); len(again) > 0 {
			t.Errorf("%+v: %d were told twice", c, counted(again))
		}
	}
}

func TestLiveWhileOthersLook(t *testing.T) {
	l := newLive(shard.Plan{Live: true, Shards: 1})
	var looking sync.WaitGroup
	for range 4 {
		looking.Go(func() {
			for nth := range int64(10_000) {
				l.look(nth, int64(time.Millisecond))
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		looking.Wait()
		close(ended)
	}()
	var n int64
	for over := false; !over; n += counted(l.take()) {
		select {
		case <-ended:
			over = true
		default:
		}
	}
	assert.Check(t, n == 40_000, "%d were told, want 40000", n)
}

// Missing is what the ledgers' gaps hold.
func TestLiveMissing(t *testing.T) {
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
		l, ledger := newLive(shard.Plan{Live: true, Shards: 1}), Ledger{}
		for _, seq := range c.seqs {
			high := ledger.high
			l.enter(ledger.Enter(seq+1), seq, high)
		}
		var gaps int64
		for _, g := range ledger.gaps {
			gaps += int64(g.to - g.from + 1)
		}
		got := l.lacking()
		assert.Check(t, got == c.want && got == gaps, "%s: %d, want %d; the ledger's gaps hold %d", name, got, c.want, gaps)
	}
}

// What nobody watches takes no memory and tells nothing.
func TestNotLive(t *testing.T) {
	l := newLive(shard.Plan{Shards: 1})
	l.look(0, 1)
	l.enter(inOrder, 7, 0)
	assert.Check(t, l == nil && l.take() == nil && l.lacking() == 0, "%v", l)
}
