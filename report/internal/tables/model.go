package tables

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/prose"
	"github.com/pollpush/pollpush/report/internal/trials"
)

const modelText = "What arithmetic predicts for N clients in rooms of λ messages a second, beside what was measured. Clients poll every T seconds, or wait at most W, with heartbeats every H; a round trip r is taken to be as long as posting a message took. ⚠ marks differences above 10 %."

var modelHead = document.Texts("transport", "number", "model", "modelled", "measured", "difference")

// modelRow is one number beside its model.
func modelRow(m *model.Row, name document.Cell) []document.Cell {
	change := document.Number(number.ChangeText(m.Difference()), m.Difference())
	if m.Parts() {
		change.Text = number.ChangeText(m.Difference(), 0.1)
		change.Stamp, change.Warning = "⚠", true
	}
	return []document.Cell{name, document.Text(m.Name), document.Text(m.Formula),
		document.Number(m.Unit.Format(m.Modelled), m.Modelled), document.Number(m.Unit.Format(m.Measured), m.Measured), change}
}

// modelSection is what was measured beside what arithmetic says; of a sweep, where
// the two part.
func modelSection(s *trials.Set) document.Section {
	part := document.Section{Title: "Model and measurement", About: modelText, Table: document.Table{Head: modelHead}}
	sweep := len(s.Points) > 1
	if sweep {
		part.Table.Head, part.Table.Names = slices.Insert(slices.Clone(modelHead), 0, document.Text("at")), 2
	}
	modelled, parted, strays := false, false, 0.0
	for _, p := range s.Points {
		for _, m := range model.Modelled(p) {
			modelled, parted = true, parted || m.Parts()
			if sweep && !m.Parts() {
				continue
			}
			side := p.Side(m.Transport)
			row := modelRow(&m, sideCell(side))
			if sweep {
				row = slices.Insert(row, 0, document.Text(p.Label))
			}
			part.Table.Rows = append(part.Table.Rows, row)
			if n := side.Used[0].Offered; m.Parts() && m.Name == "messages offered per second" && side.Used[0].Asked.Arrivals != "constant" && n > 0 {
				strays = math.Max(strays, 1/math.Sqrt(float64(n)))
			}
		}
	}
	switch {
	case !modelled:
		part.Notes = []string{"No trial completed, so there is nothing to compare with the model."}
	case !parted:
		part.Notes = []string{"Model and measurement agree within 10 % everywhere."}
	case sweep:
		part.Notes = []string{"Only differences above 10 % are shown."}
	}
	if strays > 0 {
		part.Notes = append(part.Notes, fmt.Sprintf("A random schedule of so few messages varies by about ±%s, and so does what depends on it.", number.Percent(strays)))
	}
	return part
}

// unitCostSection is what the server's activities cost one by one: of each
// transport or, in a sweep, fitted to all rates and intervals together.
func unitCostSection(s *trials.Set) document.Section {
	part := document.Section{Title: "Unit costs", About: "What each activity of the server costs, fitted to the seconds of the steady states.", Table: document.Table{Head: document.Texts("transport")}}
	t := &part.Table
	for _, a := range model.Activities {
		t.Head = append(t.Head, document.Text(a.Name))
	}
	t.Head = append(t.Head, document.Text("seconds fitted"))
	paced, pushed := false, false
	var again []string // which ask again as soon as they are answered
	add := func(names []document.Cell, side *trials.Side, costs map[string]model.UnitCost, seconds int) {
		if seconds == 0 {
			return
		}
		row := names
		for _, a := range model.Activities {
			row = append(row, costCell(costs, a))
		}
		t.Rows = append(t.Rows, append(row, document.Count(seconds)))
		_, held := costs[model.PerIdleClient.Name]
		paced, pushed = paced || side.Paced() && !held, pushed || !side.Paced()
		if side.Rearms() {
			again = append(again, side.Transport)
		}
	}
	if len(s.Points) == 1 {
		for i := range s.Points[0].Sides {
			side := &s.Points[0].Sides[i]
			costs, n := model.FitCosts(side)
			add([]document.Cell{sideCell(side)}, side, costs, n)
		}
	} else if axes := s.BreakEvenAxes(); len(axes) > 0 {
		part.About = "What each activity of the server costs, fitted to the seconds of the steady states at all rates and intervals together."
		t.Head, t.Names = slices.Insert(t.Head, 0, document.Text("at")), 2
		for _, l := range s.Cuts(axes[0]) {
			p := l.Points[0]
			if len(axes) > 1 && p.Head.Asked.PublishRate != s.Points[0].Head.Asked.PublishRate {
				continue // one fit holds all rates and intervals
			}
			for _, name := range s.Transports() {
				if m, ok := model.UnitModel(s, p, name, &model.Expenses[0]); ok {
					add(document.Texts(fitted(s, p), name), &m.Side, m.Costs, m.Seconds)
				}
			}
		}
	}
	if len(t.Rows) == 0 {
		return part
	}
	part.Notes = []string{fmt.Sprintf("CPU is fitted over the seconds of all trials used, except the first and last of each steady state: the server's CPU in a second is Σ cost × count, by non-negative least squares. ± is the standard error. – means that the seconds cannot separate a cost: its error is more than half of it, there are fewer than %d seconds, or the counts rise and fall together.", model.FewestSeconds)}
	if pushed {
		part.Notes = append(part.Notes, "A delivery includes its share of posting the message and, where clients ask again by themselves, the next request. An idle client-second includes all that the server does without messages, such as its runtime and heartbeats, divided by the clients.")
	}
	if len(again) > 0 {
		part.Notes = append(part.Notes, "For "+number.Join(number.Unique(again))+", requests with and without news are not separated: their cost is in the delivery and in the idle client-second.")
	}
	if paced {
		part.Notes = append(part.Notes, "Clients that poll at one interval make the same number of polls every second, so the cost of holding a client cannot be separated from its polls: it is included in them.")
	}
	return part
}

// costCell is what an activity costs, where the seconds show it.
func costCell(costs map[string]model.UnitCost, a model.Activity) document.Cell {
	c, ok := costs[a.Name]
	if !ok || !c.Known() {
		return document.Text(document.Dash)
	}
	return document.Number(c.String(), c.Value)
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
