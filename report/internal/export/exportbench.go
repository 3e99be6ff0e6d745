package export

import (
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
func bench(s *trials.Set) []byte {
	var b strings.Builder
	for i := range metric.Metrics {
		benchUnit(&metric.Metrics[i], &b)
	}
	for _, p := range s.Points {
		fmt.Fprintf(&b, "\n# commit %s", p.Head.Env.Commit) // no key: benchstat compares nothing that differs in one
		for _, c := range [...]struct{ key, value string }{
			{"scenario", p.Head.Scenario}, {"scenario-hash", p.Head.ScenarioHash}, {"cpu", p.Head.Env.CPUModel},
		} {
			fmt.Fprintf(&b, "\n%s: %s", c.key, c.value)
		}
		b.WriteByte('\n')
		for i := range p.Sides {
			if side := &p.Sides[i]; side.Counts() {
				for j := range side.Used {
					benchLine(&b, &side.Used[j])
				}
			}
		}
	}
	return []byte(b.String())
}

// benchUnit says which way is better.
func benchUnit(m *metric.Metric, b *strings.Builder) {
	if way := (map[metric.Preference]string{metric.Lower: "lower", metric.Higher: "higher"})[m.Better]; way != "" {
		fmt.Fprintf(b, "Unit %s better=%s\n", benchName(m), way)
	}
}

func benchName(m *metric.Metric) string { return m.ID() + exportUnits[m.Unit].bench }

// benchLine writes what a trial measured, once.
func benchLine(b *strings.Builder, t *result.Trial) {
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
	for _, k := range pointKeys {
		b.WriteString("/" + k.name + "=" + strconv.FormatFloat(k.of(t), 'f', -1, 64)) // a number after a - would be a count of processors
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
