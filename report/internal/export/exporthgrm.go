package export

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// histograms adds to files what the deliveries of each transport took, at each
// point, in milliseconds: percentile distributions as plotters of HdrHistogram
// read them. What is invalid, or cannot be merged, has none.
func histograms(s *trials.Set, files map[string][]byte) error {
	for _, p := range s.Points {
		for i := range p.Sides {
			side := &p.Sides[i]
			if !side.Counts() {
				continue
			}
			h, err := metric.Merged(side.Used)
			if h == nil || err != nil {
				continue
			}
			name := "histograms/" + fileName(side.Transport) + pointName(s, p) + ".hgrm"
			if files[name] != nil {
				return fmt.Errorf("report: %s is of two points of the run, which say that they are the same: report each by itself", name)
			}
			const ticks = 5 // for each half of what is left to 1: what plotters expect
			var text bytes.Buffer
			if _, err := h.PercentilesPrint(&text, ticks, float64(time.Millisecond)); err != nil {
				return fmt.Errorf("report: %s: %w", name, err)
			}
			files[name] = text.Bytes()
		}
	}
	return nil
}

// pointName tells a point from the run's others, in the name of a file.
func pointName(s *trials.Set, p *trials.Point) (name string) {
	for _, k := range pointKeys {
		if slices.Contains(s.Swept, k.swept) {
			name += "-" + k.name + "=" + inFull(k.of(&p.Head))
		}
	}
	return name
}
