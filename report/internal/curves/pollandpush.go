package curves

import (
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// BreakEven adds maps of message rate and poll interval: where polling is
// cheaper, and where push is.
func BreakEven(s *trials.Set, c *figure.Chart) {
	polls, pushes := s.PollAndPush()
	axes := s.BreakEvenAxes()
	if len(polls) == 0 || len(pushes) == 0 || len(axes) == 0 {
		return
	}
	c.Caption = "At which message rate and polling interval does " + trials.SpokenName(polls[0]) + " cost as little as push? Markers are measured, each with its interval. Dashed lines are a model: this run's fitted unit costs, applied to other rates and intervals."
	if len(axes) == 1 {
		other := map[string]string{"poll.interval": "rate", "publish.rate": "interval"}[axes[0].Key]
		c.Caption += " One " + other + " was measured; the lines extend to half and double that."
	}
	for i := range model.Expenses {
		c.Panels = append(c.Panels, breakEvenPanel(s, polls[0], pushes, &model.Expenses[i]))
	}
}

// ground is the part of the map that is drawn.
type ground struct{ lowRate, highRate, lowInterval, highInterval float64 }

func groundOf(s *trials.Set) (g ground) {
	var rates, intervals []float64
	for _, p := range s.Points {
		if v := p.Head.Asked.PublishRate; v > 0 {
			rates = append(rates, v)
		}
		intervals = append(intervals, p.Head.Asked.PollIntervalS)
	}
	g.lowRate, g.highRate = widened(stat.Range(rates))
	g.lowInterval, g.highInterval = widened(stat.Range(intervals))
	return g
}

// widened goes from half to double of a single value.
func widened(low, high float64) (float64, float64) {
	if low == high {
		return low / 2, high * 2
	}
	return low, high
}

func breakEvenPanel(s *trials.Set, poll string, pushes []string, cost *model.Expense) scene.Panel {
	p := scene.Panel{Heading: "equal " + cost.Name + " of " + poll + " and push", Height: 230}
	g := groundOf(s)
	if !(g.lowRate > 0) || !(g.lowInterval > 0) {
		p.Omitted = "no messages, or no interval"
		return p
	}
	var none []string
	for _, push := range pushes {
		if pair := g.pair(s, poll, push, cost); pair != nil {
			p.Scene = append(p.Scene, pair...)
		} else {
			none = append(none, push)
		}
	}
	p.Heading = scene.Remark(p.Heading, "nowhere equal", none)
	if len(p.Scene) == 0 {
		p.Omitted = "nowhere in the measured range: one is always cheaper"
		return p
	}
	p.Scene = append(p.Scene,
		scene.Note{Text: "polling is cheaper", Size: theme.BodySize, UpperRight: true},
		scene.Note{Text: "push is cheaper", Size: theme.BodySize})
	p.X = axis.Logarithmic(g.lowRate/1.1, g.highRate*1.1, number.PerSecond)
	p.Y = axis.Logarithmic(g.lowInterval/1.1, g.highInterval*1.1, number.Seconds)
	p.X.Name, p.Y.Name = "messages per second and room", "poll interval"
	return p
}

// pair draws where one way to push costs as much as polling: markers for what was
// measured, with a bar for how far each may be off, and a line for the model.
func (g ground) pair(s *trials.Set, poll, push string, cost *model.Expense) (list []scene.Primitive) {
	look := theme.LookOf(push)
	measured := scene.Line{Name: push, Look: look, Radius: 4}
	fitted := scene.Line{Name: push + " model", Look: look, Width: 1.4, Dashes: theme.Dashed}
	for _, along := range s.BreakEvenAxes() {
		for _, l := range s.Cuts(along) {
			b, ok := model.CompareCosts(&l, poll, push, cost)
			if !ok {
				continue
			}
			for _, v := range b.At {
				low, high := v, v
				if b.Banded() {
					low, high = max(b.Low, b.From), min(b.High, b.To)
				}
				at, bar := onMap(&b, v), []scene.Point{onMap(&b, low), onMap(&b, high)}
				measured.Add(at.X, at.Y, scene.Marked)
				list = append(list, scene.Line{Look: look.Outline(), Width: 1.2, Points: bar, Unlisted: true})
			}
			if gap := b.Gap(); gap != nil && len(fitted.Points) == 0 {
				fitted.Points = g.follow(gap)
			}
		}
	}
	all := scene.Line{Name: push, Look: look, Points: slices.Concat(fitted.Points, measured.Points)}
	if len(all.Points) == 0 {
		return nil
	}
	return append(list, measured, fitted, all.End())
}

// onMap is a value on the axis along which costs were compared.
func onMap(b *model.BreakEven, v float64) scene.Point {
	a := b.First.Head.Asked
	if b.Along.Key == "poll.interval" {
		return scene.Point{X: a.PublishRate, Y: v}
	}
	return scene.Point{X: v, Y: a.PollIntervalS}
}

// follow finds, for each of many rates, the interval at which the gap closes.
func (g ground) follow(gap func(rate, interval float64) float64) (line []scene.Point) {
	const steps = 60
	for i := range steps + 1 {
		rate := g.lowRate * math.Pow(g.highRate/g.lowRate, float64(i)/steps)
		v := stat.Root(func(interval float64) float64 { return gap(rate, interval) }, g.lowInterval, g.highInterval)
		if !math.IsNaN(v) {
			line = append(line, scene.Point{X: rate, Y: v})
		}
	}
	return line
}

// Freshness draws stale time against server CPU: polling goes along a curve, and
// each way to push is a point. All panels have one scale.
func Freshness(s *trials.Set, c *figure.Chart) {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 || !slices.Contains(s.Swept, "poll.interval") {
		return
	}
	c.Caption += crossedText(s)
	var xs, ys []float64
	for _, l := range trials.Few(s.Cuts(trials.AxisOf("poll.interval"))) {
		p := scene.Panel{Heading: heldHeading("stale share of time, against server CPU per client", &l), Height: 210}
		for _, k := range freshnessLines(&l) {
			p.Scene = append(p.Scene, k, k.End())
			for _, at := range k.Points {
				xs, ys = append(xs, at.X), append(ys, at.Y)
			}
		}
		if len(p.Scene) == 0 {
			p.Omitted = "server CPU and freshness were not measured together"
		}
		c.Panels = append(c.Panels, p)
	}
	if len(xs) == 0 {
		return
	}
	lowX, highX := axis.LogBounds(stat.Range(xs))
	lowY, highY := axis.LogBounds(stat.Range(ys))
	across, up := axis.Logarithmic(lowX, highX, number.CPURate), axis.Logarithmic(lowY, min(highY, 1), number.Share)
	across.Name = "server CPU time per client and second"
	across.Say, up.Say = number.CPURate.Format, number.Share.Format
	for i := range c.Panels {
		c.Panels[i].X, c.Panels[i].Y = across, up
	}
}

func freshnessLines(l *trials.Cut) (list []scene.Line) {
	labelled := false
	for _, name := range l.Transports() {
		if k := freshnessOf(l, name, !labelled); len(k.Points) > 0 {
			labelled = labelled || k.Points[0].Label != ""
			list = append(list, k)
		}
	}
	return list
}

// freshnessOf is one transport's way between freshness and cost, labelled with
// the intervals, if it polls at any.
func freshnessOf(l *trials.Cut, transport string, labelled bool) scene.Line {
	k := scene.Line{Name: transport, Look: theme.LookOf(transport), Width: 1.6, Radius: 3.6, Apart: true}
	for _, point := range l.Points {
		side := point.Side(transport)
		if side == nil {
			continue
		}
		at := scene.Point{X: metric.CPUPerClient.Cell(side.Used).Value, Y: metric.Stale.Cell(side.Used).Value, Mark: markOf(side, false)}
		if labelled && side.Paced() {
			at.Label = number.Seconds.Short(point.Head.Asked.PollIntervalS)
		}
		if at.X > 0 && at.Y > 0 {
			k.Points = append(k.Points, at)
		}
	}
	return k
}
