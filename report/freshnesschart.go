package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
)

// freshnessChart is stale time against server CPU: polling goes along a curve,
// and each way to push is a point.
func (s *sweep) freshnessChart() chart {
	c := chart{name: "freshness", title: "Freshness against cost", asks: freshForUsers,
		caption: "What does it cost to be how fresh? Further left costs the server less, further down is fresher. Polling moves along its curve with its interval; transports that do not poll at an interval are one point each." + besideText + s.crossedText()}
	for _, l := range few(s.slices(axisOf("poll.interval"))) {
		c.panels = append(c.panels, l.freshnessPanel())
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
	look  look
	name  string
	spots []spot
}

func (l *slice) freshnessPanel() panel {
	p := panel{heading: "stale share of time, against server CPU per client"}
	if l.held != "" {
		p.heading += ", " + l.held
	}
	var trails []trail
	var xs, ys []float64
	for _, name := range l.transports() {
		k := trail{look: lookOf(name), name: name}
		told := series{name: name}
		for _, point := range l.points {
			part := point.side(name)
			if part == nil {
				continue
			}
			x, y := cpuPerClient.cell(part.used).value, stale.cell(part.used).value
			if !(x > 0) || !(y > 0) {
				continue
			}
			at := spot{x: x, y: y, sound: part.counts()}
			if part.paced() {
				at.label = seconds.short(point.head.Asked.PollIntervalS)
			}
			k.spots = append(k.spots, at)
			told.x, told.y = append(told.x, x), append(told.y, y)
		}
		if len(k.spots) > 0 {
			trails, p.lines = append(trails, k), append(p.lines, told)
			xs, ys = append(xs, told.x...), append(ys, told.y...)
			p.right = max(p.right, endWidth(name))
		}
	}
	if len(trails) == 0 {
		p.omitted = "server CPU and freshness were not measured together"
		return p
	}
	p.hits = pointHits(p.lines, cpuRate.format, share.format)
	p.height = 300
	p.plot = func() *plot.Plot {
		pl := axes()
		lowX, highX := logBounds(stat.Range(xs))
		lowY, highY := logBounds(stat.Range(ys))
		logarithmic(&pl.X, lowX, highX, cpuRate)
		logarithmic(&pl.Y, lowY, min(highY, 1), share)
		name(&pl.X, "server CPU per client, in each second")
		pl.Add(trailMap(trails))
		return pl
	}
	return p
}

type trailMap []trail

// Plot implements plot.Plotter.
func (list trailMap) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	gridLines(c, p)
	var ends []endLabel
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
			k.look.stroke(&c, 1.6, nil, joined...)
		}
		s := style(smallSize, text, false)
		polls := k.spots[0].label != ""
		rightmost := slices.MaxFunc(k.spots, func(a, b spot) int { return cmp.Compare(a.x, b.x) })
		for _, at := range k.spots {
			place := vg.Point{X: x(at.x), Y: y(at.y)}
			shown := beside(place, marked)
			marked = append(marked, shown)
			if !at.sound {
				k.look.markInvalid(&c, shown)
			} else {
				k.look.mark(&c, 3.6, shown)
			}
			switch {
			case !polls || labelled:
			case at == rightmost: // the line to its name begins here
				middle(&c, s, vg.Point{X: place.X - s.Width(at.label)/2, Y: place.Y - 11}, at.label)
			default:
				middle(&c, s, vg.Point{X: place.X + 5, Y: place.Y + 7}, at.label)
			}
		}
		labelled = labelled || polls
		ends = append(ends, endLabel{at: vg.Point{X: x(rightmost.x), Y: y(rightmost.y)}, name: endName(k.name), look: k.look})
	}
	drawEnds(c, ends)
}
