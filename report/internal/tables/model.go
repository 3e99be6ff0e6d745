package tables

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/prose"
	"github.com/pollpush/pollpush/report/internal/trials"
)

const modelText = "What arithmetic predicts for N clients in rooms of λ messages a second, beside what was measured. Clients poll every T seconds, or wait at most W, with heartbeats every H; a round trip r is taken to be as long as posting a message took. ⚠ marks differences above 10 %."

var modelHead = document.Texts("transport", "number", "model", "modelled", "measured", "difference")

// modelSection holds what was measured against what arithmetic says.
func modelSection(r *trials.Point) document.Section {
	return document.Section{Title: "Model and measurement", About: modelText, Table: modelTable(r), Notes: agreement(r)}
}

// modelRow is one number beside its model.
func modelRow(m *model.Row, name document.Cell) []document.Cell {
	change := document.Number(number.ChangeText(m.Difference()), m.Difference())
	if m.Parts() {
		change.Stamp, change.Warning = "⚠", true
	}
	return []document.Cell{name, document.Text(m.Name), document.Text(m.Formula),
		document.Number(m.Unit.Format(m.Modelled), m.Modelled), document.Number(m.Unit.Format(m.Measured), m.Measured), change}
}

func modelTable(r *trials.Point) document.Table {
	t := document.Table{Head: modelHead}
	for _, m := range model.Modelled(r) {
		t.Rows = append(t.Rows, modelRow(&m, sideCell(r.Side(m.Transport))))
	}
	return t
}

// differences says in words where model and measurement part by more than 10 %.
func differences(r *trials.Point) []string {
	var out []string
	for i := range r.Sides {
		s := &r.Sides[i]
		for _, m := range model.Modelled(r) {
			if m.Transport != s.Transport || !m.Parts() {
				continue
			}
			text := fmt.Sprintf("%s, %s: measured %s, modelled %s (%s)",
				m.Transport, m.Name, m.Unit.Format(m.Measured), m.Unit.Format(m.Modelled), number.ChangeText(m.Difference()))
			if n := s.Used[0].Offered; m.Name == "messages offered per second" && s.Used[0].Asked.Arrivals != "constant" && n > 0 {
				text += fmt.Sprintf("; a random schedule of %s messages varies by about ±%s %%, and so does what depends on it",
					number.Thousands(fmt.Sprint(n)), number.Plain(100/math.Sqrt(float64(n))))
			}
			out = append(out, text+".")
		}
	}
	return out
}

// agreement is differences, or that there are none.
func agreement(r *trials.Point) []string {
	if parts := differences(r); len(parts) > 0 {
		return parts
	}
	if len(model.Modelled(r)) == 0 {
		return []string{"No trial completed, so there is nothing to compare with the model."}
	}
	return []string{"Model and measurement agree within 10 % everywhere."}
}

// differencesSection is where model and measurement part, at any point.
func differencesSection(s *trials.Set) document.Section {
	part := document.Section{Title: "Model and measurement", About: modelText}
	part.Table = document.Table{Head: slices.Insert(slices.Clone(modelHead), 0, document.Text("at")), Names: 2}
	modelled := false
	for _, p := range s.Points {
		for _, m := range model.Modelled(p) {
			modelled = true
			if m.Parts() {
				row := modelRow(&m, sideCell(p.Side(m.Transport)))
				part.Table.Rows = append(part.Table.Rows, slices.Insert(row, 0, document.Text(p.Label)))
			}
		}
	}
	switch {
	case !modelled:
		part.Notes = []string{"No trial completed, so there is nothing to compare with the model."}
	case len(part.Table.Rows) == 0:
		part.Notes = []string{"Model and measurement agree within 10 % everywhere."}
	default:
		part.Notes = []string{"Only differences above 10 % are shown."}
	}
	return part
}

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
			if _, ok := costs[a.Name]; !ok && a.Name == model.PerIdleClient.Name && s.Paced() && n >= model.FewestSeconds {
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
	parts := []model.Activity{model.PerDelivery, model.PerPollWithNews, model.PerEmptyPoll, model.PerIdleClient}
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

// breakEvenSection is every pair, as a table.
func breakEvenSection(s *trials.Set) document.Section {
	t := document.Table{Head: document.Texts("at", "transport", "against", "cost", "polling is cheaper", "may be", "by the unit costs", "then stale"), Names: 2}
	within, ranged := false, math.MaxInt
	for _, along := range s.BreakEvenAxes() {
		for _, l := range s.Cuts(along) {
			for _, b := range model.BreakEvens(&l) {
				t.Rows = append(t.Rows, row(&b))
				within = within || b.WithinTrials()
				if b.Banded() && b.Trials > 1 {
					ranged = min(ranged, b.Trials)
				}
			}
		}
	}
	notes := []string{"Between two measured neighbours, polling's cost is taken as linear in polls per second, and all costs as linear in messages per second; nothing is claimed beyond the measured range. With random arrivals, polling costs slightly more between two neighbours than that line; no interval includes this. The range of a crossing comes from the bands of both costs: where polling at its lowest meets push at its highest, and vice versa. “By the unit costs” is computed for each interval and rate from the costs of a poll with news, an empty poll, a delivery and an idle client, fitted to the seconds of all trials; – means that the two do not meet within the measured range, or that the seconds cannot separate these costs."}
	if within {
		notes = append(notes, "With one trial each, the band of server CPU is within one trial: the 95 % interval of the mean over the seconds of its steady state (Student's t). It leaves out what differs from trial to trial. Bytes then have no band.")
	}
	if ranged < stat.FewestForInterval {
		notes = append(notes, fmt.Sprintf("A band is the range of the trials. With %d trials it holds the true median in %s; 95 %% needs %d.", ranged, model.RangeHolds(ranged), stat.FewestForInterval))
	}
	if len(t.Rows) == 0 {
		notes = nil
	}
	return document.Section{Title: "Break-even", About: "Where polling begins to cost as little as push.", Table: t, Notes: notes}
}

// row is the crossing in the table.
func row(b *model.BreakEven) []document.Cell {
	c := prose.Crossing{BreakEven: b}
	w := c.Words()
	cheaper, fit, stale := "never", document.Text(document.Dash), document.Text(document.Dash)
	switch {
	case len(b.At) == 0 && b.CheaperAtEnd:
		cheaper = "always"
	case len(b.At) == 1 && b.CheaperAtEnd:
		cheaper = "from " + w.Print(b.At[0]) + " on"
	case len(b.At) == 1:
		cheaper = "up to " + w.Print(b.At[0])
	case len(b.At) > 1:
		cheaper = "in parts"
	}
	if len(b.At) == 0 {
		cheaper += ", " + w.Unit.Short(b.From) + " to " + w.Print(b.To)
	}
	if !math.IsNaN(b.ByUnitCosts) {
		fit = document.Number(w.Print(b.ByUnitCosts), b.ByUnitCosts)
		if b.Outside() {
			fit.Stamp, fit.Warning = "⚠", true
		}
	}
	if !math.IsNaN(b.Stale) {
		stale = document.Number(number.Share.Short(b.Stale), b.Stale)
	}
	return append(document.Texts(c.Circumstances(), b.Poll, b.Push, b.Cost.Name, cheaper, number.Or(c.Interval(), document.Dash)), fit, stale)
}
