package tables

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// unitCosts is what the server's activities cost one by one, by transport. Rows
// of which nothing is known are left out.
func unitCosts(r *trials.Point) document.Table {
	t := acrossTable(r, "unit cost")
	rows := make([][]document.Cell, len(model.Activities))
	for i, a := range model.Activities {
		rows[i] = document.Texts(a.Name)
	}
	fitted := document.Texts("seconds fitted")
	for i := range r.Sides {
		s := &r.Sides[i]
		costs, n := model.FitCosts(s)
		for k, a := range model.Activities {
			cell := costCell(costs, a)
			if _, ok := costs[a.Name]; !ok && a.Name == model.Holding.Name && s.Paced() && n >= model.FewestSeconds {
				cell = document.Text("included in the polls")
			}
			rows[k] = append(rows[k], cell)
		}
		count := document.Text(document.Dash)
		if n > 0 {
			count = document.Count(n)
		}
		fitted = append(fitted, count)
	}
	rows = append(rows, fitted)
	for i := range metric.IdleMemory {
		row, _ := metricRow(r, &metric.IdleMemory[i])
		rows = append(rows, row)
	}
	for _, row := range rows {
		if slices.ContainsFunc(row[1:], document.Cell.Known) {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// costCell is what an activity costs, where the seconds tell it.
func costCell(costs map[string]model.UnitCost, a model.Activity) document.Cell {
	c, ok := costs[a.Name]
	if !ok || !c.Known() {
		return document.Text(document.Dash)
	}
	return document.Number(c.String(), c.Value)
}

// unitCostNotes are what a reader of [run.unitCosts] has to know.
func unitCostNotes(r *trials.Point) []string {
	paced, pushed, fitted, idle, below := false, false, false, false, false
	var again []string // which ask again as soon as they are answered
	for i := range r.Sides {
		s := &r.Sides[i]
		_, n := model.FitCosts(s)
		fitted = fitted || n > 0
		paced = paced || n > 0 && s.Paced()
		pushed = pushed || n > 0 && !s.Paced()
		if n > 0 && s.Rearms() {
			again = append(again, s.Transport)
		}
		idle = idle || metric.IdleMemory[0].Cell(s.Used).Known()
		below = below || len(metric.Remaining.Cell(s.Used).Values) < len(metric.Heap.Cell(s.Used).Values)
	}
	var notes []string
	if fitted {
		notes = append(notes, fmt.Sprintf("CPU is fitted over the seconds of all trials used, except the first and last of each steady state: the server's CPU in a second is Σ cost × count, by non-negative least squares. ± is the standard error. – means that the seconds cannot separate a cost: its error is more than half of it, there are fewer than %d seconds, or the counts rise and fall together.", model.FewestSeconds))
	}
	if pushed {
		notes = append(notes, "A delivery includes its share of posting the message and, where clients ask again by themselves, the next request. An idle client-second includes all that the server does without messages, such as its runtime and heartbeats, divided by the clients.")
	}
	if len(again) > 0 {
		notes = append(notes, "For "+number.Join(again)+", requests with and without news are not separated: their cost is in the delivery and in the idle client-second.")
	}
	if paced {
		notes = append(notes, "Clients that poll at one interval make the same number of polls every second, so the cost of holding a client cannot be separated from its polls: it is included in them.")
	}
	if idle {
		notes = append(notes, "Memory per idle client is the server's growth from before the first client until all were connected and no message was sent, including garbage from connecting. Kernel sockets are not part of it: they are socket buffers and, if /proc/slabinfo can be read, the sockets themselves.")
	}
	if below {
		notes = append(notes, "In some trials the rest is below zero, and that row leaves them out: heap and stacks in use can grow by more than resident memory, into pages that were already resident.")
	}
	return notes
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
	for _, l := range s.Cuts(s.BreakEvenAxes()[0]) {
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
	return document.Section{Title: "Unit costs", About: "What each activity of the server costs, fitted to the seconds of the steady states at all rates and intervals together.", Table: t,
		Notes: []string{"CPU is fitted over the seconds of all trials used, except the first and last of each steady state: the server's CPU in a second is Σ cost × count, by non-negative least squares. ± is the standard error. – means that the seconds cannot separate a cost. Several intervals separate the cost of holding a client from that of its polls."}}
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
