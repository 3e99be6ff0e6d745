// Package figure lays the panels of a chart beneath each other and writes it as
// SVG, as PNG and as a list of its numbers.
package figure

import (
	"bytes"
	"fmt"
	"image/png"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

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
	Columns int      // panels beside each other, where there is room; 0 is one
	Omitted string   // why there is nothing to draw, if so
	Stamp   string   // suspect or invalid
	Notes   []string // what else is to be known of this chart
	Sources []string // scenario, trials, machine, commit, validity: of every chart
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

// layout is one way to draw a chart.
type layout struct {
	width         vg.Length
	margin, above vg.Length // at the sides, and at top and bottom
	framed        bool      // by title and sources, which the page writes itself
}

const (
	margin   = vg.Length(14)
	frameGap = vg.Length(5) // between panels and what frames them
	dpi      = 192          // of the PNG, for dense screens

	columnGap = vg.Length(20)
)

// full is a chart by itself.
var full = layout{theme.Wide, margin, margin, true}

// head is what stands above the panels.
func (c *Chart) head(l layout) (list []theme.Paragraph) {
	if !l.framed {
		return nil
	}
	width := l.width - 2*l.margin
	return []theme.Paragraph{
		theme.NewParagraph(theme.Style(theme.TitleSize, theme.TextInk, true), c.Title, width),
		theme.NewParagraph(theme.Style(theme.BodySize, theme.WarningInk, true), c.Stamp, width),
	}
}

// foot is what stands below the panels.
func (c *Chart) foot(l layout) (list []theme.Paragraph) {
	if !l.framed {
		return nil
	}
	for _, line := range slices.Concat(c.Notes, c.Sources) {
		list = append(list, theme.NewParagraph(theme.Style(theme.SmallSize, theme.FaintInk, false), line, l.width-2*l.margin))
	}
	return list
}

// omitted is the sentence that stands for the panels, if any.
func (c *Chart) omitted(l layout) theme.Paragraph {
	return theme.Instead(c.Omitted, l.width-2*l.margin)
}

func (c *Chart) height(l layout) vg.Length {
	omitted := c.omitted(l)
	h := 2*l.above + omitted.Height()
	for _, p := range slices.Concat(c.head(l), c.foot(l)) {
		h += p.Height()
	}
	if l.framed {
		h += 2 * frameGap
	}
	columns, width := c.columns(l)
	for row := range slices.Chunk(c.Panels, columns) {
		h += rowHeight(row, width)
	}
	return h
}

// columns are how many panels stand beside each other, and how wide each is.
func (c *Chart) columns(l layout) (n int, width vg.Length) {
	n, width = max(1, c.Columns), l.width-2*l.margin
	if theme.IsNarrow(width) {
		n = 1
	}
	return n, (width - vg.Length(n-1)*columnGap) / vg.Length(n)
}

func rowHeight(row []scene.Panel, width vg.Length) (highest vg.Length) {
	for i := range row {
		highest = max(highest, row[i].FullHeight(width))
	}
	return highest
}

// PNG draws the chart as a picture of twice the size.
func (c *Chart) PNG() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(full.width, c.height(full)), vgimg.UseDPI(dpi))
	c.draw(draw.New(canvas), full)
	var b bytes.Buffer
	if err := png.Encode(&b, canvas.Image()); err != nil {
		return nil, fmt.Errorf("chart %s: %w", c.Name, err)
	}
	return b.Bytes(), nil
}

// draw returns the places that show their values.
func (c *Chart) draw(dc draw.Canvas, l layout) (hits []scene.Hit) {
	if l.framed {
		dc.SetColor(theme.Paper)
		dc.Fill(dc.Rectangle.Path())
	}
	area := draw.Crop(dc, l.margin, -l.margin, l.above, -l.above)
	for _, p := range c.head(l) {
		p.Take(&area)
	}
	if l.framed {
		area.Max.Y -= frameGap
	}
	omitted := c.omitted(l)
	omitted.Take(&area)
	columns, width := c.columns(l)
	for row := range slices.Chunk(c.Panels, columns) {
		box := area
		box.Min.Y = box.Max.Y - rowHeight(row, width)
		area.Max.Y = box.Min.Y
		for i := range row {
			box.Max.X = box.Min.X + width
			hits = append(hits, row[i].Draw(box)...)
			box.Min.X = box.Max.X + columnGap
		}
	}
	if l.framed {
		area.Max.Y -= frameGap
	}
	for _, p := range c.foot(l) {
		p.Take(&area)
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
	for _, line := range slices.Concat(c.Notes, c.Sources) {
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
