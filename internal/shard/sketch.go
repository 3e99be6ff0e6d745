package shard

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// Sketch counts latencies by [Bucket], for watching a trial under way. Those of
// several shards are merged by adding, so that there are no percentiles of
// percentiles.
type Sketch map[int]int64

const (
	sketchBits = 7 // that a bucket keeps of a latency
	longest    = time.Hour

	// Buckets is the number of buckets that [Bucket] knows.
	Buckets = (42-sketchBits)<<(sketchBits-1) + 1<<sketchBits // an hour has 42 bits
)

// Bucket returns the bucket of a latency, cut to 0 ns to 1 h. Below 128 ns each
// nanosecond has one of its own; above, 64 of the same width share each power of
// two, so that a bucket's middle is at most 0.8 % off.
func Bucket(latency time.Duration) int {
	v := uint64(min(max(latency, 0), longest))
	shift := max(bits.Len64(v)-sketchBits, 0)
	return shift<<(sketchBits-1) + int(v>>shift)
}

// middle is the latency in the middle of a bucket.
func middle(bucket int) time.Duration {
	shift := max(bucket>>(sketchBits-1)-1, 0)
	low := (bucket - shift<<(sketchBits-1)) << shift
	return time.Duration(low + (1<<shift)/2)
}

// Add takes in what another sketch has counted.
func (s Sketch) Add(other Sketch) {
	for bucket, n := range other {
		s[bucket] += n
	}
}

// Quantile returns the latency that the share q of all does not exceed, in
// seconds, within 0.8 %. It is nil where too few were counted to tell
// ([result.Enough]).
func (s Sketch) Quantile(q float64) *float64 {
	var all int64
	for _, n := range s {
		all += n
	}
	if !result.Enough(all, q) {
		return nil
	}
	below := int64(math.Ceil(q*float64(all) - 1e-9))
	for _, bucket := range slices.Sorted(maps.Keys(s)) {
		if below -= s[bucket]; below <= 0 {
			v := middle(bucket).Seconds()
			return &v
		}
	}
	return nil
}
