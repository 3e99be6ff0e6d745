package report

import (
	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/prose"
	"github.com/pollpush/pollpush/report/internal/tables"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// documentOf is the report of a run, of one point or several.
func documentOf(s *trials.Set) document.Document {
	d := document.Document{
		Title:       s.Title(),
		Verdict:     prose.Verdict(s),
		Reasons:     metric.DoubtsByReason(s.Together().All),
		Partial:     s.Partial(),
		Environment: tables.Environment(s),
		Repeat:      tables.Repeat(s.Points[0]),
	}
	d.Trials, d.Doubts = tables.Trials(s)
	if len(s.Points) > 1 {
		d.Charts = charts.SetCharts(s)
		d.Table, d.Footnotes, d.Meanings = tables.SetTable(s), tables.SetNotes(s), tables.SetMeanings()
		d.Sections = tables.SetSections(s)
		return d
	}
	p := s.Points[0]
	d.Charts = charts.PointCharts(p)
	d.Table, d.Footnotes, d.Meanings = tables.PointTable(p), tables.PointNotes(p), tables.Meanings(metric.Metrics)
	d.Answers = map[figure.Question]document.Section{figure.BreaksFirst: tables.Nearness(p)}
	d.Sections = tables.PointSections(p)
	return d
}
