// Package svg is a canvas that writes SVG of few bytes: what is alike and drawn in
// a row shares its attributes, lines are relative, and places are tenths of a
// point. It uses presentation attributes only, since a page whose policy forbids
// inline style ignores all else.
package svg

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/cmplx"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Canvas implements vg.CanvasSizer, all that charts use of it.
type Canvas struct {
	width, height vg.Length
	state
	stack    []state
	anchor   float64 // of text: 0 at its left end, 0.5 in its middle, 1 at its right end
	owner    Owner
	elements []element
}

type state struct {
	ink    string
	stroke vg.Length
	dashes []vg.Length
	turn   complex128
}

// Owner is whose a part of the drawing is, for the page's script.
type Owner struct {
	Name  string // of a line; empty for what belongs to none
	Entry bool   // it names the line, and switches it
}

// element is something drawn: a path or, if it has words, text.
type element struct {
	owner      Owner
	attributes string
	content    string // the data of a path, or whole texts
	words      int
}

// New is an empty canvas.
func New(width, height vg.Length) *Canvas {
	c := &Canvas{width: width, height: height}
	c.turn = 1
	vg.Initialize(c)
	return c
}

// Anchored draws text that keeps to its place by a share of its width, whatever
// font it is shown in. On other canvases it only draws.
func Anchored(on vg.Canvas, share float64, draw func()) {
	c := of(on)
	c.anchor = share
	draw()
	c.anchor = 0
}

// Owned draws what belongs to somebody. On other canvases it only draws.
func Owned(on vg.Canvas, by Owner, draw func()) {
	c := of(on)
	c.owner = by
	draw()
	c.owner = Owner{}
}

// of is the canvas itself, or one that nobody reads.
func of(on vg.Canvas) *Canvas {
	for {
		switch c := on.(type) {
		case *Canvas:
			return c
		case *draw.Canvas:
			on = c.Canvas
		case draw.Canvas:
			on = c.Canvas
		default:
			return &Canvas{}
		}
	}
}

func (c *Canvas) Size() (w, h vg.Length) { return c.width, c.height }

func (c *Canvas) SetLineWidth(w vg.Length) { c.stroke = w }

func (c *Canvas) SetLineDash(pattern []vg.Length, _ vg.Length) { c.dashes = pattern }

// SetColor leaves out how opaque a colour is: charts have opaque ones only.
func (c *Canvas) SetColor(ink color.Color) {
	r, g, b, _ := ink.RGBA()
	c.ink = fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8)
}

func (c *Canvas) Push() { c.stack = append(c.stack, c.state) }

func (c *Canvas) Pop() {
	last := len(c.stack) - 1
	c.state, c.stack = c.stack[last], c.stack[:last]
}

func (c *Canvas) Rotate(rad float64) { c.turn *= cmplx.Rect(1, rad) }

func (c *Canvas) Translate(vg.Point) { panic("svg: charts move nothing") }

func (c *Canvas) Scale(_, _ float64) { panic("svg: charts scale nothing") }

func (c *Canvas) DrawImage(vg.Rectangle, image.Image) { panic("svg: charts hold no images") }

func (c *Canvas) Stroke(p vg.Path) {
	if c.stroke <= 0 {
		return
	}
	attributes := fmt.Sprintf(` stroke="%s"`, c.ink)
	if c.stroke != 1 {
		attributes += fmt.Sprintf(` stroke-width="%s"`, number(tenths(c.stroke)))
	}
	if len(c.dashes) > 0 {
		var list []string
		for _, d := range c.dashes {
			list = append(list, number(tenths(d)))
		}
		attributes += fmt.Sprintf(` stroke-dasharray="%s"`, strings.Join(list, " "))
	}
	c.add(attributes, c.data(p), 0)
}

// Fill joins areas of one ink: those that overlap have to go round in one
// direction.
func (c *Canvas) Fill(p vg.Path) { c.add(fmt.Sprintf(` fill="%s"`, c.ink), c.data(p), 0) }

var anchors = map[float64]string{0.5: ` text-anchor="middle"`, 1: ` text-anchor="end"`}

func (c *Canvas) FillString(f font.Face, at vg.Point, words string) {
	attributes := fmt.Sprintf(` fill="%s" font-size="%s"`, c.ink, number(tenths(f.Font.Size)))
	if f.Font.Weight > 0 {
		attributes += ` font-weight="bold"`
	}
	at.X += vg.Length(c.anchor) * f.Width(words)
	p := c.place(at)
	turned := ""
	if degrees := cmplx.Phase(c.turn) * 180 / math.Pi; degrees != 0 {
		turned = fmt.Sprintf(` transform="rotate(%.0f %s %s)"`, -degrees, number(p.x), number(p.y))
	}
	c.add(attributes+anchors[c.anchor], fmt.Sprintf(`<text x="%s" y="%s"%s>%s</text>`, number(p.x), number(p.y), turned, Escaped(words)), 1)
}

// add draws an element, or joins it to the last where only the place differs.
func (c *Canvas) add(attributes, content string, words int) {
	if n := len(c.elements); n > 0 {
		last := &c.elements[n-1]
		if last.owner == c.owner && last.attributes == attributes && (words > 0) == (last.words > 0) {
			last.content += content
			last.words += words
			return
		}
	}
	c.elements = append(c.elements, element{c.owner, attributes, content, words})
}
