package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/pollpush/pollpush/internal/result"
)

// bench is bench.txt, in the format of Go's benchmarks: a line for each trial
// that is not invalid, of which benchstat makes statistics of its own.
func (s *sweep) bench() []byte {
	var b strings.Builder
	for i := range metrics {
		metrics[i].benchUnit(&b)
	}
	for _, p := range s.points {
		fmt.Fprintf(&b, "\n# commit %s", p.head.Env.Commit) // no key: benchstat compares nothing that differs in one
		for _, c := range [...]struct{ key, value string }{
			{"scenario", p.head.Scenario}, {"scenario-hash", p.head.ScenarioHash}, {"cpu", p.head.Env.CPUModel},
		} {
			fmt.Fprintf(&b, "\n%s: %s", c.key, c.value)
		}
		b.WriteByte('\n')
		for i := range p.sides {
			if side := &p.sides[i]; side.counts() {
				for j := range side.used {
					benchLine(&b, &side.used[j])
				}
			}
		}
	}
	return []byte(b.String())
}

// benchUnit says which way is better.
func (m *metric) benchUnit(b *strings.Builder) {
	if way := (map[preference]string{lower: "lower", higher: "higher"})[m.better]; way != "" {
		fmt.Fprintf(b, "Unit %s better=%s\n", m.benchName(), way)
	}
}

func (m *metric) benchName() string { return m.id() + exportUnits[m.unit].bench }

// benchLine writes what a trial measured, once.
func benchLine(b *strings.Builder, t *result.Trial) {
	var values strings.Builder
	for i := range metrics {
		if v := metrics[i].of(t); !math.IsNaN(v) {
			values.WriteString(" " + inFull(v) + " " + metrics[i].benchName())
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
