package report

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

// hit is a place in a chart that tells its values to who points at it.
type hit struct {
	box  vg.Rectangle
	name string // of a transport; empty where the place is of several
	x, y string
}

// reach is how far from a point its hit goes.
const reach = vg.Length(7)

// hitAt is the hit of a point.
func hitAt(at vg.Point, name, x, y string) hit {
	return hit{vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}, name, x, y}
}

// pointHits are those of every point of some lines, in words for its values.
func pointHits(lines []series, x, y func(float64) string) func(*plot.Plot, draw.Canvas) []hit {
	return func(p *plot.Plot, c draw.Canvas) []hit {
		across, up := p.Transforms(&c)
		var list []hit
		for _, l := range lines {
			for i := range l.x {
				at := vg.Point{X: across(l.x[i]), Y: up(l.y[i])}
				if !math.IsNaN(float64(at.X)) && !math.IsNaN(float64(at.Y)) {
					list = append(list, hitAt(at, l.name, x(l.x[i]), y(l.y[i])))
				}
			}
		}
		return list
	}
}

// hits are the cells in which anything is said.
func (g stampGrid) hits(p *plot.Plot, c draw.Canvas) []hit {
	x, y := p.Transforms(&c)
	var list []hit
	for i, row := range g.rows {
		top, bottom := y(float64(len(g.rows)-i)), y(float64(len(g.rows)-i-1))
		for j, cell := range row.cells {
			if cell.stamp == "" {
				continue
			}
			box := vg.Rectangle{Min: vg.Point{X: x(float64(j)), Y: bottom}, Max: vg.Point{X: x(float64(j + 1)), Y: top}}
			list = append(list, hit{box, row.name, g.columns[j] + " " + p.X.Label.Text, strings.TrimSpace(cell.stamp + " " + cell.reason)})
		}
	}
	return list
}

// says is the hit in one text.
func (h *hit) says() string {
	var head []string
	for _, s := range []string{h.name, h.x} {
		if s != "" {
			head = append(head, s)
		}
	}
	return strings.Join(head, ", ") + ": " + h.y
}

// withHits lays hits over a chart of a height: without a script their titles
// show, with one their data.
func withHits(svg []byte, hits []hit, height vg.Length) []byte {
	if len(hits) == 0 {
		return svg
	}
	var b bytes.Buffer
	b.WriteString("<g fill=\"none\" pointer-events=\"all\">\n")
	for i := range hits {
		h := &hits[i]
		size := h.box.Size()
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" data-name="%s" data-x="%s" data-y="%s"><title>%s</title></rect>`+"\n",
			h.box.Min.X.Points(), (height - h.box.Max.Y).Points(), size.X.Points(), size.Y.Points(),
			escaped(h.name), escaped(h.x), escaped(h.y), escaped(h.says()))
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
