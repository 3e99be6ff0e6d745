package report

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// breaksChart is a grid of how every transport bore every point.
func (s *sweep) breaksChart() chart {
	c := chart{name: "breaks", title: "What breaks first, by " + s.axis().by, asks: breaksFirst,
		caption: "Which load was too much, and for what? " + s.breaking() + " A cell that says breaks tells what server or generator could not do, and after a semicolon what else was so. One with a ? doubts the measurement: what else the machine did meanwhile, or a count. – stands where nothing was measured."}
	list, left := s.shown()
	if left > 0 {
		c.footer = []string{plural(float64(left), "more value") + " in the table"}
	}
	for i := range list {
		c.panels = append(c.panels, list[i].breaksPanel())
	}
	return c
}

func (l *slice) breaksPanel() panel {
	p := panel{heading: "how the load was borne, and what was first in the way"}
	if l.held != "" {
		p.heading += ", " + l.held
	}
	g := stampGrid{}
	for _, point := range l.points {
		g.columns = append(g.columns, l.along.unit.short(l.along.of(&point.head)))
	}
	for _, name := range l.transports() {
		row := stampRow{name: name}
		told := series{name: name}
		for i, point := range l.points {
			cell := cellOf(point.side(name))
			row.cells = append(row.cells, cell)
			if cell.stamp != "" {
				told.name += "; " + g.columns[i] + " " + strings.TrimSpace(cell.stamp+" "+cell.reason)
			}
		}
		g.rows = append(g.rows, row)
		p.lines = append(p.lines, told)
	}
	p.height = vg.Length(len(g.rows))*stampHeight + 34
	p.hits = g.hits
	p.plot = func() *plot.Plot {
		pl := axes()
		name(&pl.X, l.along.name)
		pl.X.Min, pl.X.Max = 0, float64(len(g.columns))
		pl.Y.Min, pl.Y.Max = 0, float64(len(g.rows))
		var columns, rows plot.ConstantTicks
		for i, name := range g.columns {
			columns = append(columns, plot.Tick{Value: float64(i) + 0.5, Label: name})
		}
		for i, row := range g.rows {
			rows = append(rows, plot.Tick{Value: float64(len(g.rows)-i) - 0.5, Label: fit(pl.Y.Tick.Label, row.name, 110)})
		}
		pl.X.Tick.Marker, pl.Y.Tick.Marker = columns, rows
		pl.Add(g)
		return pl
	}
	return p
}

const stampHeight = vg.Length(30)

type stampRow struct {
	name  string
	cells []gridCell
}

type stampGrid struct {
	columns []string
	rows    []stampRow
}

// stampInks are how cells are filled, and written on: told apart without colour,
// too.
var stampInks = map[bearing]struct{ fill, ink color.Color }{
	bore:    {paper, text},
	doubted: {grid, text},
	broke:   {text, paper},
}

// Plot implements plot.Plotter.
func (g stampGrid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, row := range g.rows {
		top, bottom := y(float64(len(g.rows)-i)), y(float64(len(g.rows)-i)-1)
		for j, cell := range row.cells {
			left, right := x(float64(j))+1, x(float64(j+1))-1
			middleX := (left + right) / 2
			if cell.stamp == "" {
				s := style(smallSize, faint, false)
				s.XAlign = draw.XCenter
				middle(&c, s, vg.Point{X: middleX, Y: (top + bottom) / 2}, "–")
				continue
			}
			inks := stampInks[cell.bearing]
			box := []vg.Point{{X: left, Y: bottom + 1}, {X: right, Y: bottom + 1}, {X: right, Y: top - 1}, {X: left, Y: top - 1}}
			c.FillPolygon(inks.fill, box)
			c.StrokeLines(draw.LineStyle{Color: faint, Width: 0.6}, append(box, box[0]))
			cell.write(c, inks.ink, middleX, right-left-4, (top+bottom)/2)
		}
	}
}

// write puts the stamp in one line, and the reason in up to two beneath it.
func (cell gridCell) write(c draw.Canvas, ink color.Color, x, width, y vg.Length) {
	s := style(7.5, ink, false)
	s.XAlign = draw.XCenter
	var lines []string
	for _, word := range strings.Fields(cell.reason) {
		if n := len(lines); n > 0 && s.Width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	if len(lines) > 2 {
		lines = append(lines[:1], strings.Join(lines[1:], " "))
	}
	bold := style(7.5, ink, true)
	bold.XAlign = draw.XCenter
	step := vg.Length(8.6)
	at := y + step*vg.Length(len(lines))/2
	middle(&c, bold, vg.Point{X: x, Y: at}, fit(bold, cell.stamp, width))
	for i, l := range lines {
		middle(&c, s, vg.Point{X: x, Y: at - step*vg.Length(i+1)}, fit(s, l, width))
	}
}
