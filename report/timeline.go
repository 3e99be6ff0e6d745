package report

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
)

// span is one phase of a trial, in seconds from the start of the warm-up.
type span struct {
	phase    string
	from, to float64
}

func spans(list []result.Second) []span {
	var out []span
	for _, s := range list {
		if n := len(out); n > 0 && out[n-1].phase == s.Phase {
			out[n-1].to = s.T + 1
			continue
		}
		out = append(out, span{clean(s.Phase), s.T, s.T + 1})
	}
	return out
}

// named are the parts of a picture that have one name: what comes before the
// steady state is one.
func named(phases []span) []span {
	var out []span
	for _, p := range phases {
		n := len(out)
		switch {
		case p.phase == "steady":
			out = append(out, span{"steady state", p.from, p.to})
		case n > 0 && out[n-1].to == p.from && out[n-1].phase != "steady state":
			out[n-1].phase += ", " + p.phase
			out[n-1].to = p.to
		default:
			out = append(out, p)
		}
	}
	return out
}

func (r *run) timelineChart() chart {
	c := chart{
		name: "timeline", asks: inTime, title: "One trial of each transport, second by second",
		caption: "Was the steady state steady? One trial of each transport, all phases, in seconds from the start of the warm-up; only what is not shaded enters the numbers. The dashed lines are the model: λN deliveries and N/T polls a second.",
	}
	var phases []span
	from, to := math.Inf(1), math.Inf(-1)
	for i := range r.sides {
		if s := &r.sides[i]; len(s.used) > 0 && len(s.used[0].Series) > 0 {
			list := s.used[0].Series
			if phases == nil {
				phases = spans(list)
			}
			from, to = min(from, list[0].T), max(to, list[len(list)-1].T+1)
		}
	}
	if phases == nil {
		c.omitted = "The trials hold no numbers second by second."
		return c
	}
	cpu := func(s *result.Second) float64 { return s.ServerCPUS }
	deliveries, polls := math.NaN(), math.NaN()
	for i := range r.sides {
		s := &r.sides[i]
		if len(s.used) == 0 {
			continue
		}
		a, clients := s.used[0].Asked, s.used[0].Clients
		if a.PublishRate > 0 {
			deliveries = DeliveriesPerSecond(a.PublishRate, clients)
		}
		if s.paced() {
			polls = PollsPerSecond(clients, a.PollIntervalS)
		}
	}
	c.panels = []panel{
		r.timePanel("deliveries per second", count, deliveries, phases, from, to, nil, func(s *result.Second) float64 { return float64(s.Deliveries) }),
		r.timePanel("HTTP requests per second", count, polls, phases, from, to, nil, func(s *result.Second) float64 { return float64(s.Requests) }),
		r.timePanel("server CPU, of one core", cores, math.NaN(), phases, from, to, func(t *result.Trial) bool { return t.Server != nil }, cpu),
	}
	return c
}

// timePanel draws one number of every transport over the seconds of its first
// used trial, and what the model says of it, unless that is NaN.
func (r *run) timePanel(heading string, u unit, model float64, phases []span, from, to float64, has func(*result.Trial) bool, of func(*result.Second) float64) panel {
	p := panel{heading: heading}
	top := 0.0
	var lines timeLines
	label := style(bodySize, text, false)
	for i := range r.sides {
		s := &r.sides[i]
		if len(s.used) == 0 || len(s.used[0].Series) == 0 || has != nil && !has(&s.used[0]) {
			continue
		}
		line := timeLine{look: lookOf(s.transport)}
		line.name = s.chartName()
		sum, n := 0.0, 0.0
		for j := range s.used[0].Series {
			sec := &s.used[0].Series[j]
			v := of(sec)
			line.x, line.y = append(line.x, sec.T+0.5), append(line.y, v)
			top = max(top, v)
			if sec.Phase == "steady" {
				sum, n = sum+v, n+1
			}
		}
		if n > 0 {
			line.level = sum / n
		}
		p.right = max(p.right, label.Width(line.name)+30)
		p.lines = append(p.lines, line.series)
		lines.list = append(lines.list, line)
	}
	if len(lines.list) == 0 {
		p.omitted = "not measured in this run"
		return p
	}
	lines.phases, lines.model = phases, model
	if !math.IsNaN(model) {
		top = max(top, model)
		p.legend = []swatch{{name: "model", dashed: true}}
		p.lines = append(p.lines, series{name: "model", y: []float64{model}})
	}
	sc := u.scaleOf(top)
	if sc.name != "" {
		p.heading += ", " + sc.name
	}
	p.hits = lines.hits(u)
	p.height = max(117, vg.Length(len(lines.list))*labelGap+48)
	p.plot = func() *plot.Plot {
		pl := axes()
		linear(&pl.Y, top, sc, 3, true)
		pl.X.Min, pl.X.Max = from, to
		name(&pl.X, "seconds from the start of the warm-up")
		step := niceStep(max(to-from, 1) / 8)
		var ticks plot.ConstantTicks
		for v := math.Ceil(from/step) * step; v <= to+1e-9; v += step {
			l := plain(v)
			if v == 0 {
				l = "0 s"
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: l})
		}
		pl.X.Tick.Marker = ticks
		// One width for the labels of all panels, so that their seconds align.
		for i := range pl.Y.Tick.Marker.(plot.ConstantTicks) {
			t := &pl.Y.Tick.Marker.(plot.ConstantTicks)[i]
			for pl.Y.Tick.Label.Width(t.Label) < 40 {
				t.Label = "\u00a0" + t.Label
			}
		}
		pl.Add(lines)
		return pl
	}
	return p
}

type timeLine struct {
	series
	level float64 // the mean of the steady state, where the label goes
	look  look
}

type timeLines struct {
	list   []timeLine
	phases []span
	model  float64 // NaN without one
}

// hits are upright strips, each of a second, or of the first of several where
// those would be too narrow to be pointed at.
func (l timeLines) hits(u unit) func(*plot.Plot, draw.Canvas) []hit {
	return func(p *plot.Plot, c draw.Canvas) []hit {
		x, _ := p.Transforms(&c)
		step := math.Ceil(float64(narrowest / (x(1) - x(0))))
		var list []hit
		for from := p.X.Min; from < p.X.Max; from += step {
			var told []string
			for _, line := range l.list {
				if i := slices.Index(line.x, from+0.5); i >= 0 {
					told = append(told, line.name+" "+u.format(line.y[i]))
				}
			}
			if len(told) > 0 {
				box := vg.Rectangle{Min: vg.Point{X: x(from), Y: c.Min.Y}, Max: vg.Point{X: min(x(from+step), c.Max.X), Y: c.Max.Y}}
				list = append(list, hit{box: box, x: plain(from) + " s to " + plain(from+1) + " s", y: strings.Join(told, "\n")})
			}
		}
		return list
	}
}

// narrowest is the width of a strip that can be pointed at.
const narrowest = vg.Length(5)

// Plot implements plot.Plotter.
func (l timeLines) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, ph := range l.phases {
		a, b := max(x(ph.from), c.Min.X), min(x(ph.to), c.Max.X)
		if b <= a {
			continue
		}
		if ph.phase != "steady" {
			c.FillPolygon(shade, []vg.Point{{X: a, Y: c.Min.Y}, {X: b, Y: c.Min.Y}, {X: b, Y: c.Max.Y}, {X: a, Y: c.Max.Y}})
		}
	}
	gridLines(c, p)
	s := style(smallSize, faint, false)
	s.YAlign = draw.YBottom
	for _, ph := range named(l.phases) {
		if a, b := x(ph.from), x(ph.to); s.Width(ph.phase)+4 <= b-a {
			c.FillText(s, vg.Point{X: a + 2, Y: c.Max.Y + 2}, ph.phase)
		}
	}
	var ends []endLabel
	for i, line := range l.list {
		points := make([]vg.Point, len(line.x))
		for j := range line.x {
			points[j] = vg.Point{X: x(line.x[j]), Y: y(line.y[j])}
		}
		line.look.stroke(&c, 1.4, nil, points...)
		every := max(len(points)/6, 1)
		for j := (i * 2) % every; j < len(points); j += every {
			line.look.mark(&c, 2.4, points[j])
		}
		ends = append(ends, endLabel{at: vg.Point{X: c.Max.X, Y: y(line.level)}, name: line.name, look: line.look})
	}
	if !math.IsNaN(l.model) {
		c.StrokeLine2(draw.LineStyle{Color: text, Width: 1, Dashes: []vg.Length{4, 3}}, c.Min.X, y(l.model), c.Max.X, y(l.model))
	}
	drawEnds(c, ends)
}
