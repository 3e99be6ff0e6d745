package figure

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/svg"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// SVG is the whole chart as a document of its own.
func (c *Chart) SVG() []byte { return c.drawn(full, "", true) }

// OnPage is the panels alone, as the page shows them to desks and to phones. The
// values that show at the pointer are in the first.
func (c *Chart) OnPage() (wide, narrow []byte) {
	return c.drawn(layout{width: theme.Wide, margin: margin, above: 2}, "wide", true),
		c.drawn(layout{width: theme.Narrow, margin: margin / 2, above: 2}, "narrow", false)
}

func (c *Chart) drawn(l layout, class string, words bool) []byte {
	canvas := svg.New(l.width, c.height(l))
	hits := c.draw(draw.New(canvas), l)
	return canvas.Bytes(class, c.Title, spots(hits, words))
}

func spots(hits []scene.Hit, words bool) (list []svg.Spot) {
	for i := range hits {
		h := &hits[i]
		s := svg.Spot{Box: h.Box, Owner: h.Line}
		if words {
			s.Words = h.Says()
		}
		list = append(list, s)
	}
	return list
}

// Hits are the places that show their values when the whole chart is pointed at,
// and its size.
func (c *Chart) Hits() (hits []scene.Hit, width, height vg.Length) {
	height = c.height(full)
	return c.draw(draw.New(svg.New(full.width, height)), full), full.width, height
}
