package figure

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/number"
)

// LineDrawing draws bands, then the grid, then lines.
type LineDrawing struct {
	Lines  []Line
	Guides []Guide
}

// Plot implements plot.Plotter.
func (d LineDrawing) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, b := range d.bands(y, p) {
		var edge []vg.Point
		for i, v := range b.x {
			edge = append(edge, vg.Point{X: x(v), Y: b.top[i]})
		}
		for i, v := range slices.Backward(b.x) {
			edge = append(edge, vg.Point{X: x(v), Y: b.bottom[i]})
		}
		c.FillPolygon(Pale(b.look.Ink), edge)
	}
	GridLines(c, p)
	for _, k := range d.Lines {
		k.join(c, x, y)
	}
	var ends []EndLabel
	var marked []vg.Point
	for _, k := range d.Lines {
		ends = append(ends, k.mark(c, x, y, &marked))
	}
	for _, g := range d.Guides {
		g.draw(c, x, y, p)
	}
	DrawEnds(c, ends)
}

// lineBand is the band of a line, on the canvas.
type lineBand struct {
	look        Look
	x           []float64
	top, bottom []vg.Length
	area        vg.Length
}

// bands are those of all lines, the widest first, so that none hides a narrower one.
func (d LineDrawing) bands(y func(float64) vg.Length, p *plot.Plot) (list []lineBand) {
	inside := func(v float64) vg.Length { return y(min(max(v, p.Y.Min), p.Y.Max)) }
	for _, k := range d.Lines {
		b := lineBand{look: k.Look}
		for _, s := range k.Samples {
			if s.Sound() && s.Low < s.High {
				top, bottom := inside(s.High), inside(s.Low)
				b.x, b.top, b.bottom = append(b.x, s.X), append(b.top, top), append(b.bottom, bottom)
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
func (k *Line) join(c draw.Canvas, x, y func(float64) vg.Length) {
	var joined []vg.Point
	flush := func() {
		if len(joined) > 1 {
			k.Look.Stroke(&c, 1.8, nil, joined...)
		}
		joined = nil
	}
	for i := range k.Samples {
		if s := &k.Samples[i]; s.Sound() {
			joined = append(joined, vg.Point{X: x(s.X), Y: y(s.Value)})
		} else {
			flush()
		}
	}
	flush()
}

// mark draws a marker for what was measured here, and a crossed box for what is
// invalid: beside a marker that it would hide.
func (k *Line) mark(c draw.Canvas, x, y func(float64) vg.Length, marked *[]vg.Point) EndLabel {
	var at vg.Point
	for i := range k.Samples {
		s := &k.Samples[i]
		at = vg.Point{X: x(s.X), Y: y(s.Value)}
		if s.Sound() && s.Elsewhere {
			continue
		}
		place := Beside(at, *marked)
		*marked = append(*marked, place)
		if s.Sound() {
			k.Look.Mark(&c, 3.2, place)
		} else {
			k.Look.MarkInvalid(&c, place)
		}
	}
	return EndLabel{At: at, Name: EndName(k.Name), Look: k.Look}
}

const BesideText = " Markers that would hide each other stand side by side."

// Beside is the nearest place at the height of a point that no marker lies on.
func Beside(at vg.Point, marked []vg.Point) vg.Point {
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
var guideLine = draw.LineStyle{Color: Text, Width: 1, Dashes: []vg.Length{4, 3}}

// draw leaves the guide's name to the legend: beside its line it would seem to
// name what was measured there.
func (g Guide) draw(c draw.Canvas, x, y func(float64) vg.Length, p *plot.Plot) {
	var points []vg.Point
	for i := range g.X {
		if g.Y[i] >= p.Y.Min && g.Y[i] <= p.Y.Max {
			points = append(points, vg.Point{X: x(g.X[i]), Y: y(g.Y[i])})
		}
	}
	if len(points) < 2 {
		return
	}
	c.StrokeLines(guideLine, points)
}

// MarkInvalid draws a crossed box.
func (l Look) MarkInvalid(c *draw.Canvas, at vg.Point) {
	for _, shape := range []draw.GlyphDrawer{draw.SquareGlyph{}, draw.CrossGlyph{}} {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.Edge(), Radius: 4.5, Shape: shape}, at)
	}
}

// Name writes what an axis is beneath it.
func Name(a *plot.Axis, text string) {
	a.Label.Text = text
	a.Label.TextStyle.YAlign = draw.YBottom
}

// Remark adds to a heading what is said of some transports: by their names, as
// far as the chart is wide enough for them.
func Remark(heading, said string, names []string) string {
	if len(names) == 0 {
		return heading
	}
	long := heading + " · " + said + ": " + number.Join(names)
	if Style(BodySize, Text, false).Width(long) <= ChartWidth-2*Margin {
		return long
	}
	return heading + " · " + said + ": " + number.Plural(float64(len(names)), "transport")
}

// EndName is a name as it is written at a line's end, short enough to leave room
// for axes.
func EndName(name string) string { return Fit(Style(BodySize, Text, false), name, 110) }

// EndWidth is the room beside the axes that it takes.
func EndWidth(name string) vg.Length { return Style(BodySize, Text, false).Width(EndName(name)) + 30 }
