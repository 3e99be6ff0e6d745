// Package export writes a report's numbers for other programs: in base units and
// in full precision.
package export

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
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
			return nil, fmt.Errorf("report: %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return files, histograms(s, files)
}

// sides are all transports at all points, in order.
func sides(s *trials.Set) iter.Seq2[*trials.Point, *trials.Side] {
	return func(yield func(*trials.Point, *trials.Side) bool) {
		for _, p := range s.Points {
			for i := range p.Sides {
				if !yield(p, &p.Sides[i]) {
					return
				}
			}
		}
	}
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

// pointKeys name what a point is asked for, as a trial's line does.
var pointKeys = []struct {
	name  string
	swept string // the scenario's key
	of    func(*result.Trial) float64
}{
	{"clients", "clients", func(t *result.Trial) float64 { return float64(t.Clients) }},
	{"rooms", "rooms", func(t *result.Trial) float64 { return float64(t.Asked.Rooms) }},
	{"payload_bytes", "payload", func(t *result.Trial) float64 { return float64(t.Asked.PayloadBytes) }},
	{"publish_rate", "publish.rate", func(t *result.Trial) float64 { return t.Asked.PublishRate }},
	{"poll_interval_s", "poll.interval", func(t *result.Trial) float64 { return t.Asked.PollIntervalS }},
}

// units are what other programs call them.
var units = map[number.Unit]struct {
	csv        string
	bench      string  // ends the metric's name, by the conventions of benchstat
	prometheus string  // likewise, by those of Prometheus
	base       float64 // what one of it is in Prometheus' unit
}{
	number.Count:     {"1", "", "", 1},
	number.Ratio:     {"1", "", "", 1},
	number.Seconds:   {"s", "-sec", "_seconds", 1},
	number.PerMinute: {"1/min", "/min", "_per_second", 1. / 60},
	number.PerSecond: {"1/s", "/sec", "_per_second", 1},
	number.BytesEach: {"bytes", "-B", "_bytes", 1},
	number.Memory:    {"bytes", "-B", "_bytes", 1},
	number.BitRate:   {"bit/s", "-bit/sec", "_bytes_per_second", 1. / 8},
	number.Share:     {"1", "-ratio", "_ratio", 1},
	number.Cores:     {"1", "-ratio", "_ratio", 1},
	number.CPURate:   {"1", "-ratio", "_ratio", 1},
}

// inFull prints all of a number.
func inFull(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
