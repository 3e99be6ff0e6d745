package charts

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// freshnessChart is stale time against server CPU: polling goes along a curve,
// and each way to push is a point.
func freshnessChart(s *trials.Set) figure.Chart {
	c := figure.Chart{Name: "freshness", Title: "Freshness against cost", Asks: figure.FreshForUsers,
		Caption: "What does it cost to be how fresh? Further left costs the server less, further down is fresher. Polling moves along its curve with its interval; transports that do not poll at an interval are one point each." + figure.BesideText + crossedText(s)}
	for _, l := range trials.Few(s.Slices(trials.AxisOf("poll.interval"))) {
		c.Panels = append(c.Panels, freshnessPanel(&l))
	}
	return c
}

// spot is a transport's place between freshness and cost.
type spot struct {
	x, y  float64
	label string // the interval, where it polls
	sound bool
}

type trail struct {
	look  figure.Look
	name  string
	spots []spot
}

func freshnessPanel(l *trials.Cut) figure.Panel {
	p := figure.Panel{Heading: "stale share of time, against server CPU per client"}
	if l.Held != "" {
		p.Heading += ", " + l.Held
	}
	var trails []trail
	var xs, ys []float64
	for _, name := range l.Transports() {
		k := trail{look: figure.LookOf(name), name: name}
		told := figure.Series{Name: name}
		for _, point := range l.Points {
			part := point.Side(name)
			if part == nil {
				continue
			}
			x, y := metric.CpuPerClient.Cell(part.Used).Value, metric.Stale.Cell(part.Used).Value
			if !(x > 0) || !(y > 0) {
				continue
			}
			at := spot{x: x, y: y, sound: part.Counts()}
			if part.Paced() {
				at.label = number.Seconds.Short(point.Head.Asked.PollIntervalS)
			}
			k.spots = append(k.spots, at)
			told.X, told.Y = append(told.X, x), append(told.Y, y)
		}
		if len(k.spots) > 0 {
			trails, p.Lines = append(trails, k), append(p.Lines, told)
			xs, ys = append(xs, told.X...), append(ys, told.Y...)
			p.Right = max(p.Right, figure.EndWidth(name))
		}
	}
	if len(trails) == 0 {
		p.Omitted = "server CPU and freshness were not measured together"
		return p
	}
	p.Hits = figure.PointHits(p.Lines, number.CpuRate.Format, number.Share.Format)
	p.Height = 300
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		lowX, highX := figure.LogBounds(stat.Range(xs))
		lowY, highY := figure.LogBounds(stat.Range(ys))
		figure.Logarithmic(&pl.X, lowX, highX, number.CpuRate)
		figure.Logarithmic(&pl.Y, lowY, min(highY, 1), number.Share)
		figure.Name(&pl.X, "server CPU per client, in each second")
		pl.Add(trailMap(trails))
		return pl
	}
	return p
}

type trailMap []trail

// Plot implements plot.Plotter.
func (list trailMap) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	figure.GridLines(c, p)
	var ends []figure.EndLabel
	var marked []vg.Point
	labelled := false
	for _, k := range list {
		var joined []vg.Point
		for _, at := range k.spots {
			if at.sound {
				joined = append(joined, vg.Point{X: x(at.x), Y: y(at.y)})
			}
		}
		if len(joined) > 1 {
			k.look.Stroke(&c, 1.6, nil, joined...)
		}
		s := figure.Style(figure.SmallSize, figure.Text, false)
		polls := k.spots[0].label != ""
		rightmost := slices.MaxFunc(k.spots, func(a, b spot) int { return cmp.Compare(a.x, b.x) })
		for _, at := range k.spots {
			place := vg.Point{X: x(at.x), Y: y(at.y)}
			shown := figure.Beside(place, marked)
			marked = append(marked, shown)
			if !at.sound {
				k.look.MarkInvalid(&c, shown)
			} else {
				k.look.Mark(&c, 3.6, shown)
			}
			switch {
			case !polls || labelled:
			case at == rightmost: // the line to its name begins here
				figure.Middle(&c, s, vg.Point{X: place.X - s.Width(at.label)/2, Y: place.Y - 11}, at.label)
			default:
				figure.Middle(&c, s, vg.Point{X: place.X + 5, Y: place.Y + 7}, at.label)
			}
		}
		labelled = labelled || polls
		ends = append(ends, figure.EndLabel{At: vg.Point{X: x(rightmost.x), Y: y(rightmost.y)}, Name: figure.EndName(k.name), Look: k.look})
	}
	figure.DrawEnds(c, ends)
}
