package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Primitive is one thing that a panel draws, in data coordinates.
type Primitive interface {
	layer() layer
	draw(*frame)
	numbers() []Series // what Chart.Numbers lists of it
}

// layer orders what is drawn. Within one, the order is that of the scene.
type layer int

const (
	areas layer = iota // the grid lies on them
	strokes
	marks // no line crosses one
	notes
)

// Series is a named list of numbers. Y may be NaN, where a line is parted.
// Without X they are values at no particular place.
type Series struct {
	Name string
	X, Y []float64
}

// Add appends a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// numbers lists what is known of a series that has a name.
func (s Series) numbers() []Series {
	if s.Name == "" {
		return nil
	}
	known := Series{Name: s.Name}
	for i, v := range s.Y {
		if s.X == nil {
			known.Y = append(known.Y, v)
		} else if !math.IsNaN(v) {
			known.Add(s.X[i], v)
		}
	}
	if len(known.Y) == 0 {
		return nil
	}
	return []Series{known}
}

// scene draws the primitives of a panel and keeps what they say to the pointer.
// It is the only plot.Plotter.
type scene struct {
	panel *Panel
	hits  []Hit
}

// Plot implements plot.Plotter.
func (s *scene) Plot(c draw.Canvas, p *plot.Plot) {
	f := &frame{Canvas: c, panel: s.panel}
	f.x, f.y = p.Transforms(&c)
	for l := areas; l <= notes; l++ {
		for _, m := range s.panel.Scene {
			if m.layer() == l {
				m.draw(f)
			}
		}
		if l == areas {
			f.fillShapes()
			f.grid()
		}
	}
	f.drawEnds()
	s.hits = f.hits
}

// frame is the canvas of one panel while it is drawn.
type frame struct {
	draw.Canvas
	panel  *Panel
	x, y   func(float64) vg.Length
	shapes []shape
	taken  []vg.Point // by markers
	ends   []end
	hits   []Hit
}

// shape is an area on the canvas, and the edge that is dotted, if any.
type shape struct {
	fill    color.Color
	outline []vg.Point
	edge    []vg.Point
	size    vg.Length // orders shapes
}

// fillShapes begins with the largest, so that none hides a smaller one.
func (f *frame) fillShapes() {
	slices.SortStableFunc(f.shapes, func(a, b shape) int { return cmp.Compare(b.size, a.size) })
	for _, s := range f.shapes {
		f.FillPolygon(s.fill, s.outline)
		if s.edge != nil {
			f.StrokeLines(draw.LineStyle{Color: FaintInk, Width: 0.8, Dashes: Dotted}, s.edge)
		}
	}
}

// grid draws a quiet line for every labelled tick of an axis of numbers.
func (f *frame) grid() {
	style := draw.LineStyle{Color: GridInk, Width: 0.6}
	for _, t := range f.panel.X.gridded() {
		f.StrokeLine2(style, f.x(t.Value), f.Min.Y, f.x(t.Value), f.Max.Y)
	}
	for _, t := range f.panel.Y.gridded() {
		f.StrokeLine2(style, f.Min.X, f.y(t.Value), f.Max.X, f.y(t.Value))
	}
}

func (f *frame) at(x, y float64) vg.Point { return vg.Point{X: f.x(x), Y: f.y(y)} }

// inside is the place of a point, moved to the edge of the axes if it is beyond.
func (f *frame) inside(x, y float64) vg.Point {
	a, b := &f.panel.X, &f.panel.Y
	return f.at(min(max(x, a.Low), a.High), min(max(y, b.Low), b.High))
}

// rectangle is the outline of a box.
func rectangle(left, bottom, right, top vg.Length) []vg.Point {
	return []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}}
}

// outline strokes the whole outline of a box.
func (f *frame) outline(style draw.LineStyle, box []vg.Point) {
	f.StrokeLines(style, append(slices.Clone(box), box[0]))
}
