package scene

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/theme"
)

// End is the name of a line, written beside the axes at the height of a point, or
// of the right end of the axis, if that is nearer. A long name is cut, or no room
// would be left for axes: what is drawn on axes of less than no width never ends.
type End struct {
	unlisted
	Name string
	Look theme.Look
	X, Y float64
}

// room is the width beside the axes that it takes.
func (e End) room() vg.Length {
	return theme.Style(theme.BodySize, theme.TextInk, false).Width(e.label()) + 30
}

func (e End) label() string {
	return theme.Fit(theme.Style(theme.BodySize, theme.TextInk, false), e.Name, 170)
}

func (e End) draw(f *frame) { f.ends = append(f.ends, end{e, f.at(min(e.X, f.panel.X.High), e.Y)}) }

// end is one on the canvas.
type end struct {
	End
	at vg.Point
}

// labelGap is the height of a line's name.
const labelGap = vg.Length(13.5)

// drawEnds writes the names in a column to the right of the axes, in the order
// of their lines, moved apart as far as they need.
func (f *frame) drawEnds() {
	slices.SortStableFunc(f.ends, func(a, b end) int { return cmp.Compare(a.at.Y, b.at.Y) })
	heights := make([]vg.Length, len(f.ends))
	for i, e := range f.ends {
		heights[i] = min(max(e.at.Y, f.Min.Y), f.Max.Y)
	}
	spread(heights, f.Max.Y-labelGap/3) // the heading is close above
	s := theme.Style(theme.BodySize, theme.TextInk, false)
	for i, e := range f.ends {
		y := heights[i]
		if f.Max.X-e.at.X > 0.5 || y != e.at.Y {
			f.StrokeLines(draw.LineStyle{Color: e.Look.Ink, Width: 0.6}, []vg.Point{e.at, {X: f.Max.X + 8, Y: y}})
		}
		e.Look.Stroke(&f.Canvas, 2, nil, vg.Point{X: f.Max.X + 8, Y: y}, vg.Point{X: f.Max.X + 20, Y: y})
		e.Look.Mark(&f.Canvas, 3, vg.Point{X: f.Max.X + 14, Y: y})
		theme.Middle(&f.Canvas, s, vg.Point{X: f.Max.X + 25, Y: y}, e.label())
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
