package scene

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// Floor is the area below a line, which is level left of its beginning and right
// of its end.
type Floor struct{ Series }

func (b Floor) Numbers() []Series { return []Series{b.Series} }

func (b Floor) Draw(f *Frame) {
	edge := []vg.Point{f.inside(math.Inf(-1), b.Y[0])}
	for i, x := range b.X {
		if x <= f.Panel.X.High {
			edge = append(edge, f.inside(x, b.Y[i]))
		}
	}
	edge = append(edge, vg.Point{X: f.Max.X, Y: edge[len(edge)-1].Y})
	outline := append(slices.Clone(edge), vg.Point{X: f.Max.X, Y: f.Min.Y}, f.Min)
	f.shapes = append(f.shapes, shape{fill: theme.ShadeInk, outline: outline, edge: edge})
}

// Span is a stretch of the axis across, named above the axes where there is room.
type Span struct {
	unlisted
	Name     string
	From, To float64
	Shaded   bool
}

func (b Span) Draw(f *Frame) {
	left, right := max(f.X(b.From), f.Min.X), min(f.X(b.To), f.Max.X)
	if b.Shaded && right > left {
		f.shapes = append(f.shapes, shape{fill: theme.ShadeInk, outline: Rectangle(left, f.Min.Y, right, f.Max.Y)})
	}
	s := theme.Style(theme.SmallSize, theme.FaintInk, false)
	s.YAlign = draw.YBottom
	if s.Width(b.Name)+4 <= f.X(b.To)-f.X(b.From) {
		f.FillText(s, vg.Point{X: f.X(b.From) + 2, Y: f.Max.Y + 2}, b.Name)
	}
}

// Note is a quiet remark in a corner: the lower left, or the upper right.
type Note struct {
	unlisted
	Text       string
	Size       vg.Length
	UpperRight bool
}

func (n Note) Draw(f *Frame) {
	s := theme.Style(n.Size, theme.FaintInk, false)
	at := vg.Point{X: f.Min.X + 5, Y: f.Min.Y + 3}
	s.YAlign = draw.YBottom
	if n.UpperRight {
		at = vg.Point{X: f.Max.X - 6, Y: f.Max.Y - 5}
		s.XAlign, s.YAlign = draw.XRight, draw.YTop
	}
	f.On(Notes, func() { f.FillText(s, at, n.Text) })
}
