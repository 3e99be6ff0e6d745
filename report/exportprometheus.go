package report

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// prometheus is metrics.prom, in Prometheus' text format: a gauge for each
// metric, with a sample for each transport at each point that is not invalid.
func (s *sweep) prometheus() []byte {
	var b strings.Builder
	gauge(&b, "pollpush_trials_used", "trials whose numbers enter", s.samples(func(of *side) (float64, bool) { return float64(len(of.used)), true }))
	gauge(&b, "pollpush_suspect", "whether one of these trials is suspect: 1 if so, else 0", s.samples(func(of *side) (float64, bool) {
		if of.stamp == result.Suspect {
			return 1, true
		}
		return 0, true
	}))
	for i := range metrics {
		m := &metrics[i]
		u := exportUnits[m.unit]
		help := m.name + ": the median over the trials"
		if m.total {
			help = m.name + ": the sum over the trials"
		}
		gauge(&b, "pollpush_"+strings.ReplaceAll(m.id(), "-", "_")+u.prometheus, help, s.samples(func(of *side) (float64, bool) {
			c := m.cell(of.used)
			return c.value * u.base, c.known()
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
func (s *sweep) samples(of func(*side) (v float64, known bool)) (list []string) {
	for _, p := range s.points {
		labels := labelPair("scenario", p.head.Scenario) + "," + labelPair("scenario_hash", p.head.ScenarioHash)
		for _, k := range pointKeys {
			labels += "," + labelPair(k.name, inFull(k.of(&p.head)))
		}
		for i := range p.sides {
			side := &p.sides[i]
			if !side.counts() {
				continue
			}
			if v, known := of(side); known {
				list = append(list, "{"+labels+","+labelPair("transport", side.transport)+"} "+inFull(v)+"\n")
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
