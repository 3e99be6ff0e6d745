package scene

import (
	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// Boxes are areas of one transport in shades of its ink: the cells of a heat map, or
// the bars of a histogram.
type Boxes struct {
	Name  string
	Look  theme.Look
	Boxes []Box
	Spots []Spot
}

// Box is one area. Its shade counts from the lightest, 0.
type Box struct {
	Left, Right, Bottom, Top float64
	Shade                    int
}

// Spot is an area that tells the pointer what is in it.
type Spot struct {
	Box
	X, Y string
}

// Add appends a box, or makes one longer that ends where this one begins and is as
// high and of the same shade.
func (b *Boxes) Add(box Box) {
	for i := range b.Boxes {
		before := &b.Boxes[i]
		if before.Right == box.Left && before.Bottom == box.Bottom && before.Top == box.Top && before.Shade == box.Shade {
			before.Right = box.Right
			return
		}
	}
	b.Boxes = append(b.Boxes, box)
}

func (b Boxes) Numbers() []Series {
	s := Series{Name: b.Name}
	for _, box := range b.Boxes {
		s.Add(box.Left, box.Top)
	}
	return []Series{s}
}

// Draw fills each shade as one path. In a narrow drawing a row of boxes has its name
// above it.
func (b Boxes) Draw(f *Frame) {
	f.On(Strokes, func() {
		f.owned(b.Name, func() {
			for shade, ink := range theme.Shades(b.Look.Ink) {
				if path := b.path(f, shade); path != nil {
					f.SetColor(ink)
					f.Fill(path)
				}
			}
		})
	})
	if f.Narrow && f.Panel.Y.Categories && len(b.Boxes) > 0 {
		top := f.corners(Box{Bottom: b.Boxes[0].Bottom, Top: b.Boxes[0].Bottom + 1})[2].Y
		theme.Middle(&f.Canvas, theme.Style(theme.TickSize, theme.TextInk, false), vg.Point{X: f.Min.X + 2, Y: top - 6}, b.Name)
	}
	for _, s := range b.Spots {
		c := f.corners(s.Box)
		f.Hits = append(f.Hits, Hit{Box: vg.Rectangle{Min: c[0], Max: c[2]}, Name: b.Name, X: s.X, Y: s.Y, Line: b.Name})
	}
}

func (b *Boxes) path(f *Frame, shade int) (path vg.Path) {
	for _, box := range b.Boxes {
		if box.Shade != shade {
			continue
		}
		for i, at := range f.corners(box) {
			if i == 0 {
				path.Move(at)
			} else {
				path.Line(at)
			}
		}
		path.Close()
	}
	return path
}

func (f *Frame) corners(b Box) []vg.Point {
	low, high := f.inside(b.Left, b.Bottom), f.inside(b.Right, b.Top)
	return Rectangle(low.X, low.Y, high.X, high.Y)
}
