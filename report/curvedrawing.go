package report

import (
	"cmp"
	"math"
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
	for _, k := range d.lines {
		k.join(c, x, y)
	}
	var ends []endLabel
	var marked []vg.Point
	for _, k := range d.lines {
		ends = append(ends, k.mark(c, x, y, &marked))
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

// join draws lines between what is sound and not parted by what is not.
func (k *line) join(c draw.Canvas, x, y func(float64) vg.Length) {
	var joined []vg.Point
	flush := func() {
		if len(joined) > 1 {
			k.look.stroke(&c, 1.8, nil, joined...)
		}
		joined = nil
	}
	for i := range k.samples {
		if s := &k.samples[i]; s.sound() {
			joined = append(joined, vg.Point{X: x(s.x), Y: y(s.value)})
		} else {
			flush()
		}
	}
	flush()
}

// mark draws a marker for what was measured here, and a crossed box for what is
// invalid: beside a marker that it would hide.
func (k *line) mark(c draw.Canvas, x, y func(float64) vg.Length, marked *[]vg.Point) endLabel {
	var at vg.Point
	for i := range k.samples {
		s := &k.samples[i]
		at = vg.Point{X: x(s.x), Y: y(s.value)}
		if s.sound() && s.elsewhere {
			continue
		}
		place := beside(at, *marked)
		*marked = append(*marked, place)
		if s.sound() {
			k.look.mark(&c, 3.2, place)
		} else {
			k.look.markInvalid(&c, place)
		}
	}
	return endLabel{at: at, name: endName(k.name), look: k.look}
}

const besideText = " Markers that would hide each other stand side by side."

// beside is the nearest place at the height of a point that no marker lies on.
func beside(at vg.Point, marked []vg.Point) vg.Point {
	const apart = vg.Length(4.5)
	hidden := func(p vg.Point) bool {
		return slices.ContainsFunc(marked, func(q vg.Point) bool {
			return math.Hypot(float64(p.X-q.X), float64(p.Y-q.Y)) < float64(apart)*0.999
		})
	}
	place := at
	for i := 1; hidden(place); i++ {
		place.X = at.X + apart*vg.Length(i/2)
		if i%2 == 1 {
			place.X = at.X - apart*vg.Length(i/2+1)
		}
	}
	return place
}

// guideLine is how a guide is drawn, and a model.
var guideLine = draw.LineStyle{Color: text, Width: 1, Dashes: []vg.Length{4, 3}}

// draw leaves the guide's name to the legend: beside its line it would seem to
// name what was measured there.
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
	c.StrokeLines(guideLine, points)
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
