package loadgen

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/pollpush/pollpush/internal/shard"
)

// live counts what is only for watching a trial under way. A nil live counts
// nothing.
type live struct {
	chosen  uint64 // a delivery is looked at where its hash is not above
	missing atomic.Int64
	counts  [shard.Buckets]atomic.Int64
}

// watchedRate is about how many deliveries a second a shard looks at, at the
// rate that is asked for.
const watchedRate = 5000

func newLive(p shard.Plan) *live {
	if !p.Live {
		return nil
	}
	l := &live{chosen: math.MaxUint64}
	if due := p.Rate * float64(p.Clients) / float64(p.Shards); due > watchedRate {
		l.chosen = uint64(math.MaxUint64 * (watchedRate / due))
	}
	return l
}

// look records the latency of the nth delivery, if it is one of the sample.
// The sample is the same part of the deliveries in every shard, and spread as
// evenly as Fibonacci's hash does it: every kth might always be the same client.
func (l *live) look(nth, latency int64) {
	if l != nil && uint64(nth)*0x9E3779B97F4A7C15 <= l.chosen {
		l.counts[shard.Bucket(time.Duration(latency))].Add(1)
	}
}

// enter records how a client has got message seq when the highest number in
// its ledger, which counts from 1, was high.
func (l *live) enter(came entry, seq, high uint64) {
	switch {
	case l == nil:
	case came == late:
		l.missing.Add(-1)
	case came == inOrder && seq > high:
		l.missing.Add(int64(seq - high))
	}
}

// take returns the latencies that were taken down since the last time.
func (l *live) take() shard.Sketch {
	if l == nil {
		return nil
	}
	sketch := shard.Sketch{}
	for i := range l.counts {
		if l.counts[i].Load() > 0 {
			sketch[i] = l.counts[i].Swap(0)
		}
	}
	return sketch
}

// lacking is how many messages clients lack although they have a later one.
func (l *live) lacking() int64 {
	if l == nil {
		return 0
	}
	return l.missing.Load()
}
