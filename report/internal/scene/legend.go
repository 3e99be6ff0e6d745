package scene

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/svg"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Entry is one sample with its name in a legend.
type Entry struct {
	Name   string
	Sample vg.Length                         // its width
	Draw   func(c *draw.Canvas, at vg.Point) // the sample, to the right of a point
	owner  svg.Owner
}

func (e *Entry) width() vg.Length {
	return e.Sample + 5 + theme.Style(theme.TickSize, theme.TextInk, false).Width(e.Name) + 14
}

// legend is what primitives explain and the guides whose names stand there; and the
// lines, where there is no room for their names at their ends.
func (p *Panel) legend(width vg.Length) (list []Entry) {
	for _, m := range p.Scene {
		switch m := m.(type) {
		case interface{ Legend() []Entry }:
			list = append(list, m.Legend()...)
		case Guide:
			if !m.NameAtLine && !m.Unnamed {
				list = append(list, Entry{Name: m.Name, Sample: 24, Draw: func(c *draw.Canvas, at vg.Point) {
					c.StrokeLine2(guideStyle, at.X, at.Y, at.X+24, at.Y)
				}})
			}
		case End:
			if theme.IsNarrow(width) {
				list = append(list, Entry{m.label(), 16, m.sample, svg.Owner{Name: m.Name, Entry: true}})
			}
		}
	}
	return list
}

// legendRows are the entries in rows of a width.
func (p *Panel) legendRows(width vg.Length) (rows [][]Entry) {
	var used vg.Length
	for _, e := range p.legend(width) {
		if len(rows) == 0 || used+e.width()-14 > width {
			rows, used = append(rows, nil), 0
		}
		last := &rows[len(rows)-1]
		*last, used = append(*last, e), used+e.width()
	}
	return rows
}

const (
	legendStep = theme.TickSize * 1.55
	legendGap  = vg.Length(5)
)

func (p *Panel) legendHeight(width vg.Length) vg.Length {
	if rows := p.legendRows(width); len(rows) > 0 {
		return vg.Length(len(rows))*legendStep + legendGap
	}
	return 0
}

// drawLegend takes what it needs from the top of the canvas.
func (p *Panel) drawLegend(c *draw.Canvas) {
	s := theme.Style(theme.TickSize, theme.TextInk, false)
	for i, row := range p.legendRows(c.Size().X) {
		at := vg.Point{X: c.Min.X, Y: c.Max.Y - (vg.Length(i)+0.5)*legendStep}
		for _, e := range slices.Clone(row) {
			svg.Owned(c, e.owner, func() {
				e.Draw(c, at)
				theme.Middle(c, s, vg.Point{X: at.X + e.Sample + 5, Y: at.Y}, e.Name)
			})
			at.X += e.width()
		}
	}
	c.Max.Y -= p.legendHeight(c.Size().X)
}
