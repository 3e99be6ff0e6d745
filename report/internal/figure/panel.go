package figure

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Panel is one pair of axes of a chart, and the scene on them.
type Panel struct {
	Heading string // what is drawn, with its unit
	Legend  []Swatch
	Omitted string // why there is nothing to draw, if so
	Height  vg.Length
	X, Y    axis.Axis
	Scene   []Primitive
}

// Swatch is a colour and what it means.
type Swatch struct {
	Ink  color.RGBA
	Name string
}

// fullHeight is that of heading, legend and axes.
func (p *Panel) fullHeight() vg.Length {
	if p.Omitted != "" {
		return theme.BodySize*2 + 40
	}
	h := theme.BodySize*2 + p.Height + 5
	if p.hasLegend() {
		h += legendHeight
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

// draw returns the hits.
func (p *Panel) draw(box draw.Canvas) []Hit {
	writeTop(box, theme.Style(theme.BodySize, theme.TextInk, false), 3, p.Heading)
	box.Max.Y -= theme.BodySize * 2
	if p.hasLegend() {
		p.drawLegend(&box)
		box.Max.Y -= legendHeight
	}
	if p.Omitted != "" {
		writeInstead(box, p.Omitted)
		return nil
	}
	box.Min.Y += 5
	box.Max.X -= p.room()
	s := &scene{panel: p}
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

const legendHeight = theme.BodySize * 1.7

// guides are those that the legend names.
func (p *Panel) guides() (names []string) {
	for _, m := range p.Scene {
		if g, ok := m.(Guide); ok && !g.NameAtLine {
			names = append(names, g.Name)
		}
	}
	return names
}

func (p *Panel) hasLegend() bool { return len(p.Legend)+len(p.guides()) > 0 }

// drawLegend lays colours and guides side by side at the top of the canvas.
func (p *Panel) drawLegend(c *draw.Canvas) {
	s := theme.Style(theme.TickSize, theme.TextInk, false)
	at := vg.Point{X: c.Min.X, Y: c.Max.Y - 6}
	write := func(after vg.Length, name string) {
		theme.Middle(c, s, vg.Point{X: at.X + after, Y: at.Y}, name)
		at.X += after + s.Width(name) + 14
	}
	for _, w := range p.Legend {
		box := rectangle(at.X, at.Y-4, at.X+12, at.Y+4)
		c.FillPolygon(w.Ink, box)
		c.StrokeLines(draw.LineStyle{Color: theme.TextInk, Width: 0.8}, append(box, box[0]))
		write(16, w.Name)
	}
	for _, name := range p.guides() {
		c.StrokeLine2(guideStyle, at.X, at.Y, at.X+24, at.Y)
		write(29, name)
	}
}

// list writes the numbers of a panel.
func (p *Panel) list(b *strings.Builder) {
	fmt.Fprintf(b, "  %s\n", p.Heading)
	if p.Omitted != "" {
		fmt.Fprintf(b, "    omitted: %s\n", p.Omitted)
	}
	for _, m := range p.Scene {
		for _, s := range m.numbers() {
			fmt.Fprintf(b, "    %s:", s.Name)
			for i, y := range s.Y {
				if s.X != nil {
					fmt.Fprintf(b, " %.4g,%.4g", s.X[i], y)
				} else {
					fmt.Fprintf(b, " %.4g", y)
				}
			}
			b.WriteString("\n")
		}
	}
}

// FitsAcross reports whether a line of text fits into a chart.
func FitsAcross(line string, bold bool) bool {
	return theme.Style(theme.BodySize, theme.TextInk, bold).Width(line) <= ChartWidth-2*margin
}

// Remark adds to a heading what is said of some transports: by their names, if
// the chart is wide enough for them.
func Remark(heading, said string, names []string) string {
	if len(names) == 0 {
		return heading
	}
	heading += " · " + said + ": "
	if long := heading + number.Join(names); FitsAcross(long, false) {
		return long
	}
	return heading + number.Plural(float64(len(names)), "transport")
}
