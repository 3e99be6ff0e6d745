package charts

import (
	"image/color"
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// bar is one transport's row, of one metric.
func bar(s *trials.Side, m *metric.Metric) scene.Bar {
	b := scene.Bar{Name: sideName(s), Model: math.NaN(), Hollow: s.Stamp == result.Invalid, Look: theme.LookOf(s.Transport), Value: "not measured"}
	if c := m.Cell(s.Used); c.Known() {
		b.Parts, b.Trials, b.Value = []float64{c.Value}, c.Values, m.Unit.Format(c.Value)
	}
	return b
}

func bars(p *trials.Point, m *metric.Metric) (rows []scene.Bar) {
	for i := range p.Sides {
		rows = append(rows, bar(&p.Sides[i], m))
	}
	return rows
}

func costPanels(p *trials.Point, c *figure.Chart) {
	work, heading := &metric.CpuPerDelivery, "server CPU per delivery"
	for i := range p.Sides {
		s := &p.Sides[i]
		if len(s.Used) > 0 && metric.CpuShare.Cell(s.Used).Known() && !metric.CpuPerDelivery.Cell(s.Used).Known() {
			work, heading = &metric.CpuShare, "server CPU, of one core" // nothing was delivered to divide by
		}
	}
	c.Panels = []scene.Panel{
		scene.BarPanel(heading, work.Unit, bars(p, work)),
		scene.BarPanel("server memory per client, above the idle server", number.Memory, bars(p, &metric.MemoryPerClient)),
	}
}

func requestsPanel(p *trials.Point, c *figure.Chart) {
	rows := bars(p, &metric.Requests)
	for i := range rows {
		b := &rows[i]
		if len(b.Parts) > 0 {
			b.Value = number.Significant(b.Parts[0])
			if b.Parts[0] == 0 {
				b.Value = "none"
			}
		}
		if fit, ok := model.AsksPerMinute(&p.Sides[i]); ok {
			b.Model = fit
			b.Value += "  (model " + number.Significant(fit) + ")"
		}
	}
	c.Panels = []scene.Panel{scene.BarPanel("HTTP requests per client and minute (dashed: model)", number.PerMinute, rows)}
}

// layers are the parts of a bar of bytes, from the inside out. Compression is
// none of them: text and envelope are drawn as large as it leaves them.
var layers = []scene.Swatch{
	{Name: "text", Ink: theme.LayerInks[0]},
	{Name: "envelope", Ink: theme.LayerInks[1]},
	{Name: "protocol", Ink: theme.LayerInks[2]},
	{Name: "TLS", Ink: theme.LayerInks[3]},
	{Name: "TCP/IP headers", Ink: theme.HeaderInk},
}

// bytesPanel shows the bytes in each direction, by layer where the trials tell
// layers apart.
func bytesPanel(p *trials.Point, c *figure.Chart) {
	present := make([]bool, len(layers))
	var rows []scene.Bar
	var undivided []scene.Swatch
	for i := range p.Sides {
		for j, d := range metric.Directions {
			b := layerBar(&p.Sides[i], d)
			b.Transport, b.Name = b.Name, b.Name+", "+d
			if j > 0 {
				b.Name = d
			}
			if len(b.Parts) == 1 {
				undivided = []scene.Swatch{{Ink: theme.UnknownInk, Name: "all layers, which these trials do not tell apart"}}
			} else {
				for k, v := range b.Parts {
					present[k] = present[k] || v > 0
				}
			}
			rows = append(rows, b)
		}
	}
	heading := "bytes for each delivery"
	if present[len(present)-1] {
		heading += ": on the connection + TCP/IP headers"
	}
	panel := scene.BarPanel(heading, number.BytesEach, rows)
	for k, layer := range layers {
		if present[k] {
			panel.Legend = append(panel.Legend, layer)
		}
	}
	panel.Legend = append(panel.Legend, undivided...)
	c.Panels = []scene.Panel{panel}
}

// layerBar is one direction of one transport: a single part where the layers are
// not known.
func layerBar(s *trials.Side, direction string) scene.Bar {
	all := &metric.BytesIn
	if direction != metric.Directions[0] {
		all = &metric.BytesOut
	}
	b := bar(s, all)
	b.Quantity, b.Trials = all.Name, nil
	b.Inks = []color.RGBA{theme.UnknownInk}
	value := func(layer string) metric.Cell {
		m := metric.Named(layer + ", " + direction)
		return m.Cell(s.Used)
	}
	if len(b.Parts) == 0 || !value("text").Known() {
		return b
	}
	size := map[string]float64{}
	for _, l := range metric.Layers {
		if v := value(l.Name).Value; !math.IsNaN(v) {
			size[l.Name] = v
			b.Details = append(b.Details, l.Name+" "+number.BytesEach.Format(v))
		}
	}
	if headers := value("TCP/IP headers"); headers.Known() {
		size["TCP/IP headers"] = headers.Value
		b.Details = append(b.Details, "TCP/IP headers "+number.BytesEach.Format(headers.Value))
		b.Value += " + " + number.BytesEach.Format(headers.Value)
	}
	if plain := size["text"] + size["envelope"]; plain > 0 {
		left := max(0, 1+size["compression"]/plain)
		size["text"] *= left
		size["envelope"] *= left
	}
	b.Parts, b.Inks = nil, nil
	for _, layer := range layers {
		b.Parts, b.Inks = append(b.Parts, size[layer.Name]), append(b.Inks, layer.Ink)
	}
	return b
}
