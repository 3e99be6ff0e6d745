package export

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// histograms adds to files what the deliveries of each transport took, at each
// point, in milliseconds: percentile distributions as plotters of HdrHistogram
// read them. What is invalid, or cannot be merged, has none.
func histograms(s *trials.Set, files map[string][]byte) error {
	for p, side := range s.Sides() {
		if !side.Counts() {
			continue
		}
		h, err := metric.Merged(side.Used)
		if h == nil || err != nil {
			continue
		}
		name := histogramName(s, p, side)
		if files[name] != nil {
			return fmt.Errorf("%s is of two points of the run, which say that they are the same: report each by itself", name)
		}
		const ticks = 5 // for each half of what is left to 1: what plotters expect
		var text bytes.Buffer
		if _, err := h.PercentilesPrint(&text, ticks, float64(time.Millisecond)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		files[name] = text.Bytes()
	}
	return nil
}

// histogramName tells a point from the run's others by what is swept.
func histogramName(s *trials.Set, p *trials.Point, side *trials.Side) string {
	name := "histograms/" + fileName(side.Transport)
	for _, x := range trials.Axes {
		if slices.Contains(s.Swept, x.Key) {
			name += "-" + x.Field + "=" + inFull(x.Of(&p.Head))
		}
	}
	return name + ".hgrm"
}

// fileName is a name that any file system takes and that leads nowhere else,
// another one for each s.
func fileName(s string) string {
	const longest = 100
	var name strings.Builder
	for _, b := range []byte(s) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' {
			name.WriteByte(b)
		} else {
			fmt.Fprintf(&name, "~%02X", b)
		}
	}
	if name.Len() > longest {
		return fmt.Sprintf("~~%x", sha256.Sum256([]byte(s)))
	}
	return name.String()
}
