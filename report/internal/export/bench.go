package export

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// bench is bench.txt, in the format of Go's benchmarks: a line for each trial
// that is not invalid, of which benchstat makes statistics of its own.
func bench(s *trials.Set, b *bytes.Buffer) error {
	for i := range metric.Metrics {
		m := &metric.Metrics[i]
		if way := (map[metric.Preference]string{metric.Lower: "lower", metric.Higher: "higher"})[m.Better]; way != "" {
			fmt.Fprintf(b, "Unit %s better=%s\n", benchName(m), way)
		}
	}
	var before *trials.Point
	for p, side := range s.Sides() {
		if p != before {
			before = p
			// The commit is no key: benchstat compares nothing that differs in one.
			fmt.Fprintf(b, "\n# commit %s\nscenario: %s\nscenario-hash: %s\ncpu: %s\n", p.Head.Env.Commit, p.Head.Scenario, p.Head.ScenarioHash, p.Head.Env.CPUModel)
		}
		if !side.Counts() {
			continue
		}
		for i := range side.Used {
			benchLine(&side.Used[i], b)
		}
	}
	return nil
}

func benchName(m *metric.Metric) string { return m.ID() + m.Unit.Names().Bench }

// benchLine writes what a trial measured, once.
func benchLine(t *result.Trial, b *bytes.Buffer) {
	var values strings.Builder
	for i := range metric.Metrics {
		if v := metric.Metrics[i].Of(t); !math.IsNaN(v) {
			values.WriteString(" " + inFull(v) + " " + benchName(&metric.Metrics[i]))
		}
	}
	if values.Len() == 0 {
		return
	}
	b.WriteString("BenchmarkChat/transport=" + benchWord(t.Transport))
	for _, x := range trials.Axes {
		b.WriteString("/" + x.Field + "=" + strconv.FormatFloat(x.Of(t), 'f', -1, 64)) // a number after a - would be a count of processors
	}
	b.WriteString(" 1" + values.String() + "\n")
}

// benchWord is s in a form that is one part of a benchmark's name.
func benchWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' || r == '=' {
			return '_'
		}
		return r
	}, s)
}
