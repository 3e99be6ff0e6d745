package charts

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
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
		out = append(out, span{number.Clean(s.Phase), s.T, s.T + 1})
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

func timelineChart(r *trials.Point) figure.Chart {
	c := figure.Chart{
		Name: "timeline", Asks: figure.InTime, Title: "One trial of each transport, second by second",
		Caption: "Was the steady state steady? One trial of each transport, all phases, in seconds from the start of the warm-up; only what is not shaded enters the numbers. The dashed lines are the model: λN deliveries and N/T polls a second.",
	}
	var phases []span
	from, to := math.Inf(1), math.Inf(-1)
	for i := range r.Sides {
		if s := &r.Sides[i]; len(s.Used) > 0 && len(s.Used[0].Series) > 0 {
			list := s.Used[0].Series
			if phases == nil {
				phases = spans(list)
			}
			from, to = min(from, list[0].T), max(to, list[len(list)-1].T+1)
		}
	}
	if phases == nil {
		c.Omitted = "The trials hold no numbers second by second."
		return c
	}
	cpu := func(s *result.Second) float64 { return s.ServerCPUS }
	deliveries, polls := math.NaN(), math.NaN()
	for i := range r.Sides {
		s := &r.Sides[i]
		if len(s.Used) == 0 {
			continue
		}
		a, clients := s.Used[0].Asked, s.Used[0].Clients
		if a.PublishRate > 0 {
			deliveries = model.DeliveriesPerSecond(a.PublishRate, clients)
		}
		if s.Paced() {
			polls = model.PollsPerSecond(clients, a.PollIntervalS)
		}
	}
	c.Panels = []figure.Panel{
		timePanel(r, "deliveries per second", number.Count, deliveries, phases, from, to, nil, func(s *result.Second) float64 { return float64(s.Deliveries) }),
		timePanel(r, "HTTP requests per second", number.Count, polls, phases, from, to, nil, func(s *result.Second) float64 { return float64(s.Requests) }),
		timePanel(r, "server CPU, of one core", number.Cores, math.NaN(), phases, from, to, func(t *result.Trial) bool { return t.Server != nil }, cpu),
	}
	return c
}

// timePanel draws one number of every transport over the seconds of its first
// used trial, and what the model says of it, unless that is NaN.
func timePanel(r *trials.Point, heading string, u number.Unit, fit float64, phases []span, from, to float64, has func(*result.Trial) bool, of func(*result.Second) float64) figure.Panel {
	p := figure.Panel{Heading: heading}
	top := 0.0
	var lines timeLines
	label := figure.Style(figure.BodySize, figure.Text, false)
	for i := range r.Sides {
		s := &r.Sides[i]
		if len(s.Used) == 0 || len(s.Used[0].Series) == 0 || has != nil && !has(&s.Used[0]) {
			continue
		}
		line := timeLine{look: figure.LookOf(s.Transport)}
		line.Name = chartName(s)
		sum, n := 0.0, 0.0
		for j := range s.Used[0].Series {
			sec := &s.Used[0].Series[j]
			v := of(sec)
			line.X, line.Y = append(line.X, sec.T+0.5), append(line.Y, v)
			top = max(top, v)
			if sec.Phase == "steady" {
				sum, n = sum+v, n+1
			}
		}
		if n > 0 {
			line.level = sum / n
		}
		p.Right = max(p.Right, label.Width(line.Name)+30)
		p.Lines = append(p.Lines, line.Series)
		lines.list = append(lines.list, line)
	}
	if len(lines.list) == 0 {
		p.Omitted = "not measured in this run"
		return p
	}
	lines.phases, lines.model = phases, fit
	if !math.IsNaN(fit) {
		top = max(top, fit)
		p.Legend = []figure.Swatch{{Name: "model", Dashed: true}}
		p.Lines = append(p.Lines, figure.Series{Name: "model", Y: []float64{fit}})
	}
	sc := u.ScaleOf(top)
	if sc.Name != "" {
		p.Heading += ", " + sc.Name
	}
	p.Hits = lines.hits(u)
	p.Height = max(117, vg.Length(len(lines.list))*figure.LabelGap+48)
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		figure.Linear(&pl.Y, top, sc, 3, true)
		pl.X.Min, pl.X.Max = from, to
		figure.Name(&pl.X, "seconds from the start of the warm-up")
		step := figure.NiceStep(max(to-from, 1) / 8)
		var ticks plot.ConstantTicks
		for v := math.Ceil(from/step) * step; v <= to+1e-9; v += step {
			l := number.Plain(v)
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
	figure.Series
	level float64 // the mean of the steady state, where the label goes
	look  figure.Look
}

type timeLines struct {
	list   []timeLine
	phases []span
	model  float64 // NaN without one
}

// hits are upright strips, each of a second, or of the first of several where
// those would be too narrow to be pointed at.
func (l timeLines) hits(u number.Unit) func(*plot.Plot, draw.Canvas) []figure.Hit {
	return func(p *plot.Plot, c draw.Canvas) []figure.Hit {
		x, _ := p.Transforms(&c)
		step := math.Ceil(float64(narrowest / (x(1) - x(0))))
		var list []figure.Hit
		for from := p.X.Min; from < p.X.Max; from += step {
			var told []string
			for _, line := range l.list {
				if i := slices.Index(line.X, from+0.5); i >= 0 {
					told = append(told, line.Name+" "+u.Format(line.Y[i]))
				}
			}
			if len(told) > 0 {
				box := vg.Rectangle{Min: vg.Point{X: x(from), Y: c.Min.Y}, Max: vg.Point{X: min(x(from+step), c.Max.X), Y: c.Max.Y}}
				list = append(list, figure.Hit{Box: box, X: number.Plain(from) + " s to " + number.Plain(from+1) + " s", Y: strings.Join(told, "\n")})
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
			c.FillPolygon(figure.Shade, []vg.Point{{X: a, Y: c.Min.Y}, {X: b, Y: c.Min.Y}, {X: b, Y: c.Max.Y}, {X: a, Y: c.Max.Y}})
		}
	}
	figure.GridLines(c, p)
	s := figure.Style(figure.SmallSize, figure.Faint, false)
	s.YAlign = draw.YBottom
	for _, ph := range named(l.phases) {
		if a, b := x(ph.from), x(ph.to); s.Width(ph.phase)+4 <= b-a {
			c.FillText(s, vg.Point{X: a + 2, Y: c.Max.Y + 2}, ph.phase)
		}
	}
	var ends []figure.EndLabel
	for i, line := range l.list {
		points := make([]vg.Point, len(line.X))
		for j := range line.X {
			points[j] = vg.Point{X: x(line.X[j]), Y: y(line.Y[j])}
		}
		line.look.Stroke(&c, 1.4, nil, points...)
		every := max(len(points)/6, 1)
		for j := (i * 2) % every; j < len(points); j += every {
			line.look.Mark(&c, 2.4, points[j])
		}
		ends = append(ends, figure.EndLabel{At: vg.Point{X: c.Max.X, Y: y(line.level)}, Name: line.Name, Look: line.look})
	}
	if !math.IsNaN(l.model) {
		c.StrokeLine2(draw.LineStyle{Color: figure.Text, Width: 1, Dashes: []vg.Length{4, 3}}, c.Min.X, y(l.model), c.Max.X, y(l.model))
	}
	figure.DrawEnds(c, ends)
}
