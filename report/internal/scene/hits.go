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
	Line string // whose point it is, if one's
}

// Says is the hit in lines, the first of which is its head.
func (h *Hit) Says() string {
	if h.Name == "" {
		return h.X + "\n" + h.Y
	}
	return h.Name + "\n" + h.X + ": " + h.Y
}

// hitPoint adds the hit of a point, if both axes say values and no strips do.
func (f *Frame) hitPoint(at vg.Point, name string, x, y float64) {
	const reach = vg.Length(7)
	if f.Panel.Strips > 0 || f.Panel.X.Say == nil || f.Panel.Y.Say == nil {
		return
	}
	box := vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}
	f.Hits = append(f.Hits, Hit{box, name, f.Panel.X.Say(x), f.Panel.Y.Say(y), name})
}

// hitStrips adds upright hits, each of one on the axis across, or of the first of
// several where those would be too narrow to be pointed at. They say the values of
// all lines.
func (f *Frame) hitStrips() {
	across := &f.Panel.X
	step := math.Ceil((across.High - across.Low) / float64(f.Panel.Strips))
	for from := across.Low; from < across.High; from += step {
		var values []string
		for _, m := range f.Panel.Scene {
			if l, ok := m.(Line); ok {
				values = append(values, l.within(from, from+1, f.Panel.Y.Say)...)
			}
		}
		if len(values) > 0 {
			box := vg.Rectangle{Min: vg.Point{X: f.X(from), Y: f.Min.Y}, Max: vg.Point{X: min(f.X(from+step), f.Max.X), Y: f.Max.Y}}
			f.Hits = append(f.Hits, Hit{Box: box, X: across.Say(from), Y: strings.Join(values, "\n")})
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
