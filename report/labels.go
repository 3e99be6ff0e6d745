package report

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// endLabel is a line's name, written beside the axes at the height at which
// the line is.
type endLabel struct {
	at   vg.Point
	name string
	look look
}

const labelGap = vg.Length(13.5)

// drawEnds writes the labels in a column to the right of the axes, in the
// order of their lines, moved apart as far as they need.
func drawEnds(c draw.Canvas, ends []endLabel) {
	slices.SortStableFunc(ends, func(a, b endLabel) int {
		switch {
		case a.at.Y < b.at.Y:
			return -1
		case a.at.Y > b.at.Y:
			return 1
		}
		return 0
	})
	heights := make([]vg.Length, len(ends))
	for i, e := range ends {
		heights[i] = min(max(e.at.Y, c.Min.Y), c.Max.Y)
	}
	spread(heights, c.Max.Y-labelGap/3) // the heading is close above
	s := style(bodySize, text, false)
	for i, e := range ends {
		from := e.at.X
		if c.Max.X-from > 0.5 || heights[i] != e.at.Y {
			c.StrokeLines(draw.LineStyle{Color: e.look.ink, Width: 0.6}, []vg.Point{e.at, {X: c.Max.X + 8, Y: heights[i]}})
		}
		e.look.stroke(&c, 2, nil, vg.Point{X: c.Max.X + 8, Y: heights[i]}, vg.Point{X: c.Max.X + 20, Y: heights[i]})
		e.look.mark(&c, 3, vg.Point{X: c.Max.X + 14, Y: heights[i]})
		middle(&c, s, vg.Point{X: c.Max.X + 25, Y: heights[i]}, e.name)
	}
}

// spread moves sorted heights apart to labelGap, and back below high.
func spread(heights []vg.Length, high vg.Length) {
	for i := range heights {
		if i > 0 {
			heights[i] = max(heights[i], heights[i-1]+labelGap)
		}
	}
	if n := len(heights); n > 0 && heights[n-1] > high {
		heights[n-1] = high
		for i := n - 2; i >= 0; i-- {
			heights[i] = min(heights[i], heights[i+1]-labelGap)
		}
	}
}

// swatch is a colour, or a dashed line, and what it stands for.
type swatch struct {
	ink    color.RGBA
	name   string
	dashed bool
}

// drawLegend lays swatches side by side at the top of the canvas.
func drawLegend(c *draw.Canvas, list []swatch) {
	s := style(9.5, text, false)
	at := vg.Point{X: c.Min.X, Y: c.Max.Y - 6}
	for _, w := range list {
		if w.dashed {
			c.StrokeLine2(guideLine, at.X, at.Y, at.X+24, at.Y)
			middle(c, s, vg.Point{X: at.X + 29, Y: at.Y}, w.name)
			at.X += 29 + s.Width(w.name) + 14
			continue
		}
		box := []vg.Point{{X: at.X, Y: at.Y - 4}, {X: at.X + 12, Y: at.Y - 4}, {X: at.X + 12, Y: at.Y + 4}, {X: at.X, Y: at.Y + 4}}
		c.FillPolygon(w.ink, box)
		c.StrokeLines(draw.LineStyle{Color: text, Width: 0.8}, append(box, box[0]))
		middle(c, s, vg.Point{X: at.X + 16, Y: at.Y}, w.name)
		at.X += 16 + s.Width(w.name) + 14
	}
}

// gridLines draws a quiet line for every labelled tick.
func gridLines(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.6}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.6}, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
		}
	}
}
