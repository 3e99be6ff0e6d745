// Package prose says what a run's numbers mean: the verdict, the sentences and the
// tables of its report.
package prose

import (
	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// DocumentOf is the report of a run, of one point or several.
func DocumentOf(s *trials.Set) document.Document {
	d := document.Document{
		Title:       s.Title(),
		Reasons:     metric.DoubtsByReason(s.Together().All),
		Partial:     s.Partial(),
		Environment: environment(s),
		Repeat:      repeat(s.Points[0]),
	}
	d.Trials, d.Doubts = everyTrial(s)
	if len(s.Points) > 1 {
		d.Verdict, d.Charts = setJudge(s), charts.SetCharts(s)
		d.Table, d.Footnotes, d.Meanings = SetMainTable(s), setFootnotes(s), setMeanings()
		d.Sections = setSections(s)
		return d
	}
	p := s.Points[0]
	d.Verdict, d.Charts = pointJudge(p), charts.PointCharts(p)
	d.Table, d.Footnotes, d.Meanings = pointMainTable(p), pointFootnotes(p), meanings(metric.Metrics)
	d.Answers = map[figure.Question]document.Section{figure.BreaksFirst: nearness(p)}
	d.Sections = pointSections(p)
	return d
}
