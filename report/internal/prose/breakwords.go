package prose

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// breakEvenText is the sentences on one pair of transports, from its costs.
func breakEvenText(list []model.BreakEven) string {
	text := list[0].Circumstances() + ", " + trials.SpokenName(list[0].Poll) + " "
	stale := ""
	for i := range list {
		b := &list[i]
		if i > 0 {
			text += "; it "
		}
		text += b.Clause(i == 0)
		if stale == "" {
			stale = b.Staleness()
		}
	}
	return text + "." + stale
}

// breakEvenParagraphs are what the sweep says of where polling becomes cheaper:
// for the first transport that polls and each that does not or, where more than
// one key is swept, one of them.
func breakEvenParagraphs(s *trials.Set) (list []string) {
	axes := s.BreakEvenAxes()
	polls, pushes := s.PollAndPush()
	if len(axes) == 0 || len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	if len(s.Swept) > 1 {
		pushes = []string{trials.MainPush(pushes)}
	}
	for _, l := range s.Slices(axes[0]) {
		for _, push := range pushes {
			if pair := model.Pair(&l, polls[0], push); len(pair) > 0 {
				list = append(list, breakEvenText(pair))
			}
		}
	}
	return list
}

// breakEvenSection is every pair, as a table.
func breakEvenSection(s *trials.Set) document.Section {
	t := document.Table{Head: document.Texts("at", "transport", "against", "cost", "polling is cheaper", "may be", "by the unit costs", "then stale"), Names: 2}
	within, ranged := false, math.MaxInt
	for _, along := range s.BreakEvenAxes() {
		for _, l := range s.Slices(along) {
			for _, b := range model.BreakEvens(&l) {
				t.Rows = append(t.Rows, row(&b))
				within = within || b.WithinTrials()
				if b.Banded() && b.Trials > 1 {
					ranged = min(ranged, b.Trials)
				}
			}
		}
	}
	notes := []string{"Between two measured neighbours polling's cost is taken as linear in polls a second, and all costs as linear in messages a second; beyond what was measured nothing is said. Where messages come at random, polling costs a little more between two neighbours than that line, which is in no interval. What a crossing may be comes from the bands of both costs: where polling at its lowest meets push at its highest, and the other way round. By the unit costs means: from what a poll with news, an empty one, a delivery and an idle client cost in the seconds of all trials, worked out for each interval and rate; – stands there where the two do not meet within what was measured, or the seconds cannot tell such costs."}
	if within {
		notes = append(notes, "Where there is one trial of each, the band of server CPU is within one trial: the 95 % interval of the mean over the seconds of its steady state (Student's t). What differs from trial to trial is not in it. Bytes then have no band.")
	}
	if ranged < stat.FewestForInterval {
		notes = append(notes, fmt.Sprintf("A band is the range of the trials. Of %d trials it holds the true median in %s; 95 %% takes %d.", ranged, model.RangeHolds(ranged), stat.FewestForInterval))
	}
	if len(t.Rows) == 0 {
		notes = nil
	}
	return document.Section{Title: "Break-even", About: "Where polling begins to cost as little as push.", Table: t, Notes: notes}
}

// row is the crossing in the table.
func row(b *model.BreakEven) []document.Cell {
	w := b.Words()
	cheaper, fit, stale := "never", document.Text(document.Dash), document.Text(document.Dash)
	switch {
	case len(b.At) == 0 && b.CheaperAtEnd:
		cheaper = "always"
	case len(b.At) == 1 && b.CheaperAtEnd:
		cheaper = "from " + w.Print(b.At[0]) + " on"
	case len(b.At) == 1:
		cheaper = "up to " + w.Print(b.At[0])
	case len(b.At) > 1:
		cheaper = "by turns"
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
	return append(document.Texts(b.Circumstances(), b.Poll, b.Push, b.Cost.Name, cheaper, number.Or(b.Interval(), document.Dash)), fit, stale)
}
