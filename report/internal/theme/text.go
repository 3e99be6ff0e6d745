package theme

import (
	"image/color"
	"sort"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/svg"
)

// Widths of charts in points. 540 are 720 CSS pixels, which a README shows whole;
// 266 are 355, which a phone does.
const (
	Wide   = vg.Length(540)
	Narrow = vg.Length(266)
)

// IsNarrow reports whether something so wide is drawn for phones.
func IsNarrow(width vg.Length) bool { return width <= Narrow }

// Sizes of letters, in points.
const (
	TitleSize = vg.Length(14)
	BodySize  = vg.Length(10.5)
	TickSize  = vg.Length(9.5)
	SmallSize = vg.Length(8.5)
)

// Style is the font of all charts.
func Style(size vg.Length, c color.Color, bold bool) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return text.Style{Color: c, Font: f, Handler: anchoring{plot.DefaultTextHandler}}
}

// anchoring draws text that keeps to its place in fonts of other widths.
type anchoring struct{ text.Handler }

func (h anchoring) Draw(c vg.Canvas, txt string, s text.Style, at vg.Point) {
	svg.Anchored(c, -float64(s.XAlign), func() { h.Handler.Draw(c, txt, s, at) })
}

// Middle writes a line of text whose small letters are vertically centred on at.
func Middle(c *draw.Canvas, s text.Style, at vg.Point, line string) {
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: at.X, Y: at.Y - s.Font.Size*0.34 - s.FontExtents().Descent}, line)
}

// Fit shortens a line that is wider than a width.
func Fit(s text.Style, line string, width vg.Length) string {
	if s.Width(line) <= width {
		return line
	}
	runes := []rune(line)
	n := sort.Search(len(runes), func(n int) bool { return s.Width(string(runes[:n+1])+"…") > width })
	return strings.TrimSpace(string(runes[:n])) + "…"
}

// ShortName keeps a name short enough to leave room for axes: what is drawn on
// axes of less than no width never ends.
func ShortName(name string) string { return Fit(Style(BodySize, TextInk, false), name, 110) }

// wider is how much wider than the theme's the letters may be where a page is read.
const wider = 1.13

// Wrap breaks text at spaces into lines of a width at most, even in other fonts, but
// for words that are wider.
func Wrap(s text.Style, words string, width vg.Length) (lines []string) {
	width /= wider
	for _, word := range strings.Split(words, " ") {
		if n := len(lines); n > 0 && s.Width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// Paragraph is text in lines of a width, aligned as its style is.
type Paragraph struct {
	style text.Style
	lines []string
}

// NewParagraph has no line of no words.
func NewParagraph(s text.Style, words string, width vg.Length) (p Paragraph) {
	if words != "" {
		p = Paragraph{s, Wrap(s, words, width)}
	}
	return p
}

func (p *Paragraph) step() vg.Length { return p.style.Font.Size * 1.35 }

// Height is that of all lines.
func (p *Paragraph) Height() vg.Length { return vg.Length(len(p.lines)) * p.step() }

// Take writes the paragraph at the top of a canvas, and leaves the rest of that.
func (p *Paragraph) Take(c *draw.Canvas) {
	left := c.Min.X - c.Size().X*vg.Length(p.style.XAlign)
	for _, line := range p.lines {
		Middle(c, p.style, vg.Point{X: left, Y: c.Max.Y - p.step()/2}, line)
		c.Max.Y -= p.step()
	}
}

// Instead is a sentence where a plot would have been.
func Instead(sentence string, width vg.Length) Paragraph {
	return NewParagraph(Style(BodySize, FaintInk, false), sentence, width)
}
