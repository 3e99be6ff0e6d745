package tables

import (
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

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
