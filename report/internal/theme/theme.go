// Package theme is how charts are coloured, marked and lettered.
package theme

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/internal/web"
)

// Look is how one transport is drawn, in every chart alike.
type Look struct {
	Ink, Dark color.RGBA // on a light page and on a dark one
	Marker    draw.GlyphDrawer
	Cased     bool // too light for a light page: drawn with an edge
}

// Edge is the colour of outlines.
func (l Look) Edge() color.RGBA {
	if l.Cased {
		return TextInk
	}
	return l.Ink
}

// Outline is a look in the colour of outlines.
func (l Look) Outline() Look { return Look{Ink: l.Edge(), Marker: l.Marker} }

// Stroke draws a line in the transport's colour.
func (l Look) Stroke(c *draw.Canvas, width vg.Length, dashes []vg.Length, points ...vg.Point) {
	if l.Cased && dashes == nil {
		c.StrokeLines(draw.LineStyle{Color: TextInk, Width: width + 0.9}, points)
	}
	c.StrokeLines(draw.LineStyle{Color: l.Ink, Width: width, Dashes: dashes}, points)
}

// Mark draws the transport's marker.
func (l Look) Mark(c *draw.Canvas, radius vg.Length, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.Edge(), Radius: radius, Shape: l.Marker}, at)
}

// Cross draws a crossed box.
func (l Look) Cross(c *draw.Canvas, at vg.Point) {
	for _, shape := range []draw.GlyphDrawer{draw.SquareGlyph{}, draw.CrossGlyph{}} {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.Edge(), Radius: 4.5, Shape: shape}, at)
	}
}

// The two kinds of broken lines.
var (
	Dashed = []vg.Length{4, 3}
	Dotted = []vg.Length{1, 2}
)

// The colours of everything that is not data, on a light page and on a dark
// one. Each stands for one purpose, so that the page can replace it.
var (
	Paper      = rgb(web.Paper.Light)
	TextInk    = rgb(web.Text.Light)
	FaintInk   = rgb(web.Faint.Light)
	GridInk    = rgb(0xE1E4E8)
	ShadeInk   = rgb(0xF1F3F5) // behind the phases that are not reported
	WarningInk = rgb(web.Warn.Light)

	// The layers of bytes, from the inside out; the last is beneath them.
	LayerInks  = []color.RGBA{rgb(0x2E4057), rgb(0x5B7A99), rgb(0x93AFC7), rgb(0xC9D8E5)}
	HeaderInk  = rgb(0xF7F3E8)
	UnknownInk = LayerInks[2] // bytes of older trials
)

// colors are those of everything that is not of one transport, each with the one
// for a dark page.
var colors = [][2]color.RGBA{
	{Paper, rgb(web.Paper.Dark)},
	{TextInk, rgb(web.Text.Dark)},
	{FaintInk, rgb(web.Faint.Dark)},
	{GridInk, rgb(0x363C44)},
	{ShadeInk, rgb(0x262B32)},
	{WarningInk, rgb(web.Warn.Dark)},
	{HeaderInk, rgb(0x2A2820)},
	{LayerInks[0], rgb(0xDCE8F4)},
	{LayerInks[1], rgb(0x9DB9D6)},
	{LayerInks[2], rgb(0x66819E)},
	{LayerInks[3], rgb(0x415568)},
}

// Dark are all colours that charts are drawn in, each with the one for a dark page.
func Dark() [][2]color.RGBA {
	list := slices.Clone(colors)
	for _, l := range Looks() {
		dark := rgb(web.Paper.Dark)
		for _, fifths := range shades {
			list = append(list, [2]color.RGBA{mixed(l.Ink, Paper, fifths), mixed(l.Dark, dark, fifths)})
		}
	}
	return list
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// Pale is c mixed into paper, for what is second to it. It is opaque, since
// a translucent colour would hide the grid differently in each format.
func Pale(c color.RGBA) color.RGBA { return Shades(c)[1] }

// shades are how many fifths of each are ink, and not paper.
var shades = [...]int{1, 2, 3, 5}

// Full is the shade that is the ink itself.
const Full = len(shades) - 1

// Shades are those of an ink, from the lightest.
func Shades(c color.RGBA) (list [len(shades)]color.RGBA) {
	for i, fifths := range shades {
		list[i] = mixed(c, Paper, fifths)
	}
	return list
}

func mixed(c, paper color.RGBA, fifths int) color.RGBA {
	mix := func(v, w uint8) uint8 { return uint8((int(v)*fifths + int(w)*(5-fifths)) / 5) }
	return color.RGBA{R: mix(c.R, paper.R), G: mix(c.G, paper.G), B: mix(c.B, paper.B), A: 0xFF}
}

// LookOf is that of a transport, known or not.
func LookOf(name string) Look { return newLook(transport.Describe(name).Look) }

func newLook(l transport.Look) Look { return Look{rgb(l.Ink), rgb(l.Dark), markers[l.Marker], l.Cased} }

// Looks are those of all transports, known and unknown.
func Looks() (list []Look) {
	for _, t := range transport.All() {
		list = append(list, newLook(t.Look))
	}
	for _, l := range transport.Unknown {
		list = append(list, newLook(l))
	}
	return list
}
