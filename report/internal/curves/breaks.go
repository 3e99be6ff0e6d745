package curves

import (
	"slices"
	"strings"

	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/rows"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Breaks adds grids of how every transport bore every point, or a sentence where
// all bore it alike.
func Breaks(s *trials.Set, c *figure.Chart) {
	const heading = "how each transport handled the load, and what failed first"
	c.Title += ", by " + s.Axis().By
	c.Caption += " " + model.Breaking(s)
	if alike := alike(s); alike != "" {
		c.Panels = []scene.Panel{{Heading: heading, Omitted: "every transport, wherever it was measured: " + alike}}
		return
	}
	c.Caption += " “breaks” shows what the server or generator could not do and, after a semicolon, what else was wrong. “?” marks a doubtful measurement: other activity on the machine, or a count. – means not measured."
	cuts, left := s.Shown()
	if left > 0 {
		c.Notes = []string{number.Plural(float64(left), "more value") + " in the table"}
	}
	for i := range cuts {
		c.Panels = append(c.Panels, rows.CellPanel(heldHeading(heading, &cuts[i]), cuts[i].Along.Name, cellsOf(&cuts[i])))
	}
}

var tones = map[model.Bearing]rows.Tone{model.Bore: rows.Light, model.Doubted: rows.Medium, model.Broke: rows.Dark}

// alike is what is said of every transport at every point, if it is the same.
func alike(s *trials.Set) string {
	var said []string
	for _, side := range s.Sides() {
		c := model.CellOf(side)
		said = append(said, strings.TrimSpace(c.Stamp+" "+c.Reason))
	}
	if said = slices.Compact(said); len(said) == 1 {
		return said[0]
	}
	return ""
}

func cellsOf(l *trials.Cut) (g rows.Cells) {
	for _, point := range l.Points {
		g.Columns = append(g.Columns, l.Along.Unit.Short(l.Along.Of(&point.Head)))
	}
	for _, name := range l.Transports() {
		row := rows.Row{Name: name}
		for _, point := range l.Points {
			c := model.CellOf(point.Side(name))
			row.Cells = append(row.Cells, rows.Cell{Head: c.Stamp, Text: c.Reason, Tone: tones[c.Bearing]})
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}
