package scene

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Panel is one pair of axes of a chart, and the scene on them.
type Panel struct {
	Heading string    // what is drawn, with its unit
	Omitted string    // why there is nothing to draw, if so
	Height  vg.Length // at least, or as the names of the lines need
	X, Y    axis.Axis
	Scene   []Primitive
	Strips  bool // the pointer is told all lines in upright strips, not point by point
}

// AddScale adds to the heading what the numbers of its axis are in.
func (p *Panel) AddScale(s number.Scale) {
	if s.Name != "" {
		p.Heading += ", " + s.Name
	}
}

// FullHeight is that of heading, legend and axes.
func (p *Panel) FullHeight() vg.Length {
	if p.Omitted != "" {
		return theme.BodySize*2 + 40
	}
	return theme.BodySize*2 + p.legendHeight() + max(p.Height, p.namesHeight()) + 5
}

// namesHeight is what the names of the lines need beside the axes.
func (p *Panel) namesHeight() vg.Length {
	h := vg.Length(50)
	for _, m := range p.Scene {
		if _, ok := m.(End); ok {
			h += labelGap
		}
	}
	return h
}

// room is the widest that a primitive takes beside the axes.
func (p *Panel) room() (widest vg.Length) {
	for _, m := range p.Scene {
		if r, ok := m.(interface{ room() vg.Length }); ok {
			widest = max(widest, r.room())
		}
	}
	return widest
}

// Draw returns the places that show their values.
func (p *Panel) Draw(box draw.Canvas) []Hit {
	theme.WriteTop(box, theme.Style(theme.BodySize, theme.TextInk, false), 3, p.Heading)
	box.Max.Y -= theme.BodySize * 2
	p.drawLegend(&box)
	box.Max.Y -= p.legendHeight()
	if p.Omitted != "" {
		theme.WriteInstead(box, p.Omitted)
		return nil
	}
	box.Min.Y += 5
	box.Max.X -= p.room()
	s := &plotter{panel: p}
	axes := plot.New()
	axes.BackgroundColor = nil
	p.X.Apply(&axes.X)
	axes.X.Label.TextStyle.YAlign = draw.YBottom
	p.Y.Apply(&axes.Y)
	axes.Y.Label.TextStyle.YAlign = draw.YTop
	axes.Y.LineStyle.Width, axes.Y.Tick.LineStyle.Width, axes.Y.Tick.Length = 0, 0, 2
	axes.Add(s)
	axes.Draw(box)
	return s.hits
}

// legend is the named parts of bars and the guides whose names stand there.
func (p *Panel) legend() (parts []Part, guides []string) {
	for _, m := range p.Scene {
		switch m := m.(type) {
		case Bars:
			parts = append(parts, m.legend()...)
		case Guide:
			if !m.NameAtLine {
				guides = append(guides, m.Name)
			}
		}
	}
	return parts, guides
}

func (p *Panel) legendHeight() vg.Length {
	if parts, guides := p.legend(); len(parts)+len(guides) == 0 {
		return 0
	}
	return theme.BodySize * 1.7
}

// drawLegend lays inks and guides side by side at the top of the canvas.
func (p *Panel) drawLegend(c *draw.Canvas) {
	s := theme.Style(theme.TickSize, theme.TextInk, false)
	at := vg.Point{X: c.Min.X, Y: c.Max.Y - 6}
	write := func(after vg.Length, name string) {
		theme.Middle(c, s, vg.Point{X: at.X + after, Y: at.Y}, name)
		at.X += after + s.Width(name) + 14
	}
	parts, guides := p.legend()
	for _, part := range parts {
		box := rectangle(at.X, at.Y-4, at.X+12, at.Y+4)
		c.FillPolygon(part.Ink, box)
		strokeBox(*c, draw.LineStyle{Color: theme.TextInk, Width: 0.8}, box)
		write(16, part.Name)
	}
	for _, name := range guides {
		c.StrokeLine2(guideStyle, at.X, at.Y, at.X+24, at.Y)
		write(29, name)
	}
}

// Numbers are those of everything that is drawn.
func (p *Panel) Numbers() (list []Series) {
	for _, m := range p.Scene {
		list = append(list, m.numbers()...)
	}
	return list
}

// Remark adds to a heading what is said of some transports: by their names, if
// the chart is wide enough for them.
func Remark(heading, said string, names []string) string {
	if len(names) == 0 {
		return heading
	}
	heading += " · " + said + ": "
	if long := heading + number.Join(names); theme.FitsAcross(long, false) {
		return long
	}
	return heading + number.Plural(float64(len(names)), "transport")
}
