package tables

import (
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Main is the table that every reader wants: metrics by transport, or, of a sweep,
// a row for each point and transport.
func Main(s *trials.Set) (document.Table, []document.Meaning) {
	if len(s.Points) > 1 {
		return sweptTable(s), meanings(metric.SweptColumns)
	}
	r := s.Points[0]
	t, _ := metricsTable(r, metric.Metrics)
	row := []document.Cell{document.Text("trials shown")}
	for i := range r.Sides {
		row = append(row, document.Count(len(r.Sides[i].Used)))
	}
	t.Rows = slices.Insert(t.Rows, 0, row)
	return t, meanings(metric.Metrics)
}

// knownTable is metrics by transport, without the rows of which no trial holds
// any number, and the metrics that have a row.
func knownTable(r *trials.Point, list []metric.Metric) (document.Table, []metric.Metric) {
	list = slices.Clone(list)
	for i := range list {
		list[i].Rare = true
	}
	return metricsTable(r, list)
}

// metricsTable is metrics by transport, and the metrics that have a row: the
// median over the trials, with the range beside it where there are several.
func metricsTable(r *trials.Point, metrics []metric.Metric) (document.Table, []metric.Metric) {
	t := acrossTable(r, "metric")
	var shown []metric.Metric
	for _, m := range metrics {
		if row, known := metricRow(r, &m); known || !m.Rare {
			t.Rows, shown = append(t.Rows, row), append(shown, m)
		}
	}
	return t, shown
}

// acrossTable has a column for each transport, and no rows.
func acrossTable(r *trials.Point, what string) document.Table {
	t := document.Table{Head: document.Texts(what), Numbers: true, Across: true}
	for i := range r.Sides {
		t.Head = append(t.Head, sideCell(&r.Sides[i]))
	}
	return t
}

// metricRow is one metric of all transports; known reports whether any has it.
func metricRow(r *trials.Point, m *metric.Metric) (row []document.Cell, known bool) {
	row = document.Texts(m.Name)
	for i := range r.Sides {
		c := m.Cell(r.Sides[i].Used)
		known = known || c.Known()
		row = append(row, document.Measured(m, c))
	}
	return row, known
}

// sideCell is a transport's name with its stamp.
func sideCell(s *trials.Side) document.Cell {
	c := document.Text(s.Transport)
	switch {
	case len(s.Used) == 0:
		c.Stamp = "⚠ no complete trial"
	case s.Stamp != result.Valid:
		c.Stamp = "⚠ " + string(s.Stamp)
	}
	c.Warning = c.Stamp != ""
	return c
}

// Notes are what a reader of the main table has to know.
func Notes(s *trials.Set) (notes []string) {
	several := false
	for _, side := range s.Sides() {
		several = several || len(side.Used) > 1
	}
	switch {
	case len(s.Points) > 1:
		notes = append(notes, "Numbers are medians of the trials shown; the charts show their spread. Lost deliveries are sums.")
	case several:
		notes = append(notes, "Numbers are medians of the trials shown, with the lowest and highest in brackets. Delivery counts are sums.")
	}
	if s.AsksAndPushes() {
		notes = append(notes, "Transports that do not poll at an interval are measured at one interval only: no other would change them.")
	}
	if s.Points[0].AsksAndPushes() {
		notes = append(notes, "Polling clients stay on Go's HTTP server, which keeps a goroutine and buffers per connection; push clients do not. That is part of the difference in server memory.")
	}
	return notes
}

// sweptTable is one row for each point and transport.
func sweptTable(s *trials.Set) document.Table {
	t := document.Table{Head: document.Texts("at", "transport"), Names: 2, Numbers: true}
	for _, c := range metric.SweptColumns {
		t.Head = append(t.Head, document.Text(c.Column))
	}
	t.Head = append(t.Head, document.Texts("trials shown", "validity")...)
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
