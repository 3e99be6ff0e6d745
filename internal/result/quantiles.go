package result

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Enough reports whether n samples can carry the percentile of share q
// (0.99 for p99): at least ten of them must lie beyond it.
func Enough(n int64, q float64) bool {
	// The rounding guards against 1 − 0.9 being a little less than 0.1.
	return float64(n)*(1-q) >= 10-1e-6
}

// Summarize takes the percentiles of a histogram of nanoseconds, or nil where
// it is empty.
func Summarize(h *hdrhistogram.Histogram) *Quantiles {
	n := h.TotalCount()
	if n == 0 {
		return nil
	}
	q := percentiles(n, func(q float64) float64 { return seconds(h.ValueAtQuantile(100 * q)) })
	q.Max, q.Mean = seconds(h.ValueAtQuantile(100)), mean(h)/float64(time.Second)
	return q
}

// percentiles are those of n samples that so many can carry.
func percentiles(n int64, at func(q float64) float64) *Quantiles {
	enough := func(q float64) *float64 {
		if !Enough(n, q) {
			return nil
		}
		return new(at(q))
	}
	return &Quantiles{P50: enough(.5), P90: enough(.9), P99: enough(.99), P999: enough(.999), N: n}
}

// mean is the histogram's, to the last bit as its own Mean gives it, which takes
// several times as long: reading results takes means of all of them.
func mean(h *hdrhistogram.Histogram) (mean float64) {
	if h.SignificantFigures() != histogramDigits {
		return h.Mean()
	}
	const half = 10 // 2^10 counters for each power of two
	unit := bits.Len64(uint64(h.LowestTrackableValue())) - 1
	all := float64(h.TotalCount())
	for i, n := range h.Export().Counts {
		if n == 0 {
			continue
		}
		power, from := max(0, i>>half-1), i&(1<<half-1)
		if i>>half > 0 {
			from += 1 << half
		}
		middle := int64(from)<<(unit+power) + int64(1)<<(unit+power)>>1
		mean += float64(n) * float64(middle) / all
	}
	return mean
}

func seconds(ns int64) float64 { return time.Duration(ns).Seconds() }

// SummarizeShares takes the percentiles of shares, exactly, or nil of none. A
// percentile is the lowest value that as many as it says are not above.
func SummarizeShares(shares []float64) *Quantiles {
	n := len(shares)
	if n == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(shares))
	q := percentiles(int64(n), func(q float64) float64 { return sorted[max(int(math.Ceil(q*float64(n)-1e-9)), 1)-1] })
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	q.Max, q.Mean = sorted[n-1], sum/float64(n)
	return q
}
