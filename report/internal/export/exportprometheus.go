package export

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// prometheus is metrics.prom, in Prometheus' text format: a gauge for each
// metric, with a sample for each transport at each point that is not invalid.
func prometheus(s *trials.Set) []byte {
	var b strings.Builder
	gauge(&b, "pollpush_trials_used", "trials whose numbers enter", samples(s, func(of *trials.Side) (float64, bool) { return float64(len(of.Used)), true }))
	gauge(&b, "pollpush_suspect", "whether one of these trials is suspect: 1 if so, else 0", samples(s, func(of *trials.Side) (float64, bool) {
		if of.Stamp == result.Suspect {
			return 1, true
		}
		return 0, true
	}))
	for i := range metric.Metrics {
		m := &metric.Metrics[i]
		u := exportUnits[m.Unit]
		help := m.Name + ": the median over the trials"
		if m.Total {
			help = m.Name + ": the sum over the trials"
		}
		gauge(&b, "pollpush_"+strings.ReplaceAll(m.ID(), "-", "_")+u.prometheus, help, samples(s, func(of *trials.Side) (float64, bool) {
			c := m.Cell(of.Used)
			return c.Value * u.base, c.Known()
		}))
	}
	return []byte(b.String())
}

// gauge writes a metric, if there are samples of it.
func gauge(b *strings.Builder, name, help string, samples []string) {
	if len(samples) == 0 {
		return
	}
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, helpEscapes.Replace(help), name)
	for _, sample := range samples {
		b.WriteString(name + sample)
	}
}

// samples are the values of all sides that have one, each with its labels.
func samples(s *trials.Set, of func(*trials.Side) (v float64, known bool)) (list []string) {
	for _, p := range s.Points {
		labels := labelPair("scenario", p.Head.Scenario) + "," + labelPair("scenario_hash", p.Head.ScenarioHash)
		for _, k := range pointKeys {
			labels += "," + labelPair(k.name, inFull(k.of(&p.Head)))
		}
		for i := range p.Sides {
			side := &p.Sides[i]
			if !side.Counts() {
				continue
			}
			if v, known := of(side); known {
				list = append(list, "{"+labels+","+labelPair("transport", side.Transport)+"} "+inFull(v)+"\n")
			}
		}
	}
	return list
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func labelPair(name, value string) string { return name + `="` + labelEscapes.Replace(value) + `"` }
