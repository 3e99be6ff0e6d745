package prose

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// SetMainTable is one row for each point and transport.
func SetMainTable(s *trials.Set) document.Table {
	t := document.Table{Head: document.Texts("at", "transport"), Names: 2, Numbers: true}
	for _, c := range metric.SweptColumns {
		t.Head = append(t.Head, document.Text(c.Head))
	}
	t.Head = append(t.Head, document.Texts("trials used", "validity")...)
	for _, p := range s.Points {
		for i := range p.Sides {
			side := &p.Sides[i]
			row := []document.Cell{pointCell(s, p, side), document.Text(side.Transport)}
			for _, c := range metric.SweptColumns {
				v := c.Cell(side.Used).Value
				row = append(row, document.Number(c.Unit.Format(v), v))
			}
			validity := document.Cell{Text: string(side.Stamp)}
			if stamp := sideCell(side).Stamp; stamp != "" {
				validity = document.Cell{Text: stamp, Warning: true}
			}
			t.Rows = append(t.Rows, append(row, document.Count(len(side.Used)), validity))
		}
	}
	return t
}

func setFootnotes(s *trials.Set) []string {
	notes := []string{"Numbers are medians over the trials used; the charts show how far these lie apart. Lost deliveries are sums. – stands where a number does not apply or was not measured, or too few samples lie beyond a percentile: p99 takes 1,000 samples."}
	if s.AsksAndPushes() {
		notes = append(notes, "Transports that do not poll at an interval are measured at one interval, since no other would change them.")
	}
	return notes
}

func setMeanings() []document.Meaning {
	var list []metric.Metric
	for _, c := range metric.SweptColumns {
		list = append(list, *c.Metric)
	}
	return meanings(list)
}

// partingsSection is where model and measurement part, at any point.
func partingsSection(s *trials.Set) document.Section {
	part := document.Section{Title: "Model and measurement", About: model.ModelText}
	part.Table = document.Table{Head: slices.Insert(slices.Clone(modelHead), 0, document.Text("at")), Names: 2}
	modelled := false
	for _, p := range s.Points {
		for _, m := range model.PointModelled(p) {
			modelled = true
			if m.Parts() {
				row := modelRow(&m, sideCell(p.Side(m.Transport)))
				part.Table.Rows = append(part.Table.Rows, slices.Insert(row, 0, document.Text(p.Label)))
			}
		}
	}
	switch {
	case !modelled:
		part.Notes = []string{"No trial ran to its end, so there is nothing to set beside the model."}
	case len(part.Table.Rows) == 0:
		part.Notes = []string{"Model and measurement agree within 10 % everywhere."}
	default:
		part.Notes = []string{"Only rows that part by more than 10 % are shown."}
	}
	return part
}

// unitCostSection is the costs by which crossings are modelled.
func unitCostSection(s *trials.Set) document.Section {
	t := document.Table{Head: document.Texts("at", "transport"), Names: 2}
	parts := []model.Activity{model.Delivering, model.Answering, model.Refraining, model.Holding}
	for _, a := range parts {
		t.Head = append(t.Head, document.Text(a.Name))
	}
	if len(s.BreakEvenAxes()) == 0 {
		return document.Section{}
	}
	for _, l := range s.Slices(s.BreakEvenAxes()[0]) {
		p := l.Points[0]
		if len(s.BreakEvenAxes()) > 1 && p.Head.Asked.PublishRate != s.Points[0].Head.Asked.PublishRate {
			continue // one fit holds all rates and intervals
		}
		for _, name := range s.Transports() {
			m, ok := model.UnitModel(s, p, name, &model.Expenses[0])
			if !ok {
				continue
			}
			row := document.Texts(fitted(s, p), name)
			for _, a := range parts {
				row = append(row, costCell(m.Costs, a))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return document.Section{Title: "Unit costs", About: "What each thing that the server does costs it, told apart by the seconds of the steady states at all rates and intervals together.", Table: t,
		Notes: []string{"CPU is fitted over the seconds of all trials used, but the first and the last of each steady state: the server's CPU in a second as Σ cost × count, by least squares without costs below zero. ± is the standard error. – stands where the seconds cannot tell. Several intervals tell what holding a client costs from what its polls do."}}
}

// fitted names what the trials of one fit have in common.
func fitted(s *trials.Set, p *trials.Point) string {
	var parts []string
	for _, key := range s.Swept {
		if x := trials.AxisOf(key); key != "poll.interval" && key != "publish.rate" {
			parts = append(parts, x.Label(x.Of(&p.Head)))
		}
	}
	return number.Or(strings.Join(parts, ", "), "all points")
}
