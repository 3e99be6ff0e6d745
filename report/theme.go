package report

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// look is how one transport is drawn and spoken of, in every chart and
// sentence alike.
type look struct {
	transport string
	spoken    string
	ink       color.RGBA // Okabe and Ito's colours: told apart by the colour-blind, too
	dark      color.RGBA // the same hue on a dark page
	marker    draw.GlyphDrawer
	cased     bool // too light for a light page: drawn with an edge
}

// edge is the colour of outlines.
func (l look) edge() color.RGBA {
	if l.cased {
		return text
	}
	return l.ink
}

// stroke draws a line in the transport's colour.
func (l look) stroke(c *draw.Canvas, width vg.Length, dashes []vg.Length, points ...vg.Point) {
	if l.cased && dashes == nil {
		c.StrokeLines(draw.LineStyle{Color: text, Width: width + 0.9}, points)
	}
	c.StrokeLines(draw.LineStyle{Color: l.ink, Width: width, Dashes: dashes}, points)
}

// mark draws the transport's marker.
func (l look) mark(c *draw.Canvas, radius vg.Length, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.edge(), Radius: radius, Shape: l.marker}, at)
}

// looks is also the order in which transports are shown. No two have the same
// marker: without colour, markers are what tells them apart.
var looks = []look{
	{"poll", "polling", rgb(0xD55E00), rgb(0xF07B22), draw.CircleGlyph{}, false},
	{"poll-etag", "polling with ETag", rgb(0xE69F00), rgb(0xF0B22E), draw.RingGlyph{}, false},
	{"longpoll", "long polling", rgb(0xCC79A7), rgb(0xDD93BC), draw.PyramidGlyph{}, false},
	{"sse", "server-sent events", rgb(0x009E73), rgb(0x1DBB90), downward, false},
	{"ws", "WebSocket", rgb(0x0072B2), rgb(0x4BA3DC), draw.BoxGlyph{}, false},
	{"ws-deflate", "WebSocket with deflate", rgb(0x56B4E9), rgb(0x86CCF5), draw.SquareGlyph{}, false},
	{"ws-batch", "WebSocket with batching", rgb(0x0A0A0A), rgb(0xF5F5F5), diamond, false},
	{"socketio-polling", "Socket.IO over polling", rgb(0xF0E442), rgb(0xF0E442), draw.TriangleGlyph{}, true},
	{"socketio-ws", "Socket.IO over WebSocket", rgb(0x999999), rgb(0xB3B3B3), openDiamond, false},
}

// others are the looks of transports without one of their own, by turns.
var others = []look{
	{"", "", rgb(0x7A4FA3), rgb(0xB08AD6), draw.CrossGlyph{}, false},
	{"", "", rgb(0x8C564B), rgb(0xC08A7E), draw.PlusGlyph{}, false},
	{"", "", rgb(0x4D7C0F), rgb(0x9BC53D), pentagon, false},
}

// The colours of everything that is not data, on a light page and on a dark
// one. Each stands for one purpose, so that the page can replace it.
var (
	paper   = rgb(0xFFFFFF)
	text    = rgb(0x1F2328)
	faint   = rgb(0x59636E)
	grid    = rgb(0xE1E4E8)
	shade   = rgb(0xF1F3F5) // behind the phases that are not reported
	warning = rgb(0xA5360B)

	// The layers of bytes, from the inside out; the last is beneath them.
	layerInks = []color.RGBA{rgb(0x2E4057), rgb(0x5B7A99), rgb(0x93AFC7), rgb(0xC9D8E5)}
	beneath   = rgb(0xF7F3E8)
	untoldInk = layerInks[2] // bytes of older trials

	darkOf = map[color.RGBA]color.RGBA{
		rgb(0x2E4057): rgb(0xDCE8F4),
		rgb(0x5B7A99): rgb(0x9DB9D6),
		rgb(0x93AFC7): rgb(0x66819E),
		rgb(0xC9D8E5): rgb(0x415568),
		rgb(0xF7F3E8): rgb(0x2A2820),

		paper:   rgb(0x1B1F24),
		text:    rgb(0xE6EDF3),
		faint:   rgb(0x9DA7B3),
		grid:    rgb(0x363C44),
		shade:   rgb(0x262B32),
		warning: rgb(0xFF9A6B),
	}
)

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// pale is c mixed into paper, for what is second to it. It is opaque, since
// a translucent colour would hide the grid differently in each format.
func pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8((int(v)*2 + 255*3) / 5) }
	return color.RGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xFF}
}

// paleDark is the same on a dark page.
func paleDark(c color.RGBA) color.RGBA {
	p := darkOf[paper]
	mix := func(v, w uint8) uint8 { return uint8((int(v)*2 + int(w)*3) / 5) }
	return color.RGBA{R: mix(c.R, p.R), G: mix(c.G, p.G), B: mix(c.B, p.B), A: 0xFF}
}

func lookOf(transport string) look {
	if i := rank(transport); i < len(looks) {
		return looks[i]
	}
	sum := 0
	for _, b := range []byte(transport) {
		sum += int(b)
	}
	l := others[sum%len(others)]
	l.transport, l.spoken = transport, transport
	return l
}

func rank(transport string) int {
	if i := slices.IndexFunc(looks, func(l look) bool { return l.transport == transport }); i >= 0 {
		return i
	}
	return len(looks)
}

// compareNames orders transports: the known ones as in the theme, then the
// others by name.
func compareNames(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}
