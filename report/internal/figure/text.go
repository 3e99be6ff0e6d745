package figure

import (
	"image/color"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Sizes of letters, in points.
const (
	titleSize = vg.Length(14)
	BodySize  = vg.Length(10.5)
	tickSize  = vg.Length(9.5)
	SmallSize = vg.Length(8.5)
)

// Style is the font of all charts.
func Style(size vg.Length, c color.Color, bold bool) plottext.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return plottext.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

// middle writes a line of text whose small letters are centred on a point.
func middle(c *draw.Canvas, s plottext.Style, at vg.Point, text string) {
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: at.X, Y: at.Y - s.Font.Size*0.34 - s.FontExtents().Descent}, text)
}

// centred is middle, with the text centred from left to right as well.
func centred(c *draw.Canvas, s plottext.Style, at vg.Point, text string) {
	s.XAlign = draw.XCenter
	middle(c, s, at, text)
}

// Fit shortens text that is wider than a width.
func Fit(s plottext.Style, text string, width vg.Length) string {
	if s.Width(text) <= width {
		return text
	}
	runes := []rune(text)
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

// ShortName keeps a name short enough to leave room for axes: what is drawn on
// axes of less than no width never ends.
func ShortName(name string) string { return Fit(Style(BodySize, TextInk, false), name, 110) }

// FitsAcross reports whether a line of text fits into a chart.
func FitsAcross(text string, bold bool) bool {
	return Style(BodySize, TextInk, bold).Width(text) <= ChartWidth-2*margin
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

// wrap breaks text into lines of a width at most, where there are spaces. The
// last line is longer, if more than most lines would be needed.
func wrap(s plottext.Style, text string, width vg.Length, most int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
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
