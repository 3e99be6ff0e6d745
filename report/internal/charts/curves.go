package charts

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// curvePanel is a panel of one metric of all transports along the axis that is
// swept.
type curvePanel struct {
	metric  *metric.Metric
	heading string
	only    string // the axis that it is drawn along; any, if empty
	guide   func(*trials.Cut) figure.Guide
}

// curves adds panels for each cut of a sweep that there is room for.
func curves(panels ...curvePanel) func(*trials.Set, *figure.Chart) {
	return func(s *trials.Set, c *figure.Chart) {
		cuts, left := s.Shown()
		c.Title += ", by " + s.Axis().By
		c.Caption += " " + bandText(s) + besideText + acrossText(s) + crossedText(s)
		if left > 0 {
			c.Footer = []string{fmt.Sprintf("%d more in the table", left)}
		}
		for i := range cuts {
			for _, p := range panels {
				if p.only == "" || p.only == cuts[i].Along.Key {
					c.Panels = append(c.Panels, p.draw(&cuts[i]))
				}
			}
		}
	}
}

// besideText explains markers that are moved.
const besideText = " Markers that would hide each other stand side by side."

// crossedText explains the marker of invalid trials, if there are any.
func crossedText(s *trials.Set) string {
	if s.Validity() != result.Invalid {
		return ""
	}
	return " A crossed box is an invalid trial: no line is drawn to it."
}

// acrossText explains the lines of what does not depend on the axis.
func acrossText(s *trials.Set) string {
	if s.Axis().Key != "poll.interval" {
		return ""
	}
	return " Transports that do not poll at an interval are measured once, at the marker; their lines are drawn across."
}

// bandText says what the bands are.
func bandText(s *trials.Set) string {
	least, most := math.MaxInt, 0
	for _, p := range s.Points {
		for i := range p.Sides {
			least, most = min(least, len(p.Sides[i].Used)), max(most, len(p.Sides[i].Used))
		}
	}
	switch {
	case most < 2:
		return "There is one trial of each, and so no band."
	case least >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals."
	case most >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals where there are 6 trials or more, else from the lowest to the highest trial, which holds the true median less often."
	}
	fewest := max(least, 2)
	some, cases := fmt.Sprintf("%d trials", fewest), model.RangeHolds(fewest)
	if most > fewest {
		some, cases = some+" or more", cases+" or more"
	}
	return "Lines are medians; bands go from the lowest to the highest of " + some + ", which holds the true median in " + cases + "."
}

// tutorialGuide is 60 requests in a minute for each client.
func tutorialGuide(l *trials.Cut) figure.Guide {
	low, high := l.Extent()
	return figure.Guide{Series: figure.Series{Name: "the tutorial's claim: 60 × clients", X: []float64{low, high}, Y: []float64{60 * low, 60 * high}}}
}

// pollsGuide is the polls of one client.
func pollsGuide(l *trials.Cut) figure.Guide {
	g := figure.Guide{Series: figure.Series{Name: "model of polling: 60 ÷ interval"}}
	for _, p := range l.Points {
		if t := p.Head.Asked.PollIntervalS; t > 0 && slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return s.Paced() }) {
			g.Add(l.Along.Of(&p.Head), model.PollsPerMinute(t))
		}
	}
	return g
}

// sample is one metric of one transport at one point.
type sample struct {
	x, y      float64
	low, high float64 // the band; equal or NaN without one
	sound     bool    // may be joined with others to a line
	elsewhere bool    // measured at another poll interval, of which the transport does not know
	label     string
}

// curve is all samples of one transport.
type curve struct {
	name    string
	samples []sample
}

// curveOf is a metric of a transport along a cut.
func curveOf(l *trials.Cut, transport string, m *metric.Metric) curve {
	k := curve{name: transport}
	for _, p := range l.Points {
		side, elsewhere := l.SideAt(p, transport)
		if side == nil {
			continue
		}
		if c := m.Cell(side.Used); c.Known() {
			low, high := stat.Band(c.Values)
			k.samples = append(k.samples, sample{x: l.Along.Of(&p.Head), y: c.Value, low: low, high: high, sound: side.Counts(), elsewhere: elsewhere})
		}
	}
	return k
}

// scene draws the line of a curve, its band, its markers and its name.
func (k *curve) scene(width, radius vg.Length) []figure.Primitive {
	look := figure.LookOf(k.name)
	line := figure.Line{Series: figure.Series{Name: k.name}, Look: look, Width: width}
	band := figure.Band{Name: k.name, Fill: figure.Pale(look.Ink)}
	sound := figure.Points{Series: figure.Series{Name: k.name}, Look: look, Radius: radius, Apart: true}
	crossed := figure.Points{Series: figure.Series{Name: k.name}, Look: look, Crossed: true, Apart: true, Listed: k.name + " invalid"}
	for _, s := range k.samples {
		if !s.sound {
			line.Add(s.x, math.NaN())
			crossed.AddLabelled(s.x, s.y, s.label)
			continue
		}
		line.Add(s.x, s.y)
		if s.low < s.high {
			band.Add(s.x, s.low, s.high)
		}
		if !s.elsewhere {
			sound.AddLabelled(s.x, s.y, s.label)
		}
	}
	return []figure.Primitive{line, band, sound, crossed, endAtRight(k.name, k.samples)}
}

// endAtRight names a line at its rightmost sample.
func endAtRight(name string, samples []sample) figure.End {
	right := samples[0]
	for _, s := range samples {
		if s.x > right.x {
			right = s
		}
	}
	return figure.End{Name: figure.ShortName(name), Look: figure.LookOf(name), X: right.x, Y: right.y}
}

func (p *curvePanel) draw(l *trials.Cut) figure.Panel {
	var list []curve
	for _, name := range l.Transports() {
		if k := curveOf(l, name, p.metric); len(k.samples) > 0 {
			list = append(list, k)
		}
	}
	var guides []figure.Guide
	if p.guide != nil {
		if g := p.guide(l); len(g.X) > 1 {
			guides = append(guides, g)
		}
	}
	panel := linesPanel(l, list, p.metric.Unit, heldHeading(p.heading, l), guides)
	if len(list) == 0 && p.metric.Name == metric.Latency99.Name && delivered(l) {
		panel.Omitted = "too few deliveries: a p99 takes 1,000 in a trial"
	}
	return panel
}

// heldHeading adds the values of the other keys.
func heldHeading(heading string, l *trials.Cut) string {
	if l.Held == "" {
		return heading
	}
	return heading + ", " + l.Held
}

// delivered reports whether any trial has a latency at all.
func delivered(l *trials.Cut) bool {
	return slices.ContainsFunc(l.Transports(), func(name string) bool { return len(curveOf(l, name, &metric.Latency50).samples) > 0 })
}

// linesPanel puts curves on axes that fit them: logarithmic where values span a
// decade or more. Nothing that is not above zero fits on such an axis; a
// transport that has only such values is named in the heading.
func linesPanel(l *trials.Cut, list []curve, u number.Unit, heading string, guides []figure.Guide) figure.Panel {
	p := figure.Panel{Heading: heading}
	ys := heights(list, guides)
	positive := slices.DeleteFunc(slices.Clone(ys), func(v float64) bool { return !(v > 0) })
	if len(positive) == 0 {
		p.Omitted = "not measured in this run"
		if len(ys) > 0 {
			p.Omitted = "zero everywhere"
		}
		return p
	}
	low, high := stat.Range(positive)
	var zero []string
	if high >= 10*low {
		list, zero = aboveZero(list)
		low, top := figure.LogBounds(low, high)
		p.Y = figure.Logarithmic(low, top, u)
	} else {
		scale := u.ScaleOf(high)
		p.Y = figure.LinearToTick(high, scale, 4)
		if scale.Name != "" {
			p.Heading += ", " + scale.Name
		}
	}
	p.X = axisAlong(l)
	p.X.Say, p.Y.Say = l.Along.Label, u.Format
	p.Heading = figure.Remark(p.Heading, "zero, not on this axis", zero)
	p.Height = max(150, vg.Length(len(list))*figure.LabelGap+50)
	for _, k := range list {
		p.Scene = append(p.Scene, k.scene(1.8, 3.2)...)
	}
	for _, g := range guides {
		p.Scene = append(p.Scene, g)
	}
	return p
}

// axisAlong is that of the key that is swept: logarithmic over a decade or more.
func axisAlong(l *trials.Cut) (a figure.Axis) {
	low, high := l.Extent()
	if low > 0 && high >= 10*low {
		a = figure.Logarithmic(low/1.2, high*1.2, l.Along.Unit)
		a.TickAt(l.Values(l.Along), l.Along.Unit.Short)
	} else {
		a = figure.Linear(high*1.04, l.Along.Unit.ScaleOf(high), 6)
	}
	a.Name = l.Along.Name
	return a
}

// heights are all values that the vertical axis has to show.
func heights(list []curve, guides []figure.Guide) (ys []float64) {
	for _, k := range list {
		for _, s := range k.samples {
			ys = append(ys, s.y)
			if s.low < s.high {
				ys = append(ys, s.low, s.high)
			}
		}
	}
	for _, g := range guides {
		ys = append(ys, g.Y...)
	}
	return ys
}

// aboveZero leaves out samples that a logarithmic axis cannot show, and names the
// transports that have no other.
func aboveZero(list []curve) (kept []curve, zero []string) {
	for _, k := range list {
		k.samples = slices.DeleteFunc(slices.Clone(k.samples), func(s sample) bool { return !(s.y > 0) })
		if len(k.samples) == 0 {
			zero = append(zero, k.name)
		} else {
			kept = append(kept, k)
		}
	}
	return kept, zero
}
