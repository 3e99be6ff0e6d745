package charts

import (
	"image/color"
	"math"

	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// drawnLayers are the parts of a bar, from the inside out. Compression is none of
// them: text and envelope are drawn as large as it leaves them.
var drawnLayers = []string{"text", "envelope", "protocol", "TLS", "TCP/IP headers"}

// bytesChart shows what each delivery took on the wire, in each direction, by
// layer where the trials tell it.
func bytesChart(r *trials.Point) figure.Chart {
	c := figure.Chart{
		Name: "bytes", Asks: figure.CrossesTheWire, Title: "Bytes on the wire for each delivered message",
		Caption: "How many bytes cross the clients' connections for each message delivered, polls that bring nothing included, and what are they? Of each direction the number is of the connection's own bytes, and after the + of the TCP/IP headers beneath them, by the kernel's count on loopback. Where text and envelope are compressed, they are drawn as large as that leaves them.",
	}
	fills := append(append([]color.RGBA{}, figure.LayerInks...), figure.Beneath)
	present := make([]bool, len(drawnLayers))
	var rows figure.Bars
	untold := false
	for i := range r.Sides {
		for j, d := range metric.Directions {
			b := layerBar(&r.Sides[i], d)
			if b.Fills = fills; len(b.Parts) == 1 {
				b.Fills, untold = []color.RGBA{figure.UntoldInk}, true
			} else {
				for k, v := range b.Parts {
					present[k] = present[k] || v > 0
				}
			}
			if j > 0 {
				b.Name = d.Name
			} else {
				b.Name += ", " + d.Name
			}
			rows = append(rows, b)
		}
	}
	heading := "bytes for each delivery"
	if present[len(present)-1] {
		heading += ": on the connection + TCP/IP headers"
	}
	p := figure.BarPanel(heading, number.BytesEach, rows)
	for k, name := range drawnLayers {
		if present[k] {
			p.Legend = append(p.Legend, figure.Swatch{Ink: fills[k], Name: name})
		}
	}
	if untold {
		p.Legend = append(p.Legend, figure.Swatch{Ink: figure.UntoldInk, Name: "all layers, which these trials do not tell apart"})
	}
	c.Panels = []figure.Panel{p}
	return c
}

// layerBar is one direction of one transport: a single part where the layers
// are not told.
func layerBar(s *trials.Side, d metric.Direction) figure.Bar {
	all := metric.BytesIn
	if d.Name == metric.Outward.Name {
		all = metric.BytesOut
	}
	b := bar(s, false, all)
	b.What = all.Name
	if len(b.Parts) == 0 || !metric.Layered(&s.Used[0]) {
		return b
	}
	size := map[string]float64{}
	for _, l := range metric.EveryLayer {
		m := metric.Metric{Of: l.PerDelivery(d)}
		size[l.Name] = m.Cell(s.Used).Value
		if math.IsNaN(size[l.Name]) {
			size[l.Name] = 0
			continue
		}
		b.Made = append(b.Made, l.Name+" "+number.BytesEach.Format(size[l.Name]))
	}
	plain, shrunk := size["text"]+size["envelope"], 1.0
	if size["compression"] != 0 && plain > 0 {
		shrunk = max(0, 1+size["compression"]/plain)
	}
	m := metric.Metric{Of: d.Segmented(metric.HeaderBytes, false)}
	headers := m.Cell(s.Used)
	b.Parts = []float64{size["text"] * shrunk, size["envelope"] * shrunk, size["protocol"], size["TLS"], 0}
	if headers.Known() {
		b.Parts[4] = headers.Value
		b.Made = append(b.Made, "TCP/IP headers "+number.BytesEach.Format(headers.Value))
		b.Value += " + " + number.BytesEach.Format(headers.Value)
	}
	return b
}
