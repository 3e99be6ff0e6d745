package export

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// prometheus is metrics.prom, in Prometheus' text format: a gauge for each
// metric, with a sample for each transport at each point that is not invalid.
func prometheus(s *trials.Set, b *bytes.Buffer) error {
	gauge := func(name, help string, value func(*trials.Side) (v float64, known bool)) {
		head := fmt.Sprintf("# HELP %s %s\n# TYPE %s gauge\n", name, helpEscapes.Replace(help), name)
		for p, side := range s.Sides() {
			if !side.Counts() {
				continue
			}
			if v, known := value(side); known {
				b.WriteString(head + name + labels(p, side) + " " + inFull(v) + "\n")
				head = ""
			}
		}
	}
	gauge("pollpush_trials_used", "trials whose numbers enter", func(s *trials.Side) (float64, bool) { return float64(len(s.Used)), true })
	gauge("pollpush_suspect", "whether one of these trials is suspect: 1 if so, else 0", func(s *trials.Side) (float64, bool) {
		if s.Stamp == result.Suspect {
			return 1, true
		}
		return 0, true
	})
	for i := range metric.Metrics {
		m := &metric.Metrics[i]
		u := m.Unit.Names()
		name := "pollpush_" + strings.ReplaceAll(m.ID(), "-", "_") + u.Prometheus
		gauge(name, m.Name+": the "+statistic(m)+" over the trials", func(s *trials.Side) (float64, bool) {
			c := m.Cell(s.Used)
			return c.Value * u.Base, c.Known()
		})
	}
	return nil
}

// labels tell a sample from a metric's others.
func labels(p *trials.Point, s *trials.Side) string {
	pair := func(name, value string) string { return name + `="` + labelEscapes.Replace(value) + `"` }
	list := []string{pair("scenario", p.Head.Scenario), pair("scenario_hash", p.Head.ScenarioHash)}
	for _, x := range trials.Axes {
		list = append(list, pair(x.Field, inFull(x.Of(&p.Head))))
	}
	return "{" + strings.Join(append(list, pair("transport", s.Transport)), ",") + "}"
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
