package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
)

// breakEvenChart is the map of message rate and poll interval: where polling is
// cheaper, and where push is.
func (s *sweep) breakEvenChart() chart {
	polls, _ := s.pollAndPush()
	c := chart{name: "break-even", title: "Where polling becomes cheaper than push", asks: costsTheServer,
		caption: "At which message rate and polling interval does " + spokenName(polls[0]) + " cost as little as push? Markers are what was measured, with the interval of each; dashed lines are a model: the unit costs that the run itself has fitted, worked out for other rates and intervals."}
	switch axes := s.breakEvenAxes(); {
	case len(axes) > 1:
	case axes[0].key == "poll.interval":
		c.caption += " One rate was measured: the lines go to half and to double of it."
	default:
		c.caption += " One interval was measured: the lines go to half and to double of it."
	}
	for i := range expenses {
		c.panels = append(c.panels, s.breakEvenPanel(polls[0], &expenses[i]))
	}
	return c
}

// mapped is one pair of transports on the map.
type mapped struct {
	look  look
	name  string
	model series     // rate, interval
	spots []crossing // measured
}

// crossing is a measured point of equal cost, and how far it may be off.
type crossing struct {
	x, y                   float64
	lowX, highX, lowY, hiY float64
}

// frame is the part of the map that is drawn.
type frame struct{ lowRate, highRate, lowInterval, highInterval float64 }

func (s *sweep) frame() frame {
	var rates, intervals []float64
	for _, p := range s.points {
		if v := p.head.Asked.PublishRate; v > 0 {
			rates = append(rates, v)
		}
		intervals = append(intervals, p.head.Asked.PollIntervalS)
	}
	var r frame
	r.lowRate, r.highRate = stat.Range(rates)
	r.lowInterval, r.highInterval = stat.Range(intervals)
	if r.lowRate == r.highRate {
		r.lowRate, r.highRate = r.lowRate/2, r.highRate*2
	}
	if r.lowInterval == r.highInterval {
		r.lowInterval, r.highInterval = r.lowInterval/2, r.highInterval*2
	}
	return r
}

func (s *sweep) breakEvenPanel(poll string, cost *expense) panel {
	p := panel{heading: "equal " + cost.name + " of " + poll + " and push"}
	_, pushes := s.pollAndPush()
	r := s.frame()
	if !(r.lowRate > 0) || !(r.lowInterval > 0) {
		p.omitted = "nothing was said, or at no interval"
		return p
	}
	var pairs []mapped
	var none []string
	for _, push := range pushes {
		m := mapped{look: lookOf(push), name: push, model: series{name: push + " model"}}
		told := series{name: push}
		for _, along := range s.breakEvenAxes() {
			for _, l := range s.slices(along) {
				b, ok := l.breakEven(poll, push, cost)
				if !ok {
					continue
				}
				for _, v := range b.at {
					at := b.onMap(v)
					m.spots = append(m.spots, at)
					told.x, told.y = append(told.x, at.x), append(told.y, at.y)
				}
				if gap := b.gap(); gap != nil && len(m.model.x) == 0 {
					m.model.x, m.model.y = r.follow(gap)
				}
			}
		}
		for _, numbers := range []series{told, m.model} {
			if len(numbers.x) > 0 {
				p.lines = append(p.lines, numbers)
			}
		}
		if len(m.spots)+len(m.model.x) > 0 {
			pairs = append(pairs, m)
			p.right = max(p.right, endWidth(push))
		} else {
			none = append(none, push)
		}
	}
	p.heading = remark(p.heading, "nowhere equal", none)
	if len(pairs) == 0 {
		p.omitted = "nowhere in what was measured: one of them is always the cheaper"
		return p
	}
	p.height = 230
	p.plot = func() *plot.Plot {
		pl := axes()
		logarithmic(&pl.X, r.lowRate/1.1, r.highRate*1.1, perSecond)
		logarithmic(&pl.Y, r.lowInterval/1.1, r.highInterval*1.1, seconds)
		name(&pl.X, "messages per second and room")
		pl.Y.Label.Text = "poll interval"
		pl.Add(breakEvenMap(pairs))
		return pl
	}
	return p
}

// onMap is a crossing with its interval, as far as it lies within what was
// compared.
func (b *breakEven) onMap(v float64) crossing {
	a := b.first.head.Asked
	low, high := v, v
	if b.banded() {
		low, high = max(b.low, b.from), min(b.high, b.to)
	}
	if b.along.key == "poll.interval" {
		return crossing{a.PublishRate, v, a.PublishRate, a.PublishRate, low, high}
	}
	return crossing{v, a.PollIntervalS, low, high, a.PollIntervalS, a.PollIntervalS}
}

// follow finds, for each of many rates, the interval at which the gap closes.
func (r frame) follow(gap func(rate, interval float64) float64) (x, y []float64) {
	const steps = 60
	for i := range steps + 1 {
		rate := r.lowRate * math.Pow(r.highRate/r.lowRate, float64(i)/steps)
		v := stat.Root(func(interval float64) float64 { return gap(rate, interval) }, r.lowInterval, r.highInterval)
		if !math.IsNaN(v) {
			x, y = append(x, rate), append(y, v)
		}
	}
	return x, y
}

type breakEvenMap []mapped

// Plot implements plot.Plotter.
func (list breakEvenMap) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	gridLines(c, p)
	region := style(bodySize, faint, false)
	region.YAlign = draw.YTop
	c.FillText(region, vg.Point{X: c.Max.X - region.Width("polling is cheaper") - 6, Y: c.Max.Y - 5}, "polling is cheaper")
	middle(&c, region, vg.Point{X: c.Min.X + 6, Y: c.Min.Y + 9}, "push is cheaper")
	var ends []endLabel
	for _, m := range list {
		var points []vg.Point
		for i := range m.model.x {
			points = append(points, vg.Point{X: x(m.model.x[i]), Y: y(m.model.y[i])})
		}
		if len(points) > 1 {
			m.look.stroke(&c, 1.4, []vg.Length{4, 3}, points...)
		}
		for _, s := range m.spots {
			bar := draw.LineStyle{Color: m.look.edge(), Width: 1.2}
			c.StrokeLine2(bar, x(s.lowX), y(s.lowY), x(s.highX), y(s.hiY))
			m.look.mark(&c, 4, vg.Point{X: x(s.x), Y: y(s.y)})
			points = append(points, vg.Point{X: x(s.x), Y: y(s.y)})
		}
		end := slices.MaxFunc(points, func(a, b vg.Point) int { return int(1000 * (a.X - b.X)) })
		ends = append(ends, endLabel{at: end, name: endName(m.name), look: m.look})
	}
	drawEnds(c, ends)
}
