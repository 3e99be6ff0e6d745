package scene

import (
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

// hitPoint adds the hit of a point, if both axes say values and no strips do.
func (f *frame) hitPoint(at vg.Point, name string, x, y float64) {
	const reach = vg.Length(7)
	if f.panel.Strips || f.panel.X.Say == nil || f.panel.Y.Say == nil {
		return
	}
	box := vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}
	f.hits = append(f.hits, Hit{box, name, f.panel.X.Say(x), f.panel.Y.Say(y)})
}

// hitStrips adds upright hits, each of one on the axis across, or of the first of
// several where those would be too narrow to be pointed at. They say the values of
// all lines.
func (f *frame) hitStrips() {
	const narrowest = vg.Length(5)
	across := &f.panel.X
	step := math.Ceil(float64(narrowest / (f.x(1) - f.x(0))))
	for from := across.Low; from < across.High; from += step {
		var values []string
		for _, m := range f.panel.Scene {
			if l, ok := m.(Line); ok {
				values = append(values, l.within(from, from+1, f.panel.Y.Say)...)
			}
		}
		if len(values) > 0 {
			box := vg.Rectangle{Min: vg.Point{X: f.x(from), Y: f.Min.Y}, Max: vg.Point{X: min(f.x(from+step), f.Max.X), Y: f.Max.Y}}
			f.hits = append(f.hits, Hit{Box: box, X: across.Say(from), Y: strings.Join(values, "\n")})
		}
	}
}

// within says the values of a line between two places.
func (l *Line) within(from, to float64, say func(float64) string) (values []string) {
	for _, p := range l.Points {
		if p.X >= from && p.X < to {
			values = append(values, l.Name+" "+say(p.Y))
		}
	}
	return values
}
