package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// sweptColumns are the metrics that decide, beside each other.
var sweptColumns = []struct {
	head string
	*metric
}{
	{"requests per client", &requests},
	{"latency, p50", &latency50},
	{"p99", &latency99},
	{"stale", &stale},
	{"bytes per delivery, in", &bytesIn},
	{"out", &bytesOut},
	{"bandwidth per client", &bandwidth},
	{"server CPU per client", &cpuPerClient},
	{"memory per client", &memoryPerClient},
	{"lost", &lost},
}

// values are an axis', each once, ascending.
func (s *sweep) values(x *axis) []float64 {
	var list []float64
	for _, p := range s.points {
		list = append(list, x.of(&p.head))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// mainTable is one row for each point and transport.
func (s *sweep) mainTable() table {
	t := table{head: []string{"at", "transport"}}
	for _, c := range sweptColumns {
		t.head = append(t.head, c.head)
	}
	t.head = append(t.head, "trials used", "validity")
	for _, p := range s.points {
		for i := range p.sides {
			part := &p.sides[i]
			row := []string{s.labelOf(p, part), part.transport}
			for _, c := range sweptColumns {
				row = append(row, c.unit.format(c.cell(part.used).value))
			}
			t.rows = append(t.rows, append(row, fmt.Sprint(len(part.used)), validityText(part)))
		}
	}
	return t
}

// labelOf names a point, where a transport knows of it: one that does not poll
// knows of no interval.
func (s *sweep) labelOf(p point, part *side) string {
	interval := axisOf("poll.interval")
	if part.paced() || len(part.used) == 0 || !slices.Contains(s.swept, interval.key) {
		return p.label
	}
	return or(s.held(&p.head, interval), "any interval")
}

// validityText is a side's stamp, and of how many trials.
func validityText(s *side) string {
	switch {
	case len(s.used) == 0:
		return "⚠ no complete trial"
	case s.stamp != result.Valid:
		return "⚠ " + string(s.stamp)
	}
	return string(s.stamp)
}

func (s *sweep) footnotes() []string {
	notes := []string{"Numbers are medians over the trials used; the charts show how far these lie apart. Lost deliveries are sums. – stands where a number does not apply or was not measured, or too few samples lie beyond a percentile: p99 takes 1,000 samples."}
	if s.asksAndPushes() {
		notes = append(notes, "Transports that do not poll at an interval are measured at one interval, since no other would change them.")
	}
	return notes
}

// asksAndPushes reports whether there are transports of both kinds at several
// intervals.
func (s *sweep) asksAndPushes() bool {
	_, pushes := s.pollAndPush()
	return len(pushes) > 0 && slices.Contains(s.swept, "poll.interval")
}

func (s *sweep) meanings() []meaning {
	var list []metric
	for _, c := range sweptColumns {
		list = append(list, *c.metric)
	}
	return meanings(list)
}

// partingsSection is where model and measurement part, at any point.
func (s *sweep) partingsSection() section {
	part := section{title: "Model and measurement", about: modelText}
	modelled := false
	for _, p := range s.points {
		modelled = modelled || len(p.modelled()) > 0
		t := p.modelTable()
		part.table.head = append([]string{"at"}, t.head...)
		for i, m := range p.modelled() {
			if m.parts() {
				part.table.rows = append(part.table.rows, append([]string{p.label}, t.rows[i]...))
			}
		}
	}
	switch {
	case !modelled:
		part.notes = []string{"No trial ran to its end, so there is nothing to set beside the model."}
	case len(part.table.rows) == 0:
		part.notes = []string{"Model and measurement agree within 10 % everywhere."}
	default:
		part.notes = []string{"Only rows that part by more than 10 % are shown."}
	}
	return part
}

// unitCostSection is the costs by which crossings are modelled.
func (s *sweep) unitCostSection() section {
	t := table{head: []string{"at", "transport"}}
	parts := []activity{delivering, answering, refraining, holding}
	for _, a := range parts {
		t.head = append(t.head, a.name)
	}
	if len(s.breakEvenAxes()) == 0 {
		return section{}
	}
	for _, l := range s.slices(s.breakEvenAxes()[0]) {
		p := l.points[0]
		if len(s.breakEvenAxes()) > 1 && p.head.Asked.PublishRate != s.points[0].head.Asked.PublishRate {
			continue // one fit holds all rates and intervals
		}
		for _, name := range s.transports() {
			m, ok := s.unitModel(p, name, &expenses[0])
			if !ok {
				continue
			}
			row := []string{s.fitted(p), name}
			for _, a := range parts {
				cell := "–"
				if c, has := m.costs[a.name]; has {
					cell = c.String()
				}
				row = append(row, cell)
			}
			t.rows = append(t.rows, row)
		}
	}
	return section{title: "Unit costs", about: "What each thing that the server does costs it, told apart by the seconds of the steady states at all rates and intervals together.", table: t,
		notes: []string{"CPU is fitted over the seconds of all trials used, but the first and the last of each steady state: the server's CPU in a second as Σ cost × count, by least squares without costs below zero. ± is the standard error. – stands where the seconds cannot tell. Several intervals tell what holding a client costs from what its polls do."}}
}

// fitted names what the trials of one fit have in common.
func (s *sweep) fitted(p point) string {
	var parts []string
	for _, key := range s.swept {
		if x := axisOf(key); key != "poll.interval" && key != "publish.rate" {
			parts = append(parts, x.label(x.of(&p.head)))
		}
	}
	return or(strings.Join(parts, ", "), "all points")
}

// trialsTable lists every trial of every point.
func (s *sweep) trialsTable() table {
	var all table
	for _, p := range s.points {
		t := p.trialsTable()
		all.head = append([]string{"at"}, t.head...)
		for _, row := range t.rows {
			all.rows = append(all.rows, append([]string{s.labelOf(p, p.side(row[0]))}, row...))
		}
	}
	return all
}
