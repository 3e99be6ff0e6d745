package charts

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// breaksChart is a grid of how every transport bore every point.
func breaksChart(s *trials.Set) figure.Chart {
	c := figure.Chart{Name: "breaks", Title: "What breaks first, by " + s.Axis().By, Asks: figure.BreaksFirst,
		Caption: "Which load was too much, and for what? " + model.Breaking(s) + " A cell that says breaks tells what server or generator could not do, and after a semicolon what else was so. One with a ? doubts the measurement: what else the machine did meanwhile, or a count. – stands where nothing was measured."}
	list, left := s.Shown()
	if left > 0 {
		c.Footer = []string{number.Plural(float64(left), "more value") + " in the table"}
	}
	for i := range list {
		c.Panels = append(c.Panels, breaksPanel(&list[i]))
	}
	return c
}

func breaksPanel(l *trials.Cut) figure.Panel {
	p := figure.Panel{Heading: "how the load was borne, and what was first in the way"}
	if l.Held != "" {
		p.Heading += ", " + l.Held
	}
	g := stampGrid{}
	for _, point := range l.Points {
		g.columns = append(g.columns, l.Along.Unit.Short(l.Along.Of(&point.Head)))
	}
	for _, name := range l.Transports() {
		row := stampRow{name: name}
		told := figure.Series{Name: name}
		for i, point := range l.Points {
			cell := model.CellOf(point.Side(name))
			row.cells = append(row.cells, cell)
			if cell.Stamp != "" {
				told.Name += "; " + g.columns[i] + " " + strings.TrimSpace(cell.Stamp+" "+cell.Reason)
			}
		}
		g.rows = append(g.rows, row)
		p.Lines = append(p.Lines, told)
	}
	p.Height = vg.Length(len(g.rows))*stampHeight + 34
	p.Hits = g.hits
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		figure.Name(&pl.X, l.Along.Name)
		pl.X.Min, pl.X.Max = 0, float64(len(g.columns))
		pl.Y.Min, pl.Y.Max = 0, float64(len(g.rows))
		var columns, rows plot.ConstantTicks
		for i, name := range g.columns {
			columns = append(columns, plot.Tick{Value: float64(i) + 0.5, Label: name})
		}
		for i, row := range g.rows {
			rows = append(rows, plot.Tick{Value: float64(len(g.rows)-i) - 0.5, Label: figure.Fit(pl.Y.Tick.Label, row.name, 110)})
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
	cells []model.GridCell
}

type stampGrid struct {
	columns []string
	rows    []stampRow
}

// stampInks are how cells are filled, and written on: told apart without colour,
// too.
var stampInks = map[model.Bearing]struct{ fill, ink color.Color }{
	model.Bore:    {figure.Paper, figure.Text},
	model.Doubted: {figure.Grid, figure.Text},
	model.Broke:   {figure.Text, figure.Paper},
}

// Plot implements plot.Plotter.
func (g stampGrid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, row := range g.rows {
		top, bottom := y(float64(len(g.rows)-i)), y(float64(len(g.rows)-i)-1)
		for j, cell := range row.cells {
			left, right := x(float64(j))+1, x(float64(j+1))-1
			middleX := (left + right) / 2
			if cell.Stamp == "" {
				s := figure.Style(figure.SmallSize, figure.Faint, false)
				s.XAlign = draw.XCenter
				figure.Middle(&c, s, vg.Point{X: middleX, Y: (top + bottom) / 2}, "–")
				continue
			}
			inks := stampInks[cell.Bearing]
			box := []vg.Point{{X: left, Y: bottom + 1}, {X: right, Y: bottom + 1}, {X: right, Y: top - 1}, {X: left, Y: top - 1}}
			c.FillPolygon(inks.fill, box)
			c.StrokeLines(draw.LineStyle{Color: figure.Faint, Width: 0.6}, append(box, box[0]))
			write(cell, c, inks.ink, middleX, right-left-4, (top+bottom)/2)
		}
	}
}

// write puts the stamp in one line, and the reason in up to two beneath it.
func write(cell model.GridCell, c draw.Canvas, ink color.Color, x, width, y vg.Length) {
	s := figure.Style(7.5, ink, false)
	s.XAlign = draw.XCenter
	var lines []string
	for _, word := range strings.Fields(cell.Reason) {
		if n := len(lines); n > 0 && s.Width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	if len(lines) > 2 {
		lines = append(lines[:1], strings.Join(lines[1:], " "))
	}
	bold := figure.Style(7.5, ink, true)
	bold.XAlign = draw.XCenter
	step := vg.Length(8.6)
	at := y + step*vg.Length(len(lines))/2
	figure.Middle(&c, bold, vg.Point{X: x, Y: at}, figure.Fit(bold, cell.Stamp, width))
	for i, l := range lines {
		figure.Middle(&c, s, vg.Point{X: x, Y: at - step*vg.Length(i+1)}, figure.Fit(s, l, width))
	}
}
