// Package figure lays the panels of a chart beneath each other and writes it as
// SVG, as PNG and as a list of its numbers.
package figure

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Chart is one picture.
type Chart struct {
	Name    string // of its files
	Title   string
	Caption string // what it shows, for the page
	Asks    Question
	Panels  []scene.Panel
	Omitted string   // why there is nothing to draw, if so
	Stamp   string   // suspect or invalid
	Footer  []string // scenario, trials, machine, commit, validity
}

// Question is what a chart answers. Charts stand together by it.
type Question int

const (
	CostsTheServer Question = iota
	FreshForUsers
	CrossesTheWire
	BreaksFirst
	InTime
)

// Questions are as people ask them.
var Questions = [...]string{
	CostsTheServer: "What does it cost the server?",
	FreshForUsers:  "How fresh is what users see?",
	CrossesTheWire: "What crosses the wire?",
	BreaksFirst:    "What breaks first?",
	InTime:         "Was the steady state steady?",
}

// Sizes in points.
const (
	titleHeight = theme.TitleSize * 1.5
	stampHeight = theme.BodySize * 1.5
	lineHeight  = theme.SmallSize * 1.35 // of the footer
	dpi         = 192                    // of the PNG, for dense screens
)

// Height is that of the whole chart.
func (c *Chart) Height() vg.Length {
	h := theme.Margin + titleHeight + vg.Length(len(c.Footer))*lineHeight + theme.Margin*1.3
	if c.Stamp != "" {
		h += stampHeight
	}
	if c.Omitted != "" {
		return h + 60
	}
	for i := range c.Panels {
		h += c.Panels[i].FullHeight()
	}
	return h
}

// SVG draws the chart as an SVG document.
func (c *Chart) SVG() ([]byte, error) {
	canvas := vgsvg.New(theme.ChartWidth, c.Height())
	hits := c.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	return withHits(restyle(b.Bytes(), c.Title), hits, c.Height()), nil
}

// PNG draws the same as a picture of twice the size.
func (c *Chart) PNG() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(theme.ChartWidth, c.Height()), vgimg.UseDPI(dpi))
	c.Draw(draw.New(canvas))
	var b bytes.Buffer
	if err := png.Encode(&b, canvas.Image()); err != nil {
		return nil, fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	return b.Bytes(), nil
}

// Draw returns the places that show their values.
func (c *Chart) Draw(dc draw.Canvas) (hits []scene.Hit) {
	dc.SetColor(theme.Paper)
	dc.Fill(dc.Rectangle.Path())
	area := draw.Crop(dc, theme.Margin, -theme.Margin, theme.Margin, -theme.Margin)
	theme.WriteTop(area, theme.Style(theme.TitleSize, theme.TextInk, true), 0, c.Title)
	area.Max.Y -= titleHeight
	if c.Stamp != "" {
		theme.WriteTop(area, theme.Style(theme.BodySize, theme.WarningInk, true), 0, c.Stamp)
		area.Max.Y -= stampHeight
	}
	s := theme.Style(theme.SmallSize, theme.FaintInk, false)
	s.YAlign = draw.YBottom
	for i := range c.Footer {
		area.FillText(s, area.Min, theme.Fit(s, c.Footer[len(c.Footer)-1-i], area.Size().X))
		area.Min.Y += lineHeight
	}
	if c.Omitted != "" {
		theme.WriteInstead(area, c.Omitted)
		return nil
	}
	for i := range c.Panels {
		box := area
		box.Min.Y = box.Max.Y - c.Panels[i].FullHeight()
		area.Max.Y = box.Min.Y
		hits = append(hits, c.Panels[i].Draw(box)...)
	}
	return hits
}

// Numbers lists the data of the chart.
func (c *Chart) Numbers() string {
	var b strings.Builder
	write := func(head, text string) {
		if text != "" {
			b.WriteString(head + text + "\n")
		}
	}
	write(c.Name+": ", c.Title)
	write("  omitted: ", c.Omitted)
	write("  stamp: ", c.Stamp)
	for _, line := range c.Footer {
		write("  footer: ", line)
	}
	for i := range c.Panels {
		p := &c.Panels[i]
		write("  ", p.Heading)
		write("    omitted: ", p.Omitted)
		for _, s := range p.Numbers() {
			write("    ", s.Name+":"+listed(s))
		}
	}
	return b.String()
}

func listed(s scene.Series) string {
	var b strings.Builder
	for i, y := range s.Y {
		b.WriteString(" ")
		if s.X != nil {
			fmt.Fprintf(&b, "%.4g,", s.X[i])
		}
		fmt.Fprintf(&b, "%.4g", y)
	}
	return b.String()
}
