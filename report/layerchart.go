package report

import (
	"image/color"
	"math"
)

// drawnLayers are the parts of a bar, from the inside out. Compression is none of
// them: text and envelope are drawn as large as it leaves them.
var drawnLayers = []string{"text", "envelope", "protocol", "TLS", "TCP/IP headers"}

// bytesChart shows what each delivery took on the wire, in each direction, by
// layer where the trials tell it.
func (r *run) bytesChart() chart {
	c := chart{
		name: "bytes", asks: crossesTheWire, title: "Bytes on the wire for each delivered message",
		caption: "How many bytes cross the clients' connections for each message delivered, polls that bring nothing included, and what are they? Of each direction the number is of the connection's own bytes, and after the + of the TCP/IP headers beneath them, by the kernel's count on loopback. Where text and envelope are compressed, they are drawn as large as that leaves them.",
	}
	fills := append(append([]color.RGBA{}, layerInks...), beneath)
	present := make([]bool, len(drawnLayers))
	var rows bars
	untold := false
	for i := range r.sides {
		for j, d := range directions {
			b := r.sides[i].layerBar(d)
			if b.fills = fills; len(b.parts) == 1 {
				b.fills, untold = []color.RGBA{untoldInk}, true
			} else {
				for k, v := range b.parts {
					present[k] = present[k] || v > 0
				}
			}
			if j > 0 {
				b.name = d.name
			} else {
				b.name += ", " + d.name
			}
			rows = append(rows, b)
		}
	}
	heading := "bytes for each delivery"
	if present[len(present)-1] {
		heading += ": on the connection + TCP/IP headers"
	}
	p := barPanel(heading, bytesEach, rows)
	for k, name := range drawnLayers {
		if present[k] {
			p.legend = append(p.legend, swatch{ink: fills[k], name: name})
		}
	}
	if untold {
		p.legend = append(p.legend, swatch{ink: untoldInk, name: "all layers, which these trials do not tell apart"})
	}
	c.panels = []panel{p}
	return c
}

// layerBar is one direction of one transport: a single part where the layers
// are not told.
func (s *side) layerBar(d direction) bar {
	all := bytesIn
	if d.name == outward.name {
		all = bytesOut
	}
	b := s.bar(false, all)
	b.what = all.name
	if len(b.parts) == 0 || !layered(&s.used[0]) {
		return b
	}
	size := map[string]float64{}
	for _, l := range everyLayer {
		m := metric{of: l.perDelivery(d)}
		size[l.name] = m.cell(s.used).value
		if math.IsNaN(size[l.name]) {
			size[l.name] = 0
			continue
		}
		b.made = append(b.made, l.name+" "+bytesEach.format(size[l.name]))
	}
	plain, shrunk := size["text"]+size["envelope"], 1.0
	if size["compression"] != 0 && plain > 0 {
		shrunk = max(0, 1+size["compression"]/plain)
	}
	m := metric{of: d.segmented(headerBytes, false)}
	headers := m.cell(s.used)
	b.parts = []float64{size["text"] * shrunk, size["envelope"] * shrunk, size["protocol"], size["TLS"], 0}
	if headers.known() {
		b.parts[4] = headers.value
		b.made = append(b.made, "TCP/IP headers "+bytesEach.format(headers.value))
		b.value += " + " + bytesEach.format(headers.value)
	}
	return b
}
