package prose

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// SetDocument is the report of a sweep.
func SetDocument(s *trials.Set) document.Document {
	all := s.Together()
	return document.Document{
		Title:       s.Title(),
		Verdict:     setJudge(s),
		Table:       SetMainTable(s),
		Footnotes:   setFootnotes(s),
		Meanings:    setMeanings(s),
		Charts:      charts.SetCharts(s),
		Sections:    setSections(s),
		Trials:      setTrialsTable(s),
		Reasons:     metric.DoubtsByReason(all.All),
		Environment: setEnvironment(s, all),
		Repeat:      repeat(s.Points[0]),
	}
}

// setJudge puts the losses and what is invalid at any point before all else, then
// where polling and push cost the same or, where that is not to be had, how they
// compare at the first and the last point.
func setJudge(s *trials.Set) document.Verdict {
	v := document.Verdict{Headlines: headlines(s), Paragraphs: breakEvenParagraphs(s)}
	if len(v.Paragraphs) == 0 {
		v.Paragraphs = setEnds(s)
		if text := Extremes(s); text != "" {
			v.Paragraphs = append(v.Paragraphs, text)
		}
		if len(s.BreakEvenAxes()) > 0 {
			v.Notes = append(v.Notes, "Where polling begins to be cheaper than push cannot be told: that takes two points at which both are sound and have lost nothing.")
		}
	}
	v.Paragraphs = append(v.Paragraphs, model.Breaking(s))
	if text := model.Suspects(s); text != "" {
		v.Notes = append(v.Notes, text)
	}
	all := s.Together()
	least := slices.MinFunc(all.Sides, func(a, b trials.Side) int { return len(a.Used) - len(b.Used) })
	most := slices.MaxFunc(all.Sides, func(a, b trials.Side) int { return len(a.Used) - len(b.Used) })
	v.Notes = append(v.Notes, spreads([]*trials.Side{&least, &most}, len(s.BreakEvenAxes()) == 0)...)
	return v
}

// setEnds compares the first transport that polls with push, at the first and the
// last point where both are sound.
func setEnds(s *trials.Set) []string {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 {
		return nil
	}
	var list []string
	for _, p := range s.Points {
		poll, _ := s.SideAt(p, polls[0])
		push, _ := s.SideAt(p, trials.MainPush(pushes))
		if poll != nil && push != nil && metric.Fair(poll) && metric.Fair(push) {
			list = append(list, p.Circumstances()+", "+compareSides(poll, push))
		}
	}
	if len(list) > 2 {
		list = []string{list[0], list[len(list)-1]}
	}
	return list
}

// setSections are the tables of the sweep for readers who ask further.
func setSections(s *trials.Set) []document.Section {
	var list []document.Section
	for _, part := range []document.Section{breakEvenSection(s), partingsSection(s), unitCostSection(s)} {
		if len(part.Table.Rows) > 0 || len(part.Notes) > 0 {
			list = append(list, part)
		}
	}
	return list
}

// setEnvironment is that of all points, with the values that were swept.
func setEnvironment(s *trials.Set, all *trials.Point) document.Table {
	t := pointEnvironment(all)
	differs := map[string]bool{"scenario hash": true, "load": true, "poll interval": slices.Contains(s.Swept, "poll.interval")}
	t.Rows = slices.DeleteFunc(t.Rows, func(row []string) bool { return differs[row[0]] })
	var rows [][]string
	for _, key := range s.Swept {
		x := trials.AxisOf(key)
		var list []string
		for _, v := range s.Values(x) {
			list = append(list, x.Unit.Short(v))
		}
		rows = append(rows, []string{"swept: " + key, strings.Join(list, ", ")})
	}
	rows = append(rows, []string{"arrivals", number.Or(all.Head.Asked.Arrivals, "unknown")})
	t.Rows = slices.Insert(t.Rows, 1, rows...)
	return t
}
