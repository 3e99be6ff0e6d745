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
	var d document.Document
	if len(s.Points) == 1 {
		d = pointDocument(s.Points[0])
	} else {
		d = SetDocument(s)
	}
	d.Partial = s.Partial()
	return d
}

func pointDocument(r *trials.Point) document.Document {
	return document.Document{
		Title:       r.Title(),
		Verdict:     pointJudge(r),
		Table:       pointMainTable(r),
		Footnotes:   pointFootnotes(r),
		Meanings:    meanings(metric.Metrics),
		Charts:      charts.PointCharts(r),
		Answers:     map[figure.Question]document.Section{figure.BreaksFirst: nearness(r)},
		Sections:    append([]document.Section{modelSection(r)}, pointSections(r)...),
		Trials:      pointTrialsTable(r),
		Reasons:     metric.DoubtsByReason(r.All),
		Environment: pointEnvironment(r),
		Repeat:      repeat(r),
	}
}
