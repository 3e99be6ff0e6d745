package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Hit is a place in a chart that tells its values to who points at it.
type Hit struct {
	Box  vg.Rectangle
	Name string // of a transport; empty where the place is of several
	X, Y string
}

// reach is how far from a point its hit goes.
const reach = vg.Length(7)

// HitAt is the hit of a point.
func HitAt(at vg.Point, name, x, y string) Hit {
	return Hit{vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}, name, x, y}
}

// PointHits are those of every point of some lines, in words for its values.
func PointHits(lines []Series, x, y func(float64) string) func(*plot.Plot, draw.Canvas) []Hit {
	return func(p *plot.Plot, c draw.Canvas) []Hit {
		across, up := p.Transforms(&c)
		var list []Hit
		for _, l := range lines {
			for i := range l.X {
				at := vg.Point{X: across(l.X[i]), Y: up(l.Y[i])}
				if !math.IsNaN(float64(at.X)) && !math.IsNaN(float64(at.Y)) {
					list = append(list, HitAt(at, l.Name, x(l.X[i]), y(l.Y[i])))
				}
			}
		}
		return list
	}
}

// Says is the hit in one text.
func (h *Hit) Says() string {
	var head []string
	for _, s := range []string{h.Name, h.X} {
		if s != "" {
			head = append(head, s)
		}
	}
	return strings.Join(head, ", ") + ": " + h.Y
}

// withHits lays hits over a chart of a height: without a script their titles
// show, with one their data.
func withHits(svg []byte, hits []Hit, height vg.Length) []byte {
	if len(hits) == 0 {
		return svg
	}
	var b bytes.Buffer
	b.WriteString("<g fill=\"none\" pointer-events=\"all\">\n")
	for i := range hits {
		h := &hits[i]
		size := h.Box.Size()
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" data-name="%s" data-x="%s" data-y="%s"><title>%s</title></rect>`+"\n",
			h.Box.Min.X.Points(), (height - h.Box.Max.Y).Points(), size.X.Points(), size.Y.Points(),
			escaped(h.Name), escaped(h.X), escaped(h.Y), escaped(h.Says()))
	}
	b.WriteString("</g>\n</svg>")
	return append(bytes.TrimSuffix(bytes.TrimSpace(svg), []byte("</svg>")), append(b.Bytes(), '\n')...)
}

// escaped is text for an element or an attribute of XML, line ends included.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
