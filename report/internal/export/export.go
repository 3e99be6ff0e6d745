// Package export writes a report's numbers for other programs: in base units and
// in full precision.
package export

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"

	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Files are the exports by name. It is an error if two points of the run have
// the same values.
func Files(s *trials.Set) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, write := range map[string]func(*trials.Set, *bytes.Buffer) error{
		"bench.txt": bench, "metrics.prom": prometheus, "summary.csv": table, "junit.xml": tests,
	} {
		var b bytes.Buffer
		if err := write(s, &b); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return files, histograms(s, files)
}

// cells are the metrics that a side has a number of.
func cells(s *trials.Side) iter.Seq2[*metric.Metric, metric.Cell] {
	return func(yield func(*metric.Metric, metric.Cell) bool) {
		for i := range metric.Metrics {
			m := &metric.Metrics[i]
			if c := m.Cell(s.Used); c.Known() && !yield(m, c) {
				return
			}
		}
	}
}

// statistic is what a cell is of its trials.
func statistic(m *metric.Metric) string {
	if m.Total {
		return "sum"
	}
	return "median"
}

// inFull prints all of a number.
func inFull(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
