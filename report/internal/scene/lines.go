package scene

import (
	"math"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// Line joins points of one look, and parts at crossed ones. Where both axes can
// say their values, every marker has a hit under the line's name.
type Line struct {
	Name     string
	Look     theme.Look
	Width    vg.Length // 0 for markers only
	Dashes   []vg.Length
	Radius   vg.Length // of markers
	Apart    bool      // markers stand side by side where they would hide each other
	Unlisted bool      // not in Panel.Numbers: another line lists the points
	Points   []Point
}

// Point is a place of a line.
type Point struct {
	X, Y      float64
	Low, High float64 // the band's; equal or NaN without one
	Mark      Mark
	Label     string
}

func (p *Point) banded() bool { return p.Mark != Crossed && p.Low < p.High }

// Mark is what is drawn at a point.
type Mark int

const (
	Unmarked Mark = iota
	Marked
	Crossed // a crossed box: invalid
)

// Add appends a point.
func (l *Line) Add(x, y float64, m Mark) { l.Points = append(l.Points, Point{X: x, Y: y, Mark: m}) }

// End names the line at its rightmost point.
func (l *Line) End() End {
	right := l.right()
	return End{Name: l.Name, Look: l.Look, X: right.X, Y: right.Y}
}

func (l *Line) right() Point {
	right := l.Points[0]
	for _, p := range l.Points {
		if p.X > right.X {
			right = p
		}
	}
	return right
}

func (l Line) Numbers() []Series {
	line, low, high, crossed := Series{Name: l.Name}, Series{Name: l.Name + " band, low"}, Series{Name: l.Name + " band, high"}, Series{Name: l.Name + " invalid"}
	for _, p := range l.Points {
		if p.Mark == Crossed {
			crossed.Add(p.X, p.Y)
		} else {
			line.Add(p.X, p.Y)
		}
		if p.banded() {
			low.Add(p.X, p.Low)
			high.Add(p.X, p.High)
		}
	}
	return slices.DeleteFunc([]Series{line, low, high, crossed}, func(s Series) bool { return l.Unlisted || len(s.Y) == 0 })
}

func (l Line) Draw(f *Frame) {
	l.drawBand(f)
	f.On(Strokes, func() { f.owned(l.Name, func() { l.stroke(f) }) })
	f.On(Marks, func() { f.owned(l.Name, func() { l.drawMarks(f) }) })
}

func (l Line) stroke(f *Frame) {
	var joined []vg.Point
	for i, p := range l.Points {
		if p.Mark != Crossed {
			joined = append(joined, f.At(p.X, p.Y))
		}
		if p.Mark != Crossed && i < len(l.Points)-1 {
			continue
		}
		if len(joined) > 1 && l.Width > 0 {
			l.Look.Stroke(&f.Canvas, l.Width, l.Dashes, joined...)
		}
		joined = nil
	}
}

func (l Line) drawBand(f *Frame) {
	s := shape{owner: l.Name, fill: theme.Pale(l.Look.Ink)}
	var low []vg.Point
	for _, p := range l.Points {
		if p.banded() {
			s.outline, low = append(s.outline, f.inside(p.X, p.High)), append(low, f.inside(p.X, p.Low))
			s.size += s.outline[len(low)-1].Y - low[len(low)-1].Y
		}
	}
	if len(low) > 1 {
		slices.Reverse(low)
		s.outline = append(s.outline, low...)
		f.shapes = append(f.shapes, s)
	}
}

// drawMarks draws the markers, and then the labels: above a point, to the right of
// it; but below the rightmost, as a line to the name of the transport begins there.
// One that would lie on another is left out.
func (l Line) drawMarks(f *Frame) {
	for _, p := range l.Points {
		if p.Mark != Unmarked {
			l.drawMark(f, p)
		}
	}
	for _, p := range l.Points {
		if p.Label == "" {
			continue
		}
		s := theme.Style(theme.SmallSize, theme.TextInk, false)
		at := f.At(p.X, p.Y)
		place := vg.Point{X: at.X + 5, Y: at.Y + 7}
		if p.X == l.right().X {
			s.XAlign, place = draw.XCenter, vg.Point{X: at.X, Y: at.Y - 11}
		}
		f.label(s, place, p.Label)
	}
}

// label writes words where no others are.
func (f *Frame) label(s text.Style, at vg.Point, words string) {
	width := s.Width(words)
	left := at.X + width*vg.Length(s.XAlign)
	box := vg.Rectangle{Min: vg.Point{X: left, Y: at.Y - s.Font.Size/2}, Max: vg.Point{X: left + width, Y: at.Y + s.Font.Size/2}}
	covers := func(o vg.Rectangle) bool {
		return box.Min.X < o.Max.X && o.Min.X < box.Max.X && box.Min.Y < o.Max.Y && o.Min.Y < box.Max.Y
	}
	if !slices.ContainsFunc(f.labels, covers) {
		f.labels = append(f.labels, box)
		theme.Middle(&f.Canvas, s, at, words)
	}
}

func (l Line) drawMark(f *Frame, p Point) {
	at := f.At(p.X, p.Y)
	place := at
	if l.Apart {
		place = beside(at, f.taken)
		f.taken = append(f.taken, place)
	}
	if p.Mark == Crossed {
		l.Look.Cross(&f.Canvas, place)
	} else {
		l.Look.Mark(&f.Canvas, l.Radius, place)
	}
	f.hitPoint(at, l.Name, p.X, p.Y)
}

// beside is the nearest place at the height of a point that no marker lies on.
func beside(at vg.Point, taken []vg.Point) vg.Point {
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
	Unnamed    bool // the heading says what it is
}

// guideStyle is how a guide is drawn, here and in the legend.
var guideStyle = draw.LineStyle{Color: theme.TextInk, Width: 1, Dashes: theme.Dashed}

func (g Guide) Numbers() []Series { return []Series{g.Series} }

func (g Guide) Draw(f *Frame) {
	var points []vg.Point
	for i, v := range g.Y {
		switch {
		case g.X == nil:
			points = []vg.Point{{X: f.Min.X, Y: f.Y(v)}, {X: f.Max.X, Y: f.Y(v)}}
		case v >= f.Panel.Y.Low && v <= f.Panel.Y.High:
			points = append(points, f.At(g.X[i], v))
		}
	}
	if len(points) > 1 {
		f.On(Notes, func() { g.stroke(f, points) })
	}
}

// stroke writes the name, if that is its place, below the left part of the line.
func (g Guide) stroke(f *Frame, points []vg.Point) {
	f.StrokeLines(guideStyle, points)
	if !g.NameAtLine {
		return
	}
	s := theme.Style(9, theme.TextInk, false)
	s.YAlign = draw.YTop
	at := points[0]
	for _, p := range points {
		if p.X <= f.Min.X+0.18*(f.Max.X-f.Min.X) {
			at = p
		}
	}
	f.FillText(s, vg.Point{X: at.X + 6, Y: at.Y - 3}, theme.Fit(s, g.Name, f.Max.X-at.X-6))
}
