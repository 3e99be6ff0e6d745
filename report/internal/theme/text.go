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

// Middle writes a line whose small letters are centred on the height of a point.
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
