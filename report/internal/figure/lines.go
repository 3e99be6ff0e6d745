package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The two kinds of broken lines.
var (
	Dashed = []vg.Length{4, 3}
	Dotted = []vg.Length{1, 2}
)

// Line joins points, except where Y is NaN.
type Line struct {
	Series
	Look   Look
	Width  vg.Length
	Dashes []vg.Length
}

func (Line) layer() layer { return strokes }

func (l Line) draw(f *frame) {
	var joined []vg.Point
	flush := func() {
		if len(joined) > 1 {
			l.Look.stroke(&f.Canvas, l.Width, l.Dashes, joined...)
		}
		joined = nil
	}
	for i, v := range l.Y {
		if math.IsNaN(v) {
			flush()
		} else {
			joined = append(joined, f.at(l.X[i], v))
		}
	}
	flush()
}

// Points are markers of one look. Where both axes can say their values, every
// point has a hit under the name of the series.
type Points struct {
	Series
	Look    Look
	Radius  vg.Length
	Crossed bool     // a crossed box for each: it is invalid
	Apart   bool     // side by side where they would hide each other
	Labels  []string // of each, or of none; empty for no label
	Listed  string   // the name in Chart.Numbers; empty where a line lists them
}

// AddLabelled appends a point with its label.
func (p *Points) AddLabelled(x, y float64, label string) {
	p.Add(x, y)
	p.Labels = append(p.Labels, label)
}

func (Points) layer() layer { return marks }

func (p Points) numbers() []Series { return Series{p.Listed, p.X, p.Y}.numbers() }

func (p Points) draw(f *frame) {
	for i, v := range p.Y {
		at := f.at(p.X[i], v)
		place := at
		if p.Apart {
			place = Beside(at, f.taken)
			f.taken = append(f.taken, place)
		}
		if p.Crossed {
			p.Look.cross(&f.Canvas, place)
		} else {
			p.Look.mark(&f.Canvas, p.Radius, place)
		}
		f.hitPoint(at, p.Name, p.X[i], v)
		if i < len(p.Labels) && p.Labels[i] != "" {
			p.label(f, i, at)
		}
	}
}

// label writes above a point, to the right of it. Below the rightmost, as a line
// to the name of the transport begins there.
func (p Points) label(f *frame, i int, at vg.Point) {
	s := Style(SmallSize, TextInk, false)
	if p.X[i] == slices.Max(p.X) {
		middle(&f.Canvas, s, vg.Point{X: at.X - s.Width(p.Labels[i])/2, Y: at.Y - 11}, p.Labels[i])
		return
	}
	middle(&f.Canvas, s, vg.Point{X: at.X + 5, Y: at.Y + 7}, p.Labels[i])
}

// Beside is the nearest place at the height of a point that no marker lies on.
func Beside(at vg.Point, taken []vg.Point) vg.Point {
	const apart = vg.Length(4.5)
	hidden := func(p vg.Point) bool {
		return slices.ContainsFunc(taken, func(q vg.Point) bool {
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

// Guide is a dashed line of a model or a claim. Without X it is level, from end
// to end. Its name stands in the legend, where it cannot seem to name what was
// measured nearby, or else at the line.
type Guide struct {
	Series
	NameAtLine bool
}

// guideStyle is how a guide is drawn, here and in the legend.
var guideStyle = draw.LineStyle{Color: TextInk, Width: 1, Dashes: Dashed}

func (Guide) layer() layer { return notes }

func (g Guide) draw(f *frame) {
	if g.X == nil {
		f.StrokeLine2(guideStyle, f.Min.X, f.y(g.Y[0]), f.Max.X, f.y(g.Y[0]))
		return
	}
	var points []vg.Point
	for i, v := range g.Y {
		if v >= f.panel.Y.Low && v <= f.panel.Y.High {
			points = append(points, f.at(g.X[i], v))
		}
	}
	if len(points) < 2 {
		return
	}
	f.StrokeLines(guideStyle, points)
	if g.NameAtLine {
		g.writeName(f, points)
	}
}

// writeName writes below the left part of the line.
func (g Guide) writeName(f *frame, points []vg.Point) {
	s := Style(9, TextInk, false)
	s.YAlign = draw.YTop
	at := points[0]
	for _, p := range points {
		if p.X <= f.Min.X+0.18*(f.Max.X-f.Min.X) {
			at = p
		}
	}
	f.FillText(s, vg.Point{X: at.X + 6, Y: at.Y - 3}, Fit(s, g.Name, f.Max.X-at.X-6))
}
