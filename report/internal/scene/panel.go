package scene

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Panel is one pair of axes of a chart, and the scene on them. A narrow one is
// drawn with all names above what they name, not beside it.
type Panel struct {
	Heading string    // what is drawn, with its unit
	Omitted string    // why there is nothing to draw, if so
	Height  vg.Length // of the axes at least, or as the primitives need
	X, Y    axis.Axis
	Scene   []Primitive
	Strips  int // the pointer is told all lines in so many upright strips at most; 0: point by point
}

// AddScale adds to the heading what the numbers of its axis are in.
func (p *Panel) AddScale(s number.Scale) {
	if s.Name != "" {
		p.Heading += ", " + s.Name
	}
}

// Gaps around the sentence that stands for the axes, and below the axes.
const (
	omittedGap = vg.Length(14)
	axesGap    = vg.Length(5)
)

// headingGap is below the heading, and has room for the names of spans.
func (p *Panel) headingGap() vg.Length {
	for _, m := range p.Scene {
		if _, ok := m.(Span); ok {
			return 10
		}
	}
	return 4
}

func (p *Panel) heading(width vg.Length) theme.Paragraph {
	words := p.Heading
	if p.Y.Log {
		words += ", log scale"
	}
	return theme.NewParagraph(theme.Style(theme.BodySize, theme.TextInk, false), words, width)
}

// name is that of the axis across, below it.
func (p *Panel) name(width vg.Length) theme.Paragraph {
	words := p.X.Name
	if p.X.Log && words != "" {
		words += ", log scale"
	}
	s := theme.Style(theme.TickSize, theme.FaintInk, false)
	s.XAlign = draw.XCenter
	return theme.NewParagraph(s, words, width)
}

func (p *Panel) omitted(width vg.Length) theme.Paragraph { return theme.Instead(p.Omitted, width) }

// FullHeight is that of heading, legend and axes at a width.
func (p *Panel) FullHeight(width vg.Length) vg.Length {
	heading, omitted := p.heading(width), p.omitted(width)
	name := p.name(width)
	h := heading.Height() + p.headingGap() + name.Height() + axesGap
	if p.Omitted != "" {
		return h + omitted.Height() + 2*omittedGap
	}
	most := p.Height
	for _, m := range p.Scene {
		if r, ok := m.(interface{ Height(narrow bool) vg.Length }); ok {
			most = max(most, r.Height(theme.IsNarrow(width)))
		}
	}
	return h + p.legendHeight(width) + max(most, p.namesHeight(width))
}

// namesHeight is what the names of the lines need beside the axes.
func (p *Panel) namesHeight(width vg.Length) (h vg.Length) {
	if theme.IsNarrow(width) {
		return 0
	}
	for _, m := range p.Scene {
		if _, ok := m.(End); ok {
			h += labelGap
		}
	}
	return h + 50
}

// room is the widest that a primitive takes beside the axes.
func (p *Panel) room(width vg.Length) (widest vg.Length) {
	if theme.IsNarrow(width) {
		return 0
	}
	for _, m := range p.Scene {
		if r, ok := m.(interface{ Room() vg.Length }); ok {
			widest = max(widest, r.Room())
		}
	}
	return widest
}

// Draw returns the places that show their values.
func (p *Panel) Draw(box draw.Canvas) []Hit {
	width := box.Size().X
	heading, omitted, name := p.heading(width), p.omitted(width), p.name(width)
	heading.Take(&box)
	box.Max.Y -= p.headingGap()
	if p.Omitted != "" {
		box.Max.Y -= omittedGap
		omitted.Take(&box)
		return nil
	}
	p.drawLegend(&box)
	box.Min.Y += axesGap
	below := box
	below.Max.Y = box.Min.Y + name.Height()
	box.Min.Y = below.Max.Y
	box.Max.X -= p.room(width)
	s := &plotter{panel: p, narrow: theme.IsNarrow(width)}
	axes := p.axes(width)
	data := axes.DataCanvas(box)
	axes.X.Tick.Marker = axis.Clear(p.X.Ticks, axes.X.Tick.Label, func(v float64) vg.Length { return data.X(axes.X.Norm(v)) })
	axes.Add(s)
	axes.Draw(box)
	if !s.narrow {
		below.Min.X, below.Max.X = data.Min.X, data.Max.X
	}
	name.Take(&below)
	return s.hits
}

func (p *Panel) axes(width vg.Length) *plot.Plot {
	across, up := p.X, p.Y
	across.Name = "" // written below, as plot would make room for it on a logarithmic axis
	if theme.IsNarrow(width) && up.Categories {
		up.Ticks = nil // the names are above the rows
	}
	axes := plot.New()
	axes.BackgroundColor = nil
	across.Apply(&axes.X)
	up.Apply(&axes.Y)
	axes.Y.Label.TextStyle.YAlign = draw.YTop
	axes.Y.LineStyle.Width, axes.Y.Tick.LineStyle.Width, axes.Y.Tick.Length = 0, 0, 2
	return axes
}

// Numbers are those of everything that is drawn.
func (p *Panel) Numbers() (list []Series) {
	for _, m := range p.Scene {
		list = append(list, m.Numbers()...)
	}
	return list
}

// Remark adds to a heading what is said of some transports.
func Remark(heading, said string, names []string) string {
	if len(names) == 0 {
		return heading
	}
	return heading + " · " + said + ": " + number.Join(names)
}
