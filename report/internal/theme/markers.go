package theme

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/transport"
)

// polygon is a marker of as many corners: filled or open.
type polygon struct {
	corners int
	turned  float64 // by this angle from one that has a corner at the top
	open    bool
}

var markers = map[transport.Marker]draw.GlyphDrawer{
	transport.Circle:       draw.CircleGlyph{},
	transport.OpenCircle:   draw.RingGlyph{},
	transport.Triangle:     draw.PyramidGlyph{},
	transport.OpenTriangle: draw.TriangleGlyph{},
	transport.Downward:     polygon{corners: 3, turned: math.Pi},
	transport.OpenDownward: polygon{corners: 3, turned: math.Pi, open: true},
	transport.Square:       draw.BoxGlyph{},
	transport.OpenSquare:   draw.SquareGlyph{},
	transport.Diamond:      polygon{corners: 4},
	transport.OpenDiamond:  polygon{corners: 4, open: true},
	transport.Cross:        draw.CrossGlyph{},
	transport.Plus:         draw.PlusGlyph{},
	transport.Pentagon:     polygon{corners: 5},
	transport.OpenPentagon: polygon{corners: 5, open: true},
}

// DrawGlyph implements draw.GlyphDrawer.
func (g polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var path vg.Path
	for i := range g.corners {
		angle := g.turned + 2*math.Pi*float64(i)/float64(g.corners)
		corner := vg.Point{X: at.X + 1.3*s.Radius*vg.Length(math.Sin(angle)), Y: at.Y + 1.3*s.Radius*vg.Length(math.Cos(angle))}
		if i == 0 {
			path.Move(corner)
		} else {
			path.Line(corner)
		}
	}
	path.Close()
	if g.open {
		c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 0.5})
		c.Stroke(path)
		return
	}
	c.SetColor(s.Color)
	c.Fill(path)
}
