package figure

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Band is the area between two lines over the same X.
type Band struct {
	Name         string
	Fill         color.Color
	X, Low, High []float64
}

// Add appends a place.
func (b *Band) Add(x, low, high float64) {
	b.X, b.Low, b.High = append(b.X, x), append(b.Low, low), append(b.High, high)
}

func (Band) layer() layer { return areas }

func (b Band) numbers() []Series {
	return append(Series{b.Name + " band, low", b.X, b.Low}.numbers(), Series{b.Name + " band, high", b.X, b.High}.numbers()...)
}

func (b Band) draw(f *frame) {
	if len(b.X) < 2 {
		return
	}
	s := shape{fill: b.Fill}
	for i, x := range b.X {
		s.outline = append(s.outline, f.inside(x, b.High[i]))
	}
	for i, x := range slices.Backward(b.X) {
		low := f.inside(x, b.Low[i])
		s.outline = append(s.outline, low)
		s.size += s.outline[i].Y - low.Y
	}
	f.shapes = append(f.shapes, s)
}

// Floor is the area below a line, which is level left of its beginning and right
// of its end.
type Floor struct{ Series }

func (Floor) layer() layer { return areas }

func (b Floor) draw(f *frame) {
	if len(b.X) == 0 {
		return
	}
	edge := []vg.Point{f.inside(math.Inf(-1), b.Y[0])}
	for i, x := range b.X {
		if x <= f.panel.X.High {
			edge = append(edge, f.inside(x, b.Y[i]))
		}
	}
	edge = append(edge, vg.Point{X: f.Max.X, Y: edge[len(edge)-1].Y})
	outline := append(slices.Clone(edge), vg.Point{X: f.Max.X, Y: f.Min.Y}, f.Min)
	f.shapes = append(f.shapes, shape{fill: ShadeInk, outline: outline, edge: edge})
}

// Span is a stretch of the axis across, named above the axes where there is room.
type Span struct {
	Name     string
	From, To float64
	Shaded   bool
}

func (Span) layer() layer { return areas }

func (Span) numbers() []Series { return nil }

func (b Span) draw(f *frame) {
	left, right := max(f.x(b.From), f.Min.X), min(f.x(b.To), f.Max.X)
	if b.Shaded && right > left {
		f.shapes = append(f.shapes, shape{fill: ShadeInk, outline: rectangle(left, f.Min.Y, right, f.Max.Y)})
	}
	s := Style(SmallSize, FaintInk, false)
	s.YAlign = draw.YBottom
	if s.Width(b.Name)+4 <= f.x(b.To)-f.x(b.From) {
		f.FillText(s, vg.Point{X: f.x(b.From) + 2, Y: f.Max.Y + 2}, b.Name)
	}
}

// Note is a quiet remark in a corner: the lower left, or the upper right.
type Note struct {
	Text       string
	Size       vg.Length
	UpperRight bool
}

func (Note) layer() layer { return notes }

func (Note) numbers() []Series { return nil }

func (n Note) draw(f *frame) {
	s := Style(n.Size, FaintInk, false)
	if n.UpperRight {
		s.YAlign = draw.YTop
		f.FillText(s, vg.Point{X: f.Max.X - s.Width(n.Text) - 6, Y: f.Max.Y - 5}, n.Text)
		return
	}
	s.YAlign = draw.YBottom
	f.FillText(s, vg.Point{X: f.Min.X + 5, Y: f.Min.Y + 3}, n.Text)
}
