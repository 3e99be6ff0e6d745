package report

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// chart is one picture of a run: the numbers behind it, and how to draw them.
type chart struct {
	name    string // of its files
	title   string
	caption string // what it shows, for the page
	asks    question
	panels  []panel
	omitted string   // why there is nothing to draw, if so
	stamp   string   // suspect or invalid
	footer  []string // scenario, trials, machine, commit, validity
}

// panel is one pair of axes of a chart.
type panel struct {
	heading string // what is drawn, with its unit
	legend  []swatch
	lines   []series
	omitted string
	height  vg.Length
	right   vg.Length // room beside the axes, for labels
	plot    func() *plot.Plot
	hits    func(*plot.Plot, draw.Canvas) []hit // on the canvas of the data; nil for none
}

// series is the numbers of one line or bar, as drawn: tests compare these.
type series struct {
	name string
	x, y []float64
}

// Sizes in points. 540 points are 720 CSS pixels, which a README shows whole.
const (
	chartWidth = vg.Length(540)
	margin     = vg.Length(14)
	titleSize  = vg.Length(14)
	bodySize   = vg.Length(10.5)
	smallSize  = vg.Length(8.5)
	dpi        = 192
)

func style(size vg.Length, c color.Color, bold bool) plottext.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return plottext.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

// numbers lists the data of the chart, for comparing with a golden file.
func (c *chart) numbers() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", c.name, c.title)
	if c.omitted != "" {
		fmt.Fprintf(&b, "  omitted: %s\n", c.omitted)
	}
	if c.stamp != "" {
		fmt.Fprintf(&b, "  stamp: %s\n", c.stamp)
	}
	for _, s := range c.footer {
		fmt.Fprintf(&b, "  footer: %s\n", s)
	}
	for _, p := range c.panels {
		fmt.Fprintf(&b, "  %s\n", p.heading)
		if p.omitted != "" {
			fmt.Fprintf(&b, "    omitted: %s\n", p.omitted)
		}
		for _, s := range p.lines {
			fmt.Fprintf(&b, "    %s:", s.name)
			for i := range s.y {
				if s.x != nil {
					fmt.Fprintf(&b, " %.4g,%.4g", s.x[i], s.y[i])
				} else {
					fmt.Fprintf(&b, " %.4g", s.y[i])
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (c *chart) height() vg.Length {
	h := margin + titleSize*1.5 + vg.Length(len(c.footer))*smallSize*1.35 + margin*1.3
	if c.stamp != "" {
		h += bodySize * 1.5
	}
	if c.omitted != "" {
		return h + 60
	}
	for _, p := range c.panels {
		h += p.fullHeight()
	}
	return h
}

func (p *panel) fullHeight() vg.Length {
	if p.omitted != "" {
		return bodySize*2 + 40
	}
	return bodySize*2 + p.legendHeight() + p.height + 5
}

func (p *panel) legendHeight() vg.Length {
	if len(p.legend) == 0 {
		return 0
	}
	return bodySize * 1.7
}

// svg draws the chart as an SVG document.
func (c *chart) svg() ([]byte, error) {
	canvas := vgsvg.New(chartWidth, c.height())
	hits := c.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.name, err)
	}
	return withHits(restyle(b.Bytes(), c.title), hits, c.height()), nil
}

// png draws the same as a picture of twice the size, for dense screens.
func (c *chart) png() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(chartWidth, c.height()), vgimg.UseDPI(dpi))
	c.draw(draw.New(canvas))
	var b bytes.Buffer
	if err := png.Encode(&b, canvas.Image()); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.name, err)
	}
	return b.Bytes(), nil
}

// draw returns the places that tell their values.
func (c *chart) draw(dc draw.Canvas) (hits []hit) {
	dc.SetColor(paper)
	dc.Fill(dc.Rectangle.Path())
	area := draw.Crop(dc, margin, -margin, margin, -margin)

	title := style(titleSize, text, true)
	title.YAlign = draw.YTop
	area.FillText(title, vg.Point{X: area.Min.X, Y: area.Max.Y}, fit(title, c.title, area.Size().X))
	area.Max.Y -= titleSize * 1.5
	if c.stamp != "" {
		s := style(bodySize, warning, true)
		s.YAlign = draw.YTop
		area.FillText(s, vg.Point{X: area.Min.X, Y: area.Max.Y}, fit(s, c.stamp, area.Size().X))
		area.Max.Y -= bodySize * 1.5
	}
	for i := range c.footer {
		s := style(smallSize, faint, false)
		s.YAlign = draw.YBottom
		area.FillText(s, vg.Point{X: area.Min.X, Y: area.Min.Y}, fit(s, c.footer[len(c.footer)-1-i], area.Size().X))
		area.Min.Y += smallSize * 1.35
	}
	if c.omitted != "" {
		say(area, c.omitted)
		return nil
	}
	for i := range c.panels {
		p := &c.panels[i]
		box := area
		box.Min.Y = box.Max.Y - p.fullHeight()
		area.Max.Y = box.Min.Y
		h := style(bodySize, text, false)
		h.YAlign = draw.YTop
		box.FillText(h, vg.Point{X: box.Min.X, Y: box.Max.Y - 3}, fit(h, p.heading, box.Size().X))
		box.Max.Y -= bodySize * 2
		drawLegend(&box, p.legend)
		box.Max.Y -= p.legendHeight()
		if p.omitted != "" {
			say(box, p.omitted)
			continue
		}
		box.Min.Y += 5
		box.Max.X -= p.right
		drawn := p.plot()
		drawn.Draw(box)
		if p.hits != nil {
			hits = append(hits, p.hits(drawn, drawn.DataCanvas(box))...)
		}
	}
	return hits
}

// say writes a sentence where a plot would have been.
func say(c draw.Canvas, sentence string) {
	s := style(bodySize, faint, false)
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, c.Center(), fit(s, sentence, c.Size().X))
}

// middle writes a line of text whose small letters are centred on a point.
func middle(c *draw.Canvas, s plottext.Style, at vg.Point, txt string) {
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: at.X, Y: at.Y - s.Font.Size*0.34 - s.FontExtents().Descent}, txt)
}

// fit shortens what is wider than the room there is.
func fit(s plottext.Style, txt string, width vg.Length) string {
	if s.Width(txt) <= width {
		return txt
	}
	runes := []rune(txt)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if s.Width(string(runes[:mid])+"…") <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return strings.TrimSpace(string(runes[:low])) + "…"
}

// axes is an empty plot in the theme: no frame, quiet ticks.
func axes() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Padding = 0
		a.LineStyle.Color, a.LineStyle.Width = faint, 0.6
		a.Tick.LineStyle.Color, a.Tick.LineStyle.Width = faint, 0.6
		a.Tick.Length = 3
		label := a.Tick.Label
		a.Tick.Label = style(9.5, text, false)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = label.XAlign, label.YAlign
		a.Label.TextStyle = style(9.5, faint, false)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YTop
		a.Label.Padding = 2
	}
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Tick.Length = 2
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	return p
}

// linear puts about n labelled ticks on an axis from zero to top, or, if round,
// to the next tick. Labels are in the given scale, without its name.
func linear(a *plot.Axis, top float64, s scale, n int, round bool) {
	if !(top > 0) || math.IsInf(top, 0) {
		top = s.factor
	}
	step := niceStep(top/s.factor/float64(n)) * s.factor
	var ticks plot.ConstantTicks
	if round {
		top = math.Ceil(top/step-1e-9) * step
	}
	for i := 0; float64(i)*step <= top*1.001; i++ {
		ticks = append(ticks, plot.Tick{Value: float64(i) * step, Label: plain(float64(i) * step / s.factor)})
	}
	a.Min, a.Max = 0, top
	a.Tick.Marker = ticks
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not
// below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= v*0.999 {
			return m * power
		}
	}
	return 10 * power
}
