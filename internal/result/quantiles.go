package result

import (
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
