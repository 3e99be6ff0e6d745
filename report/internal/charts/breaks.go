package charts

import (
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// breaksPanels are grids of how every transport bore every point.
func breaksPanels(s *trials.Set, c *figure.Chart) {
	c.Title += ", by " + s.Axis().By
	c.Caption += " " + model.Breaking(s) + " A cell that says breaks tells what server or generator could not do, and after a semicolon what else was so. One with a ? doubts the measurement: what else the machine did meanwhile, or a count. – stands where nothing was measured."
	cuts, left := s.Shown()
	if left > 0 {
		c.Footer = []string{number.Plural(float64(left), "more value") + " in the table"}
	}
	for i := range cuts {
		heading := heldHeading("how the load was borne, and what was first in the way", &cuts[i])
		c.Panels = append(c.Panels, scene.CellPanel(heading, cuts[i].Along.Name, cellsOf(&cuts[i])))
	}
}

var tones = map[model.Bearing]scene.Tone{model.Bore: scene.Light, model.Doubted: scene.Medium, model.Broke: scene.Dark}

func cellsOf(l *trials.Cut) (g scene.Cells) {
	for _, point := range l.Points {
		g.Columns = append(g.Columns, l.Along.Unit.Short(l.Along.Of(&point.Head)))
	}
	for _, name := range l.Transports() {
		row := scene.Row{Name: name}
		for _, point := range l.Points {
			c := model.CellOf(point.Side(name))
			row.Cells = append(row.Cells, scene.Cell{Head: c.Stamp, Text: c.Reason, Tone: tones[c.Bearing]})
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}
