package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lineDrawing draws bands, then the grid, then lines.
type lineDrawing struct {
	lines  []line
	guides []guide
}

// Plot implements plot.Plotter.
func (d lineDrawing) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, b := range d.bands(y, p) {
		var edge []vg.Point
		for i, v := range b.x {
			edge = append(edge, vg.Point{X: x(v), Y: b.top[i]})
		}
		for i, v := range slices.Backward(b.x) {
			edge = append(edge, vg.Point{X: x(v), Y: b.bottom[i]})
		}
		c.FillPolygon(pale(b.look.ink), edge)
	}
	gridLines(c, p)
	var ends []endLabel
	for _, k := range d.lines {
		ends = append(ends, k.draw(c, x, y))
	}
	for _, g := range d.guides {
		g.draw(c, x, y, p)
	}
	drawEnds(c, ends)
}

// lineBand is the band of a line, on the canvas.
type lineBand struct {
	look        look
	x           []float64
	top, bottom []vg.Length
	area        vg.Length
}

// bands are those of all lines, the widest first, so that none hides a narrower one.
func (d lineDrawing) bands(y func(float64) vg.Length, p *plot.Plot) (list []lineBand) {
	inside := func(v float64) vg.Length { return y(min(max(v, p.Y.Min), p.Y.Max)) }
	for _, k := range d.lines {
		b := lineBand{look: k.look}
		for _, s := range k.samples {
			if s.sound() && s.low < s.high {
				top, bottom := inside(s.high), inside(s.low)
				b.x, b.top, b.bottom = append(b.x, s.x), append(b.top, top), append(b.bottom, bottom)
				b.area += top - bottom
			}
		}
		if len(b.x) > 1 {
			list = append(list, b)
		}
	}
	slices.SortStableFunc(list, func(a, b lineBand) int { return cmp.Compare(b.area, a.area) })
	return list
}

// draw joins what is sound and not parted by what is not. What was measured
// elsewhere has no marker, and what is invalid a crossed box and no line.
func (k *line) draw(c draw.Canvas, x, y func(float64) vg.Length) endLabel {
	var joined []vg.Point
	flush := func() {
		if len(joined) > 1 {
			k.look.stroke(&c, 1.8, nil, joined...)
		}
		joined = nil
	}
	var at vg.Point
	for i := range k.samples {
		s := &k.samples[i]
		at = vg.Point{X: x(s.x), Y: y(s.value)}
		if !s.sound() {
			flush()
			k.look.markInvalid(&c, at)
			continue
		}
		joined = append(joined, at)
	}
	flush()
	for _, s := range k.samples {
		if s.sound() && !s.elsewhere {
			k.look.mark(&c, 3.2, vg.Point{X: x(s.x), Y: y(s.value)})
		}
	}
	return endLabel{at: at, name: endName(k.name), look: k.look}
}

// draw writes the guide's name above its line, on the left.
func (g guide) draw(c draw.Canvas, x, y func(float64) vg.Length, p *plot.Plot) {
	var points []vg.Point
	for i := range g.x {
		if g.y[i] >= p.Y.Min && g.y[i] <= p.Y.Max {
			points = append(points, vg.Point{X: x(g.x[i]), Y: y(g.y[i])})
		}
	}
	if len(points) < 2 {
		return
	}
	c.StrokeLines(draw.LineStyle{Color: text, Width: 1, Dashes: []vg.Length{4, 3}}, points)
	// Beside the middle of the line, on the side that it leaves free.
	s, at := style(9, text, false), points[len(points)/2]
	s.YAlign = draw.YBottom
	if len(points) == 2 {
		at = vg.Point{X: (points[0].X + points[1].X) / 2, Y: (points[0].Y + points[1].Y) / 2}
	}
	if points[0].Y < points[len(points)-1].Y {
		s.YAlign = draw.YTop
	}
	c.FillText(s, vg.Point{X: at.X + 8, Y: at.Y}, fit(s, g.name, c.Max.X-at.X-8))
}

// markInvalid draws a crossed box.
func (l look) markInvalid(c *draw.Canvas, at vg.Point) {
	for _, shape := range []draw.GlyphDrawer{draw.SquareGlyph{}, draw.CrossGlyph{}} {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.edge(), Radius: 4.5, Shape: shape}, at)
	}
}

// name writes what an axis is beneath it.
func name(a *plot.Axis, text string) {
	a.Label.Text = text
	a.Label.TextStyle.YAlign = draw.YBottom
}

// remark adds to a heading what is said of some transports: by their names, as
// far as the chart is wide enough for them.
func remark(heading, said string, names []string) string {
	if len(names) == 0 {
		return heading
	}
	long := heading + " · " + said + ": " + join(names)
	if style(bodySize, text, false).Width(long) <= chartWidth-2*margin {
		return long
	}
	return heading + " · " + said + ": " + plural(float64(len(names)), "transport")
}

// endName is a name as it is written at a line's end, short enough to leave room
// for axes.
func endName(name string) string { return fit(style(bodySize, text, false), name, 110) }

// endWidth is the room beside the axes that it takes.
func endWidth(name string) vg.Length { return style(bodySize, text, false).Width(endName(name)) + 30 }
