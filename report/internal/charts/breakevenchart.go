package charts

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// breakEvenChart is the map of message rate and poll interval: where polling is
// cheaper, and where push is.
func breakEvenChart(s *trials.Set) figure.Chart {
	polls, _ := s.PollAndPush()
	c := figure.Chart{Name: "break-even", Title: "Where polling becomes cheaper than push", Asks: figure.CostsTheServer,
		Caption: "At which message rate and polling interval does " + trials.SpokenName(polls[0]) + " cost as little as push? Markers are what was measured, with the interval of each; dashed lines are a model: the unit costs that the run itself has fitted, worked out for other rates and intervals."}
	switch axes := s.BreakEvenAxes(); {
	case len(axes) > 1:
	case axes[0].Key == "poll.interval":
		c.Caption += " One rate was measured: the lines go to half and to double of it."
	default:
		c.Caption += " One interval was measured: the lines go to half and to double of it."
	}
	for i := range model.Expenses {
		c.Panels = append(c.Panels, breakEvenPanel(s, polls[0], &model.Expenses[i]))
	}
	return c
}

// mapped is one pair of transports on the map.
type mapped struct {
	look  figure.Look
	name  string
	model figure.Series // rate, interval
	spots []crossing    // measured
}

// crossing is a measured point of equal cost, and how far it may be off.
type crossing struct {
	x, y                   float64
	lowX, highX, lowY, hiY float64
}

// frame is the part of the map that is drawn.
type frame struct{ lowRate, highRate, lowInterval, highInterval float64 }

func setFrame(s *trials.Set) frame {
	var rates, intervals []float64
	for _, p := range s.Points {
		if v := p.Head.Asked.PublishRate; v > 0 {
			rates = append(rates, v)
		}
		intervals = append(intervals, p.Head.Asked.PollIntervalS)
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

func breakEvenPanel(s *trials.Set, poll string, cost *model.Expense) figure.Panel {
	p := figure.Panel{Heading: "equal " + cost.Name + " of " + poll + " and push"}
	_, pushes := s.PollAndPush()
	r := setFrame(s)
	if !(r.lowRate > 0) || !(r.lowInterval > 0) {
		p.Omitted = "nothing was said, or at no interval"
		return p
	}
	var pairs []mapped
	var none []string
	for _, push := range pushes {
		m := mapped{look: figure.LookOf(push), name: push, model: figure.Series{Name: push + " model"}}
		told := figure.Series{Name: push}
		for _, along := range s.BreakEvenAxes() {
			for _, l := range s.Slices(along) {
				b, ok := model.CutBreakEven(&l, poll, push, cost)
				if !ok {
					continue
				}
				for _, v := range b.At {
					at := onMap(&b, v)
					m.spots = append(m.spots, at)
					told.X, told.Y = append(told.X, at.x), append(told.Y, at.y)
				}
				if gap := b.Gap(); gap != nil && len(m.model.X) == 0 {
					m.model.X, m.model.Y = r.follow(gap)
				}
			}
		}
		for _, numbers := range []figure.Series{told, m.model} {
			if len(numbers.X) > 0 {
				p.Lines = append(p.Lines, numbers)
			}
		}
		if len(m.spots)+len(m.model.X) > 0 {
			pairs = append(pairs, m)
			p.Right = max(p.Right, figure.EndWidth(push))
		} else {
			none = append(none, push)
		}
	}
	p.Heading = figure.Remark(p.Heading, "nowhere equal", none)
	if len(pairs) == 0 {
		p.Omitted = "nowhere in what was measured: one of them is always the cheaper"
		return p
	}
	p.Height = 230
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		figure.Logarithmic(&pl.X, r.lowRate/1.1, r.highRate*1.1, number.PerSecond)
		figure.Logarithmic(&pl.Y, r.lowInterval/1.1, r.highInterval*1.1, number.Seconds)
		figure.Name(&pl.X, "messages per second and room")
		pl.Y.Label.Text = "poll interval"
		pl.Add(breakEvenMap(pairs))
		return pl
	}
	return p
}

// onMap is a crossing with its interval, as far as it lies within what was
// compared.
func onMap(b *model.BreakEven, v float64) crossing {
	a := b.First.Head.Asked
	low, high := v, v
	if b.Banded() {
		low, high = max(b.Low, b.From), min(b.High, b.To)
	}
	if b.Along.Key == "poll.interval" {
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
	figure.GridLines(c, p)
	region := figure.Style(figure.BodySize, figure.Faint, false)
	region.YAlign = draw.YTop
	c.FillText(region, vg.Point{X: c.Max.X - region.Width("polling is cheaper") - 6, Y: c.Max.Y - 5}, "polling is cheaper")
	figure.Middle(&c, region, vg.Point{X: c.Min.X + 6, Y: c.Min.Y + 9}, "push is cheaper")
	var ends []figure.EndLabel
	for _, m := range list {
		var points []vg.Point
		for i := range m.model.X {
			points = append(points, vg.Point{X: x(m.model.X[i]), Y: y(m.model.Y[i])})
		}
		if len(points) > 1 {
			m.look.Stroke(&c, 1.4, []vg.Length{4, 3}, points...)
		}
		for _, s := range m.spots {
			bar := draw.LineStyle{Color: m.look.Edge(), Width: 1.2}
			c.StrokeLine2(bar, x(s.lowX), y(s.lowY), x(s.highX), y(s.hiY))
			m.look.Mark(&c, 4, vg.Point{X: x(s.x), Y: y(s.y)})
			points = append(points, vg.Point{X: x(s.x), Y: y(s.y)})
		}
		end := slices.MaxFunc(points, func(a, b vg.Point) int { return int(1000 * (a.X - b.X)) })
		ends = append(ends, figure.EndLabel{At: end, Name: figure.EndName(m.name), Look: m.look})
	}
	figure.DrawEnds(c, ends)
}
