// Package scene draws one pair of axes with primitives in data coordinates: lines,
// areas, bars, cells and remarks. What they say to the pointer and the list of
// their numbers come from the same primitives.
package scene

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// Primitive is one thing that a panel draws, in data coordinates.
type Primitive interface {
	draw(*frame)
	numbers() []Series // what Panel.Numbers lists of it
}

// unlisted is embedded by primitives that have no numbers.
type unlisted struct{}

func (unlisted) numbers() []Series { return nil }

// Series is a named list of numbers, without X at no particular place.
type Series struct {
	Name string
	X, Y []float64
}

// Add appends a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// layer is what primitives draw on, from the bottom up: the grid and the shapes
// lie beneath all of them.
type layer int

const (
	strokes layer = iota
	marks         // no line crosses one
	notes
	layers
)

// plotter draws the primitives of a panel and keeps what they say to the pointer.
// It is the only plot.Plotter.
type plotter struct {
	panel *Panel
	hits  []Hit
}

// Plot implements plot.Plotter.
func (s *plotter) Plot(c draw.Canvas, p *plot.Plot) {
	f := &frame{Canvas: c, panel: s.panel}
	f.x, f.y = p.Transforms(&c)
	for _, m := range s.panel.Scene {
		m.draw(f)
	}
	f.fillShapes()
	f.grid()
	for _, layer := range f.layers {
		for _, draw := range layer {
			draw()
		}
	}
	f.drawEnds()
	if s.panel.Strips {
		f.hitStrips()
	}
	s.hits = f.hits
}

// frame is the canvas of one panel while it is drawn.
type frame struct {
	draw.Canvas
	panel  *Panel
	x, y   func(float64) vg.Length
	shapes []shape
	layers [layers][]func()
	taken  []vg.Point // by markers
	ends   []end
	hits   []Hit
}

// on leaves something to be drawn on a layer, after what is already left there.
func (f *frame) on(l layer, draw func()) { f.layers[l] = append(f.layers[l], draw) }

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
			f.StrokeLines(draw.LineStyle{Color: theme.FaintInk, Width: 0.8, Dashes: theme.Dotted}, s.edge)
		}
	}
}

// grid draws a quiet line for every labelled tick of an axis of numbers.
func (f *frame) grid() {
	style := draw.LineStyle{Color: theme.GridInk, Width: 0.6}
	for _, t := range f.panel.X.Gridded() {
		f.StrokeLine2(style, f.x(t.Value), f.Min.Y, f.x(t.Value), f.Max.Y)
	}
	for _, t := range f.panel.Y.Gridded() {
		f.StrokeLine2(style, f.Min.X, f.y(t.Value), f.Max.X, f.y(t.Value))
	}
}

func (f *frame) at(x, y float64) vg.Point { return vg.Point{X: f.x(x), Y: f.y(y)} }

// inside is the place of a point, moved to the edge of the axes if it is beyond.
func (f *frame) inside(x, y float64) vg.Point {
	return f.at(f.panel.X.Clamp(x), f.panel.Y.Clamp(y))
}

// rectangle is the outline of a box.
func rectangle(left, bottom, right, top vg.Length) []vg.Point {
	return []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}}
}

// strokeBox strokes the whole outline of a box.
func strokeBox(c draw.Canvas, style draw.LineStyle, box []vg.Point) {
	c.StrokeLines(style, append(slices.Clone(box), box[0]))
}
