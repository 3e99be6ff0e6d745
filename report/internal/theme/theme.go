// Package theme is how charts are coloured, marked and lettered.
package theme

import (
	"image/color"

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

	DarkOf = map[color.RGBA]color.RGBA{
		rgb(0x2E4057): rgb(0xDCE8F4),
		rgb(0x5B7A99): rgb(0x9DB9D6),
		rgb(0x93AFC7): rgb(0x66819E),
		rgb(0xC9D8E5): rgb(0x415568),
		rgb(0xF7F3E8): rgb(0x2A2820),

		Paper:      rgb(web.Paper.Dark),
		TextInk:    rgb(web.Text.Dark),
		FaintInk:   rgb(web.Faint.Dark),
		GridInk:    rgb(0x363C44),
		ShadeInk:   rgb(0x262B32),
		WarningInk: rgb(web.Warn.Dark),
	}
)

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// Pale is c mixed into paper, for what is second to it. It is opaque, since
// a translucent colour would hide the grid differently in each format.
func Pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8((int(v)*2 + 255*3) / 5) }
	return color.RGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xFF}
}

// PaleDark is the same on a dark page.
func PaleDark(c color.RGBA) color.RGBA {
	p := DarkOf[Paper]
	mix := func(v, w uint8) uint8 { return uint8((int(v)*2 + int(w)*3) / 5) }
	return color.RGBA{R: mix(c.R, p.R), G: mix(c.G, p.G), B: mix(c.B, p.B), A: 0xFF}
}

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
