package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
)

// Hit is a place in a chart that shows its values when pointed at.
type Hit struct {
	Box  vg.Rectangle
	Name string // of a transport; empty where the place is of several
	X, Y string
}

// Says is the hit in one text.
func (h *Hit) Says() string {
	switch {
	case h.Name == "":
		return h.X + ": " + h.Y
	case h.X == "":
		return h.Name + ": " + h.Y
	}
	return h.Name + ", " + h.X + ": " + h.Y
}

// hitPoint adds the hit of a point, if both axes say values.
func (f *frame) hitPoint(at vg.Point, name string, x, y float64) {
	const reach = vg.Length(7)
	if f.panel.X.Say == nil || f.panel.Y.Say == nil {
		return
	}
	box := vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}
	f.hits = append(f.hits, Hit{box, name, f.panel.X.Say(x), f.panel.Y.Say(y)})
}

// Strips are upright hits beside each other, each one wide on the axis across.
// They draw nothing.
type Strips struct {
	unlisted
	List []Strip
}

// Strip says what is true from From on.
type Strip struct {
	From float64
	X, Y string
}

// draw makes a hit of each, or of the first of several where those would be too
// narrow to be pointed at.
func (l Strips) draw(f *frame) {
	const narrowest = vg.Length(5)
	step := math.Ceil(float64(narrowest / (f.x(1) - f.x(0))))
	next := math.Inf(-1)
	for _, s := range l.List {
		if s.From < next {
			continue
		}
		next = s.From + step
		box := vg.Rectangle{Min: vg.Point{X: f.x(s.From), Y: f.Min.Y}, Max: vg.Point{X: min(f.x(next), f.Max.X), Y: f.Max.Y}}
		f.hits = append(f.hits, Hit{Box: box, X: s.X, Y: s.Y})
	}
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
