package tables

import (
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// PointTable is the table of the metrics that every reader wants.
func PointTable(r *trials.Point) document.Table {
	t, _ := metricsTable(r, metric.Metrics)
	row := []document.Cell{document.Text("trials used")}
	for i := range r.Sides {
		row = append(row, document.Count(len(r.Sides[i].Used)))
	}
	t.Rows = slices.Insert(t.Rows, 0, row)
	return t
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
		row = append(row, metricCell(m, c))
	}
	return row, known
}

// metricCell is a metric's median with the range of the trials.
func metricCell(m *metric.Metric, c metric.Cell) document.Cell {
	cell := document.Number(m.Unit.Format(c.Value), c.Value)
	if !m.Total && len(c.Values) > 1 {
		cell.Range = m.Unit.Range(c.Value, c.Low, c.High)
	}
	return cell
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

// PointNotes are what a reader of the metrics table has to know.
func PointNotes(r *trials.Point) []string {
	several, dash := false, false
	for i := range r.Sides {
		several = several || len(r.Sides[i].Used) > 1
		for j := range metric.Metrics {
			if c := metric.Metrics[j].Cell(r.Sides[i].Used); !c.Known() && !metric.Metrics[j].Rare {
				dash = true
			}
		}
	}
	var notes []string
	if several {
		notes = append(notes, "Numbers are medians of the trials used, with the lowest and highest in brackets. Delivery counts are sums.")
	}
	if r.AsksAndPushes() {
		notes = append(notes, "Polling clients stay on Go's HTTP server, which keeps a goroutine and buffers per connection; push clients do not. That is part of the difference in server memory.")
	}
	if dash {
		notes = append(notes, "– means that a number does not apply, was not measured, or has too few samples for the percentile: p99 needs 1,000, p99.9 needs 10,000.")
	}
	return notes
}

// SetTable is one row for each point and transport.
func SetTable(s *trials.Set) document.Table {
	t := document.Table{Head: document.Texts("at", "transport"), Names: 2, Numbers: true}
	for _, c := range metric.SweptColumns {
		t.Head = append(t.Head, document.Text(c.Column))
	}
	t.Head = append(t.Head, document.Texts("trials used", "validity")...)
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

func SetNotes(s *trials.Set) []string {
	notes := []string{"Numbers are medians of the trials used; the charts show their spread. Lost deliveries are sums. – means that a number does not apply, was not measured, or has too few samples for the percentile: p99 needs 1,000."}
	if s.AsksAndPushes() {
		notes = append(notes, "Transports that do not poll at an interval are measured at one interval only: no other would change them.")
	}
	return notes
}

func SetMeanings() []document.Meaning {
	return Meanings(metric.SweptColumns)
}
