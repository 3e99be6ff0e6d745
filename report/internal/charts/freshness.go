package charts

import (
	"slices"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// freshnessPanels draw stale time against server CPU: polling goes along a curve,
// and each way to push is a point.
func freshnessPanels(s *trials.Set, c *figure.Chart) {
	polls, pushes := s.PollAndPush()
	if len(polls) == 0 || len(pushes) == 0 || !slices.Contains(s.Swept, "poll.interval") {
		return
	}
	c.Caption += crossedText(s)
	for _, l := range trials.Few(s.Cuts(trials.AxisOf("poll.interval"))) {
		c.Panels = append(c.Panels, freshnessPanel(&l))
	}
}

func freshnessPanel(l *trials.Cut) figure.Panel {
	p := figure.Panel{Heading: heldHeading("stale share of time, against server CPU per client", l), Height: 300}
	var xs, ys []float64
	labelled := false
	for _, name := range l.Transports() {
		k := freshnessOf(l, name, !labelled)
		if len(k.Points) == 0 {
			continue
		}
		labelled = labelled || k.Points[0].Label != ""
		p.Scene = append(p.Scene, k, end(k))
		for _, at := range k.Points {
			xs, ys = append(xs, at.X), append(ys, at.Y)
		}
	}
	if len(p.Scene) == 0 {
		p.Omitted = "server CPU and freshness were not measured together"
		return p
	}
	lowX, highX := axis.LogBounds(stat.Range(xs))
	lowY, highY := axis.LogBounds(stat.Range(ys))
	p.X, p.Y = axis.Logarithmic(lowX, highX, number.CpuRate), axis.Logarithmic(lowY, min(highY, 1), number.Share)
	p.X.Name = "server CPU per client, in each second"
	p.X.Say, p.Y.Say = number.CpuRate.Format, number.Share.Format
	return p
}

// freshnessOf is one transport's way between freshness and cost, labelled with
// the intervals, if it polls at any.
func freshnessOf(l *trials.Cut, transport string, labelled bool) figure.Line {
	k := figure.Line{Name: transport, Look: theme.LookOf(transport), Width: 1.6, Radius: 3.6, Apart: true}
	for _, point := range l.Points {
		side := point.Side(transport)
		if side == nil {
			continue
		}
		at := figure.Point{X: metric.CPUPerClient.Cell(side.Used).Value, Y: metric.Stale.Cell(side.Used).Value, Mark: markOf(side, false)}
		if labelled && side.Paced() {
			at.Label = number.Seconds.Short(point.Head.Asked.PollIntervalS)
		}
		if at.X > 0 && at.Y > 0 {
			k.Points = append(k.Points, at)
		}
	}
	return k
}
