package charts

import (
	"slices"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
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
		if len(k.samples) == 0 {
			continue
		}
		labelled = labelled || k.samples[0].label != ""
		p.Scene = append(p.Scene, k.scene(1.6, 3.6)...)
		for _, s := range k.samples {
			xs, ys = append(xs, s.x), append(ys, s.y)
		}
	}
	if len(p.Scene) == 0 {
		p.Omitted = "server CPU and freshness were not measured together"
		return p
	}
	lowX, highX := figure.LogBounds(stat.Range(xs))
	lowY, highY := figure.LogBounds(stat.Range(ys))
	p.X, p.Y = figure.Logarithmic(lowX, highX, number.CpuRate), figure.Logarithmic(lowY, min(highY, 1), number.Share)
	p.X.Name = "server CPU per client, in each second"
	p.X.Say, p.Y.Say = number.CpuRate.Format, number.Share.Format
	return p
}

// freshnessOf is one transport's way between freshness and cost, labelled with
// the intervals, if it polls at any.
func freshnessOf(l *trials.Cut, transport string, labelled bool) curve {
	k := curve{name: transport}
	for _, point := range l.Points {
		side := point.Side(transport)
		if side == nil {
			continue
		}
		s := sample{x: metric.CPUPerClient.Cell(side.Used).Value, y: metric.Stale.Cell(side.Used).Value, sound: side.Counts()}
		if labelled && side.Paced() {
			s.label = number.Seconds.Short(point.Head.Asked.PollIntervalS)
		}
		if s.x > 0 && s.y > 0 {
			k.samples = append(k.samples, s)
		}
	}
	return k
}
