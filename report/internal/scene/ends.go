package scene

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/svg"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// End is the name of a line, written beside the axes at the height of a point, or
// of the right end of the axis, if that is nearer, and joined to it. A long name is
// cut, or no room would be left for axes: what is drawn on axes of less than no
// width never ends.
type End struct {
	unlisted
	Name string
	Look theme.Look
	X, Y float64
}

// Room is the width beside the axes that it takes.
func (e End) Room() vg.Length {
	return theme.Style(theme.BodySize, theme.TextInk, false).Width(e.label()) + 30
}

func (e End) label() string {
	return theme.Fit(theme.Style(theme.BodySize, theme.TextInk, false), e.Name, 170)
}

func (e End) Draw(f *Frame) {
	if !f.Narrow {
		f.ends = append(f.ends, end{e, f.At(min(e.X, f.Panel.X.High), e.Y)})
	}
}

// sample is a piece of the line to the right of a point.
func (e End) sample(c *draw.Canvas, at vg.Point) {
	e.Look.Stroke(c, 2, nil, at, vg.Point{X: at.X + 12, Y: at.Y})
	e.Look.Mark(c, 3, vg.Point{X: at.X + 6, Y: at.Y})
}

// end is one on the canvas.
type end struct {
	End
	at vg.Point
}

// labelGap is the height of a line's name.
const labelGap = vg.Length(13.5)

// drawEnds writes the names in a column to the right of the axes, in the order
// of their lines, moved apart as far as they need. A dotted line leads to one from
// where its line ends, if that is elsewhere.
func (f *Frame) drawEnds() {
	slices.SortStableFunc(f.ends, func(a, b end) int { return cmp.Compare(a.at.Y, b.at.Y) })
	heights := make([]vg.Length, len(f.ends))
	for i, e := range f.ends {
		heights[i] = min(max(e.at.Y, f.Min.Y), f.Max.Y)
	}
	spread(heights, f.Max.Y-labelGap/3) // the heading is close above
	s := theme.Style(theme.BodySize, theme.TextInk, false)
	for i, e := range f.ends {
		at := vg.Point{X: f.Max.X + 8, Y: heights[i]}
		svg.Owned(f.Canvas, svg.Owner{Name: e.Name, Entry: true}, func() {
			if f.Max.X-e.at.X > 0.5 || at.Y != e.at.Y {
				f.StrokeLines(draw.LineStyle{Color: e.Look.Edge(), Width: 0.8, Dashes: theme.Dotted}, []vg.Point{e.at, at})
			}
			e.sample(&f.Canvas, at)
			theme.Middle(&f.Canvas, s, vg.Point{X: at.X + 17, Y: at.Y}, e.label())
		})
	}
}

// spread moves sorted heights apart to labelGap, and back below high.
func spread(heights []vg.Length, high vg.Length) {
	for i := 1; i < len(heights); i++ {
		heights[i] = max(heights[i], heights[i-1]+labelGap)
	}
	last := len(heights) - 1
	if last < 0 || heights[last] <= high {
		return
	}
	heights[last] = high
	for i := last - 1; i >= 0; i-- {
		heights[i] = min(heights[i], heights[i+1]-labelGap)
	}
}
