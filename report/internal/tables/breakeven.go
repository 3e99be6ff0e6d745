package tables

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/prose"
	"github.com/pollpush/pollpush/report/internal/trials"
)

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
