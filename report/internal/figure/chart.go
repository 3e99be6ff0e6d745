package figure

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

	"github.com/pollpush/pollpush/report/internal/number"
)

// Chart is one picture of a run: the numbers behind it, and how to draw them.
type Chart struct {
	Name    string // of its files
	Title   string
	Caption string // what it shows, for the page
	Asks    Question
	Panels  []Panel
	Omitted string   // why there is nothing to draw, if so
	Stamp   string   // suspect or invalid
	Footer  []string // scenario, trials, machine, commit, validity
}

// Panel is one pair of axes of a chart.
type Panel struct {
	Heading string // what is drawn, with its unit
	Legend  []Swatch
	Lines   []Series
	Omitted string
	Height  vg.Length
	Right   vg.Length // room beside the axes, for labels
	Plot    func() *plot.Plot
	Hits    func(*plot.Plot, draw.Canvas) []Hit // on the canvas of the data; nil for none
}

// Series is the numbers of one line or bar, as drawn: tests compare these.
type Series struct {
	Name string
	X, Y []float64
}

// Sizes in points. 540 points are 720 CSS pixels, which a README shows whole.
const (
	ChartWidth = vg.Length(540)
	Margin     = vg.Length(14)
	titleSize  = vg.Length(14)
	BodySize   = vg.Length(10.5)
	SmallSize  = vg.Length(8.5)
	dpi        = 192
)

func Style(size vg.Length, c color.Color, bold bool) plottext.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return plottext.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

// Numbers lists the data of the chart, for comparing with a golden file.
func (c *Chart) Numbers() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", c.Name, c.Title)
	if c.Omitted != "" {
		fmt.Fprintf(&b, "  omitted: %s\n", c.Omitted)
	}
	if c.Stamp != "" {
		fmt.Fprintf(&b, "  stamp: %s\n", c.Stamp)
	}
	for _, s := range c.Footer {
		fmt.Fprintf(&b, "  footer: %s\n", s)
	}
	for _, p := range c.Panels {
		fmt.Fprintf(&b, "  %s\n", p.Heading)
		if p.Omitted != "" {
			fmt.Fprintf(&b, "    omitted: %s\n", p.Omitted)
		}
		for _, s := range p.Lines {
			fmt.Fprintf(&b, "    %s:", s.Name)
			for i := range s.Y {
				if s.X != nil {
					fmt.Fprintf(&b, " %.4g,%.4g", s.X[i], s.Y[i])
				} else {
					fmt.Fprintf(&b, " %.4g", s.Y[i])
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (c *Chart) Height() vg.Length {
	h := Margin + titleSize*1.5 + vg.Length(len(c.Footer))*SmallSize*1.35 + Margin*1.3
	if c.Stamp != "" {
		h += BodySize * 1.5
	}
	if c.Omitted != "" {
		return h + 60
	}
	for _, p := range c.Panels {
		h += p.fullHeight()
	}
	return h
}

func (p *Panel) fullHeight() vg.Length {
	if p.Omitted != "" {
		return BodySize*2 + 40
	}
	return BodySize*2 + p.legendHeight() + p.Height + 5
}

func (p *Panel) legendHeight() vg.Length {
	if len(p.Legend) == 0 {
		return 0
	}
	return BodySize * 1.7
}

// Svg draws the chart as an SVG document.
func (c *Chart) Svg() ([]byte, error) {
	canvas := vgsvg.New(ChartWidth, c.Height())
	hits := c.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	return withHits(restyle(b.Bytes(), c.Title), hits, c.Height()), nil
}

// Png draws the same as a picture of twice the size, for dense screens.
func (c *Chart) Png() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(ChartWidth, c.Height()), vgimg.UseDPI(dpi))
	c.Draw(draw.New(canvas))
	var b bytes.Buffer
	if err := png.Encode(&b, canvas.Image()); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	return b.Bytes(), nil
}

// Draw returns the places that tell their values.
func (c *Chart) Draw(dc draw.Canvas) (hits []Hit) {
	dc.SetColor(Paper)
	dc.Fill(dc.Rectangle.Path())
	area := draw.Crop(dc, Margin, -Margin, Margin, -Margin)

	title := Style(titleSize, Text, true)
	title.YAlign = draw.YTop
	area.FillText(title, vg.Point{X: area.Min.X, Y: area.Max.Y}, Fit(title, c.Title, area.Size().X))
	area.Max.Y -= titleSize * 1.5
	if c.Stamp != "" {
		s := Style(BodySize, Warning, true)
		s.YAlign = draw.YTop
		area.FillText(s, vg.Point{X: area.Min.X, Y: area.Max.Y}, Fit(s, c.Stamp, area.Size().X))
		area.Max.Y -= BodySize * 1.5
	}
	for i := range c.Footer {
		s := Style(SmallSize, Faint, false)
		s.YAlign = draw.YBottom
		area.FillText(s, vg.Point{X: area.Min.X, Y: area.Min.Y}, Fit(s, c.Footer[len(c.Footer)-1-i], area.Size().X))
		area.Min.Y += SmallSize * 1.35
	}
	if c.Omitted != "" {
		say(area, c.Omitted)
		return nil
	}
	for i := range c.Panels {
		p := &c.Panels[i]
		box := area
		box.Min.Y = box.Max.Y - p.fullHeight()
		area.Max.Y = box.Min.Y
		h := Style(BodySize, Text, false)
		h.YAlign = draw.YTop
		box.FillText(h, vg.Point{X: box.Min.X, Y: box.Max.Y - 3}, Fit(h, p.Heading, box.Size().X))
		box.Max.Y -= BodySize * 2
		drawLegend(&box, p.Legend)
		box.Max.Y -= p.legendHeight()
		if p.Omitted != "" {
			say(box, p.Omitted)
			continue
		}
		box.Min.Y += 5
		box.Max.X -= p.Right
		drawn := p.Plot()
		drawn.Draw(box)
		if p.Hits != nil {
			hits = append(hits, p.Hits(drawn, drawn.DataCanvas(box))...)
		}
	}
	return hits
}

// say writes a sentence where a plot would have been.
func say(c draw.Canvas, sentence string) {
	s := Style(BodySize, Faint, false)
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, c.Center(), Fit(s, sentence, c.Size().X))
}

// Middle writes a line of text whose small letters are centred on a point.
func Middle(c *draw.Canvas, s plottext.Style, at vg.Point, txt string) {
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: at.X, Y: at.Y - s.Font.Size*0.34 - s.FontExtents().Descent}, txt)
}

// Fit shortens what is wider than the room there is.
func Fit(s plottext.Style, txt string, width vg.Length) string {
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

// Axes is an empty plot in the theme: no frame, quiet ticks.
func Axes() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Padding = 0
		a.LineStyle.Color, a.LineStyle.Width = Faint, 0.6
		a.Tick.LineStyle.Color, a.Tick.LineStyle.Width = Faint, 0.6
		a.Tick.Length = 3
		label := a.Tick.Label
		a.Tick.Label = Style(9.5, Text, false)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = label.XAlign, label.YAlign
		a.Label.TextStyle = Style(9.5, Faint, false)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YTop
		a.Label.Padding = 2
	}
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Tick.Length = 2
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	return p
}

// Linear puts about n labelled ticks on an axis from zero to top, or, if round,
// to the next tick. Labels are in the given scale, without its name.
func Linear(a *plot.Axis, top float64, s number.Scale, n int, round bool) {
	if !(top > 0) || math.IsInf(top, 0) {
		top = s.Factor
	}
	step := NiceStep(top/s.Factor/float64(n)) * s.Factor
	var ticks plot.ConstantTicks
	if round {
		top = math.Ceil(top/step-1e-9) * step
	}
	for i := 0; float64(i)*step <= top*1.001; i++ {
		ticks = append(ticks, plot.Tick{Value: float64(i) * step, Label: number.Plain(float64(i) * step / s.Factor)})
	}
	a.Min, a.Max = 0, top
	a.Tick.Marker = ticks
}

// NiceStep is the smallest of 1, 2 and 5 times a power of ten that is not
// below v.
func NiceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= v*0.999 {
			return m * power
		}
	}
	return 10 * power
}
