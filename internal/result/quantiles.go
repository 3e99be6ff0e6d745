package result

import (
	"math"
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
	at := func(q float64) *float64 {
		if !Enough(n, q) {
			return nil
		}
		v := seconds(h.ValueAtQuantile(100 * q))
		return &v
	}
	return &Quantiles{
		P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999),
		Max: seconds(h.Max()), Mean: h.Mean() / float64(time.Second), N: n,
	}
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
	at := func(q float64) *float64 {
		if !Enough(int64(n), q) {
			return nil
		}
		return &sorted[max(int(math.Ceil(q*float64(n)-1e-9)), 1)-1]
	}
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	return &Quantiles{P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: sorted[n-1], Mean: sum / float64(n), N: int64(n)}
}
