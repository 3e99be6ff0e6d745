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
)

// Sizes in points. 540 points are 720 CSS pixels, which a README shows whole.
const (
	ChartWidth = vg.Length(540)
	Margin     = vg.Length(14)
)

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
	return text.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
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

// Wrap breaks text at spaces into lines of a width at most. If more than most
// would be needed, the last is longer.
func Wrap(s text.Style, words string, width vg.Length, most int) (lines []string) {
	for _, word := range strings.Fields(words) {
		if n := len(lines); n > 0 && s.Width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	if len(lines) > most {
		lines = append(lines[:most-1], strings.Join(lines[most-1:], " "))
	}
	return lines
}

// FitsAcross reports whether a line of text fits into a chart.
func FitsAcross(line string, bold bool) bool {
	return Style(BodySize, TextInk, bold).Width(line) <= ChartWidth-2*Margin
}

// WriteTop writes a line at the top of a canvas.
func WriteTop(c draw.Canvas, s text.Style, below vg.Length, line string) {
	s.YAlign = draw.YTop
	c.FillText(s, vg.Point{X: c.Min.X, Y: c.Max.Y - below}, Fit(s, line, c.Size().X))
}

// WriteInstead writes a sentence where a plot would have been.
func WriteInstead(c draw.Canvas, sentence string) {
	s := Style(BodySize, FaintInk, false)
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, c.Center(), Fit(s, sentence, c.Size().X))
}
