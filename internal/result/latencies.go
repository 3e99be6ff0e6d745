package result

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/stat"
)

// Latencies counts delivery latencies by bucket, from the lowest, without the
// zeros at its end. Those of several shards, or of several seconds, are added.
//
// The first buckets are [latencyUnit] wide: up to 0.4 ms. Above, four of the same
// width share each power of two, so that a bucket is at most 25 % wide. The last
// has no upper bound: from 91.8 s on.
type Latencies []int64

const (
	latencyUnit = 50 * time.Microsecond
	latencyBits = 3 // that a bucket keeps of a latency in units

	// LatencyBuckets is the number of buckets: a hundred seconds have 21 bits.
	LatencyBuckets = (21-latencyBits)<<(latencyBits-1) + 1<<latencyBits
)

// LatencyBucket is the bucket of a latency; one below 0 is in the first.
func LatencyBucket(latency time.Duration) int {
	v := uint64(max(latency, 0) / latencyUnit)
	shift := max(bits.Len64(v)-latencyBits, 0)
	return min(shift<<(latencyBits-1)+int(v>>shift), LatencyBuckets-1)
}

// LatencyBounds are the bounds of a bucket in seconds; high is in the next one, and
// infinite of the last.
func LatencyBounds(bucket int) (low, high float64) {
	low, high = latencyLow(bucket).Seconds(), math.Inf(1)
	if bucket < LatencyBuckets-1 {
		high = latencyLow(bucket + 1).Seconds()
	}
	return low, high
}

func latencyLow(bucket int) time.Duration {
	shift := max(bucket>>(latencyBits-1)-1, 0)
	return time.Duration((bucket-shift<<(latencyBits-1))<<shift) * latencyUnit
}

// Rank is the bucket of the latency that the share q of all does not exceed; false
// where too few were counted to tell ([Enough]).
func (l Latencies) Rank(q float64) (bucket int, told bool) {
	all := stat.Sum(l)
	if !Enough(all, q) {
		return 0, false
	}
	below := int64(math.Ceil(q*float64(all) - 1e-9))
	return slices.IndexFunc(l, func(n int64) bool { below -= n; return below <= 0 }), true
}

// Quantile is the middle of that bucket in seconds: at most 12.5 % off, or 25 µs
// if that is more. It is nil where too few were counted.
func (l Latencies) Quantile(q float64) *float64 {
	bucket, told := l.Rank(q)
	if !told {
		return nil
	}
	low, high := LatencyBounds(bucket)
	if math.IsInf(high, 1) {
		return &low
	}
	return new((low + high) / 2)
}

// checkLatencies compares the seconds' latencies with their deliveries and with the
// histogram of the cohort, nil if unknown. Seconds of older lines have none.
//
// A delivery is counted in the second in which it was seen, or, where the shard was
// late to look, in a later one. What was seen for so long after the window began
// that its message must have been due within it is of the cohort: of each bucket
// there are no more such deliveries than the histogram has, and duplicates.
func (t *Trial) checkLatencies(h *hdrhistogram.Histogram, must must) {
	if !slices.ContainsFunc(t.Series, func(s Second) bool { return len(s.Latencies) > 0 }) {
		return
	}
	slack := 1 + t.PauseS // of a shard between seeing and counting
	cohort := make(Latencies, LatencyBuckets)
	for i, s := range t.Series {
		must(len(s.Latencies) <= LatencyBuckets, "series[%d].latencies: %d buckets, of %d", i, len(s.Latencies), LatencyBuckets)
		counted, waiting := stat.Sum(s.Latencies), s.Phase == Phases[0] || s.Phase == Phases[1]
		must(counted == s.Deliveries || waiting && counted < s.Deliveries, // a shard that has not been told the start knows no latency
			"series[%d].latencies: %d, of %d deliveries", i, counted, s.Deliveries)
		for b, n := range s.Latencies[:min(len(s.Latencies), LatencyBuckets)] {
			if _, high := LatencyBounds(b); !waiting && high <= s.T-t.Asked.WarmUpS-slack {
				cohort[b] += n
			}
		}
	}
	if h == nil {
		return
	}
	var held [LatencyBuckets]int64
	for v, n := range counts(h) {
		off := v / 500 // both histograms' rounding
		for b := LatencyBucket(time.Duration(v - off)); b <= LatencyBucket(time.Duration(v+off)); b++ {
			held[b] += n
		}
	}
	for b, n := range cohort {
		low, high := LatencyBounds(b)
		must(n <= held[b]+t.Duplicated, "series: %d deliveries of the cohort took %v to %v s, but %d of latency_hdr did", n, low, high, held[b])
	}
}
