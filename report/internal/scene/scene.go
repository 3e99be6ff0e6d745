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

	"github.com/pollpush/pollpush/report/internal/svg"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Primitive is one thing that a panel draws, in data coordinates.
type Primitive interface {
	Draw(*Frame)
	Numbers() []Series // what Panel.Numbers lists of it
}

// unlisted is embedded by primitives that have no numbers.
type unlisted struct{}

func (unlisted) Numbers() []Series { return nil }

// Series is a named list of numbers, without X at no particular place.
type Series struct {
	Name string
	X, Y []float64
}

// Add appends a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// Layer is what primitives draw on, from the bottom up: the grid and the shapes
// lie beneath all of them.
type Layer int

const (
	Strokes Layer = iota
	Marks         // no line crosses one
	Notes
	layers
)

// plotter draws the primitives of a panel and keeps what they say to the pointer.
// It is the only plot.Plotter.
type plotter struct {
	panel  *Panel
	narrow bool
	hits   []Hit
}

// Plot implements plot.Plotter.
func (s *plotter) Plot(c draw.Canvas, p *plot.Plot) {
	f := &Frame{Canvas: c, Panel: s.panel, Narrow: s.narrow}
	f.X, f.Y = p.Transforms(&c)
	for _, m := range s.panel.Scene {
		m.Draw(f)
	}
	f.fillShapes()
	f.grid()
	for _, layer := range f.layers {
		for _, draw := range layer {
			draw()
		}
	}
	f.drawEnds()
	if s.panel.Strips > 0 {
		f.hitStrips()
	}
	s.hits = f.Hits
}

// Frame is the canvas of one panel while it is drawn.
type Frame struct {
	draw.Canvas
	Panel  *Panel
	Narrow bool // drawn for phones
	X, Y   func(float64) vg.Length
	shapes []shape
	layers [layers][]func()
	taken  []vg.Point // by markers
	labels []vg.Rectangle
	ends   []end
	Hits   []Hit // places that show their values
}

// On leaves something to be drawn on a layer, after what is already left there.
func (f *Frame) On(l Layer, draw func()) { f.layers[l] = append(f.layers[l], draw) }

// owned draws a part of a line.
func (f *Frame) owned(line string, draw func()) { svg.Owned(f.Canvas, svg.Owner{Name: line}, draw) }

// shape is an area on the canvas, and the edge that is dotted, if any.
type shape struct {
	owner   string // a line's name
	fill    color.Color
	outline []vg.Point
	edge    []vg.Point
	size    vg.Length // orders shapes
}

// fillShapes begins with the largest, so that none hides a smaller one.
func (f *Frame) fillShapes() {
	slices.SortStableFunc(f.shapes, func(a, b shape) int { return cmp.Compare(b.size, a.size) })
	for _, s := range f.shapes {
		f.owned(s.owner, func() { f.FillPolygon(s.fill, s.outline) })
		if s.edge != nil {
			f.StrokeLines(draw.LineStyle{Color: theme.FaintInk, Width: 0.8, Dashes: theme.Dotted}, s.edge)
		}
	}
}

// grid draws a quiet line for every labelled tick of an axis of numbers.
func (f *Frame) grid() {
	style := draw.LineStyle{Color: theme.GridInk, Width: 0.6}
	for _, t := range f.Panel.X.Gridded() {
		f.StrokeLine2(style, f.X(t.Value), f.Min.Y, f.X(t.Value), f.Max.Y)
	}
	for _, t := range f.Panel.Y.Gridded() {
		f.StrokeLine2(style, f.Min.X, f.Y(t.Value), f.Max.X, f.Y(t.Value))
	}
}

// At is a place on the canvas.
func (f *Frame) At(x, y float64) vg.Point { return vg.Point{X: f.X(x), Y: f.Y(y)} }

// inside is the place of a point, moved to the edge of the axes if it is beyond.
func (f *Frame) inside(x, y float64) vg.Point {
	return f.At(f.Panel.X.Clamp(x), f.Panel.Y.Clamp(y))
}

// Rectangle is the outline of a box.
func Rectangle(left, bottom, right, top vg.Length) []vg.Point {
	return []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}}
}

// StrokeBox strokes the whole outline of a box.
func StrokeBox(c draw.Canvas, style draw.LineStyle, box []vg.Point) {
	c.StrokeLines(style, append(slices.Clone(box), box[0]))
}
