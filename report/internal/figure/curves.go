package figure

import (
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Sample is one metric of one transport at one point.
type Sample struct {
	metric.Cell // its low and high are the band
	X           float64
	Side        *trials.Side
	Elsewhere   bool // measured at another poll interval, of which the transport does not know
}

// Sound reports whether the sample may be joined with others to a line.
func (s *Sample) Sound() bool { return s.Side.Counts() }
