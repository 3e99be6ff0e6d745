package charts

import (
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/rows"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// bar is one transport's row, of one metric.
func bar(p *trials.Point, s *trials.Side, m *metric.Metric) rows.Bar {
	b := rows.Bar{Name: sideName(p, s), Model: math.NaN(), Hollow: s.Stamp == result.Invalid, Look: theme.LookOf(s.Transport), Value: "not measured"}
	if c := m.Cell(s.Used); c.Known() {
		b.Parts, b.Trials, b.Value = []rows.Part{{Value: c.Value}}, c.Values, m.Unit.Format(c.Value)
	}
	return b
}

func bars(p *trials.Point, m *metric.Metric) (list []rows.Bar) {
	for i := range p.Sides {
		list = append(list, bar(p, &p.Sides[i], m))
	}
	return list
}

func costPanels(p *trials.Point, c *figure.Chart) {
	work, heading := &metric.CPUPerDelivery, "server CPU per delivery"
	for i := range p.Sides {
		s := &p.Sides[i]
		if len(s.Used) > 0 && metric.CPUShare.Cell(s.Used).Known() && !metric.CPUPerDelivery.Cell(s.Used).Known() {
			work, heading = &metric.CPUShare, "server CPU, of one core" // nothing was delivered to divide by
		}
	}
	c.Panels = []scene.Panel{
		rows.BarPanel(heading, "", work.Unit, bars(p, work)),
		rows.BarPanel("server memory per client, above the idle server", "", number.Memory, bars(p, &metric.MemoryPerClient)),
	}
}

func requestsPanel(p *trials.Point, c *figure.Chart) {
	list := bars(p, &metric.Requests)
	for i := range list {
		b := &list[i]
		if len(b.Parts) > 0 {
			b.Value = number.Significant(b.Parts[0].Value)
			if b.Parts[0].Value == 0 {
				b.Value = "none"
			}
		}
		if fit, ok := model.AsksPerMinute(&p.Sides[i]); ok {
			b.Model = fit
			b.Aside = "(model " + number.Significant(fit) + ")"
		}
	}
	c.Panels = []scene.Panel{rows.BarPanel("HTTP requests per client and minute", " (dashed: model)", number.PerMinute, list)}
}

// inks are those of the layers of bytes, from the inside out. Compression is none
// of them: the first two are drawn as large as it leaves them.
var inks = []rows.Part{
	{Name: "text", Ink: theme.LayerInks[0]},
	{Name: "envelope", Ink: theme.LayerInks[1]},
	{Name: "protocol", Ink: theme.LayerInks[2]},
	{Name: "TLS", Ink: theme.LayerInks[3]},
	{Name: "TCP/IP headers", Ink: theme.HeaderInk},
}

// bytesPanel shows the bytes in each direction, by layer where the trials tell
// layers apart.
func bytesPanel(p *trials.Point, c *figure.Chart) {
	remark := ""
	var list []rows.Bar
	for i := range p.Sides {
		for j, d := range metric.Directions {
			b := layerBar(p, &p.Sides[i], d)
			b.Transport, b.Name = b.Name, b.Name+", "+d
			if j > 0 {
				b.Name = d
			}
			list = append(list, b)
			if n := len(b.Parts); n > 1 && b.Parts[n-1].Value > 0 {
				remark = ": on the connection + TCP/IP headers"
			}
		}
	}
	c.Panels = []scene.Panel{rows.BarPanel("bytes for each delivery", remark, number.BytesEach, list)}
}

// layerBar is one direction of one transport: a single part where the layers are
// not known.
func layerBar(p *trials.Point, s *trials.Side, direction string) rows.Bar {
	all := metric.Named("bytes per delivery, " + direction)
	b := bar(p, s, &all)
	b.Quantity, b.Trials = all.Name, nil
	value := func(layer string) float64 {
		m := metric.Named(layer + ", " + direction) // panics if there is no such layer
		return m.Cell(s.Used).Value
	}
	if len(b.Parts) == 0 {
		return b
	}
	if math.IsNaN(value("text")) {
		b.Parts[0].Name, b.Parts[0].Ink = "all layers together: these trials do not separate them", theme.UnknownInk
		return b
	}
	for _, l := range metric.Layers {
		if v := value(l.Name); !math.IsNaN(v) {
			b.Details = append(b.Details, l.Name+" "+number.BytesEach.Format(v))
		}
	}
	if headers := value("TCP/IP headers"); !math.IsNaN(headers) {
		b.Details = append(b.Details, "TCP/IP headers "+number.BytesEach.Format(headers))
		b.Value += " + " + number.BytesEach.Format(headers)
	}
	b.Parts = slices.Clone(inks)
	for i := range b.Parts {
		if v := value(b.Parts[i].Name); !math.IsNaN(v) {
			b.Parts[i].Value = v
		}
	}
	text, envelope := &b.Parts[0].Value, &b.Parts[1].Value
	if compression := value("compression"); *text+*envelope > 0 && !math.IsNaN(compression) {
		left := max(0, 1+compression/(*text+*envelope))
		*text *= left
		*envelope *= left
	}
	return b
}
