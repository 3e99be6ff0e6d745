package result

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/stat"
)

// LeastBeyond is how many samples must at least lie beyond a percentile.
const LeastBeyond = 10

// Enough reports whether n samples can carry the percentile of share q
// (0.99 for p99): [LeastBeyond] of them must lie beyond it.
func Enough(n int64, q float64) bool {
	// The rounding guards against 1 − 0.9 being a little less than 0.1.
	return float64(n)*(1-q) >= LeastBeyond-1e-6
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
	all := float64(h.TotalCount())
	for middle, n := range counts(h) {
		mean += float64(n) * float64(middle) / all
	}
	return mean
}

// counts are how many values a histogram of histogramDigits holds, each by the
// middle of its counter.
func counts(h *hdrhistogram.Histogram) iter.Seq2[int64, int64] {
	return func(yield func(middle, n int64) bool) {
		const half = 10 // 2^10 counters for each power of two
		unit := bits.Len64(uint64(h.LowestTrackableValue())) - 1
		for i, n := range h.Export().Counts {
			if n == 0 {
				continue
			}
			power, from := max(0, i>>half-1), i&(1<<half-1)
			if i>>half > 0 {
				from += 1 << half
			}
			if !yield(int64(from)<<(unit+power)+int64(1)<<(unit+power)>>1, n) {
				return
			}
		}
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
	q := percentiles(int64(n), func(q float64) float64 { return sorted[max(int(math.Ceil(q*float64(n)-1e-9)), 1)-1] })
	q.Max, q.Mean = sorted[n-1], stat.Sum(sorted)/float64(n)
	return q
}

// A histogram's text is bounded, and so is its precision: the library sizes
// the counters by what the text says, 50 MB of them for 5 digits, and half a
// megabyte at most for 3.
const (
	maxHistogram    = 1 << 20
	histogramDigits = 3
)

// Longest is the largest value of a histogram, and the bound of every latency.
const Longest = time.Hour

// NewHistogram is an empty one, of nanoseconds from 1 to Longest.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(Longest), histogramDigits)
}

// DecodeHistogram reads a histogram (HdrHistogram V2, compressed, base64) of
// nanoseconds.
func DecodeHistogram(text string) (h *hdrhistogram.Histogram, err error) {
	if base64.StdEncoding.DecodedLen(len(text)) > maxHistogram {
		return nil, errors.New("is too large")
	}
	digits, err := precision(text)
	if err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	if digits != histogramDigits {
		return nil, fmt.Errorf("has %d significant digits, not %d", digits, histogramDigits)
	}
	if h, err = hdrhistogram.Decode([]byte(text)); err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	return h, nil
}

// precision reads a histogram's significant digits, and takes no memory for
// its counters.
func precision(text string) (digits int32, err error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	const packedHead = 8 // cookie and length
	if len(packed) < packedHead {
		return 0, io.ErrUnexpectedEOF
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[packedHead:]))
	if err != nil {
		return 0, err
	}
	var head struct{ Cookie, Length, Offset, Digits int32 }
	err = binary.Read(z, binary.BigEndian, &head)
	return head.Digits, err
}
