package metric

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
)

// Enough is how many samples have to lie beyond a percentile for it to be
// shown.
const Enough = result.LeastBeyond

// Merged is the whole histograms of the trials in one, in nanoseconds; nil if
// there is nothing in them.
func Merged(trials []result.Trial) (*hdrhistogram.Histogram, error) {
	var all []*hdrhistogram.Histogram
	top := int64(2)
	for i := range trials {
		if trials[i].LatencyHDR == "" {
			continue
		}
		h, err := hdrhistogram.Decode([]byte(trials[i].LatencyHDR))
		if err != nil {
			return nil, fmt.Errorf("latency_hdr of trial %d cannot be read: %w", trials[i].Trial, err)
		}
		all, top = append(all, h), max(top, h.HighestTrackableValue())
	}
	if len(all) == 0 {
		return nil, nil
	}
	sum := hdrhistogram.New(1, top, 3)
	for _, h := range all {
		if dropped := sum.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("merging the histograms dropped %d samples", dropped)
		}
	}
	if sum.TotalCount() == 0 {
		return nil, nil
	}
	return sum, nil
}
