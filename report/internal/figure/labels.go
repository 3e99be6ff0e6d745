package figure

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// EndLabel is a line's name, written beside the axes at the height at which
// the line is.
type EndLabel struct {
	At   vg.Point
	Name string
	Look Look
}

const LabelGap = vg.Length(13.5)

// DrawEnds writes the labels in a column to the right of the axes, in the
// order of their lines, moved apart as far as they need.
func DrawEnds(c draw.Canvas, ends []EndLabel) {
	slices.SortStableFunc(ends, func(a, b EndLabel) int {
		switch {
		case a.At.Y < b.At.Y:
			return -1
		case a.At.Y > b.At.Y:
			return 1
		}
		return 0
	})
	heights := make([]vg.Length, len(ends))
	for i, e := range ends {
		heights[i] = min(max(e.At.Y, c.Min.Y), c.Max.Y)
	}
	spread(heights, c.Max.Y-LabelGap/3) // the heading is close above
	s := Style(BodySize, Text, false)
	for i, e := range ends {
		from := e.At.X
		if c.Max.X-from > 0.5 || heights[i] != e.At.Y {
			c.StrokeLines(draw.LineStyle{Color: e.Look.Ink, Width: 0.6}, []vg.Point{e.At, {X: c.Max.X + 8, Y: heights[i]}})
		}
		e.Look.Stroke(&c, 2, nil, vg.Point{X: c.Max.X + 8, Y: heights[i]}, vg.Point{X: c.Max.X + 20, Y: heights[i]})
		e.Look.Mark(&c, 3, vg.Point{X: c.Max.X + 14, Y: heights[i]})
		Middle(&c, s, vg.Point{X: c.Max.X + 25, Y: heights[i]}, e.Name)
	}
}

// spread moves sorted heights apart to labelGap, and back below high.
func spread(heights []vg.Length, high vg.Length) {
	for i := range heights {
		if i > 0 {
			heights[i] = max(heights[i], heights[i-1]+LabelGap)
		}
	}
	if n := len(heights); n > 0 && heights[n-1] > high {
		heights[n-1] = high
		for i := n - 2; i >= 0; i-- {
			heights[i] = min(heights[i], heights[i+1]-LabelGap)
		}
	}
}

// Swatch is a colour, or a dashed line, and what it stands for.
type Swatch struct {
	Ink    color.RGBA
	Name   string
	Dashed bool
}

// drawLegend lays swatches side by side at the top of the canvas.
func drawLegend(c *draw.Canvas, list []Swatch) {
	s := Style(9.5, Text, false)
	at := vg.Point{X: c.Min.X, Y: c.Max.Y - 6}
	for _, w := range list {
		if w.Dashed {
			c.StrokeLine2(guideLine, at.X, at.Y, at.X+24, at.Y)
			Middle(c, s, vg.Point{X: at.X + 29, Y: at.Y}, w.Name)
			at.X += 29 + s.Width(w.Name) + 14
			continue
		}
		box := []vg.Point{{X: at.X, Y: at.Y - 4}, {X: at.X + 12, Y: at.Y - 4}, {X: at.X + 12, Y: at.Y + 4}, {X: at.X, Y: at.Y + 4}}
		c.FillPolygon(w.Ink, box)
		c.StrokeLines(draw.LineStyle{Color: Text, Width: 0.8}, append(box, box[0]))
		Middle(c, s, vg.Point{X: at.X + 16, Y: at.Y}, w.Name)
		at.X += 16 + s.Width(w.Name) + 14
	}
}

// GridLines draws a quiet line for every labelled tick.
func GridLines(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(draw.LineStyle{Color: Grid, Width: 0.6}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(draw.LineStyle{Color: Grid, Width: 0.6}, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
}
