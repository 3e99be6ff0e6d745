package charts

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
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

// curvePanel is a panel of one metric of all transports along the axis that is
// swept.
type curvePanel struct {
	metric  *metric.Metric
	heading string
	only    string // the axis that it is drawn along; any, if empty
	guide   func(*trials.Cut) scene.Guide
}

// curves adds panels for each cut of a sweep that there is room for.
func curves(panels ...curvePanel) func(*trials.Set, *figure.Chart) {
	return func(s *trials.Set, c *figure.Chart) {
		cuts, left := s.Shown()
		c.Title += ", by " + s.Axis().By
		c.Caption += " " + bandText(s) + besideText
		if s.Axis().Key == "poll.interval" {
			c.Caption += " Transports that do not poll at an interval are measured once, at the marker; their lines are drawn across."
		}
		c.Caption += crossedText(s)
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
const besideText = " Markers that would hide each other are drawn side by side."

// crossedText explains the marker of invalid trials, if there are any.
func crossedText(s *trials.Set) string {
	if s.Validity() != result.Invalid {
		return ""
	}
	return " A crossed box is an invalid trial: no line is drawn to it."
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
		return "With one trial each, there are no bands."
	case least >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals."
	case most >= stat.FewestForInterval:
		return "Lines are medians; bands are their 95 % intervals with 6 trials or more; with fewer, the range of the trials, which contains the true median less often."
	}
	fewest := max(least, 2)
	orMore := ""
	if most > fewest {
		orMore = " or more"
	}
	return fmt.Sprintf("Lines are medians; bands span the lowest to the highest of %d trials%s, which contains the true median in %s%s.", fewest, orMore, model.RangeHolds(fewest), orMore)
}

// tutorialGuide is 60 requests in a minute for each client.
func tutorialGuide(l *trials.Cut) scene.Guide {
	low, high := l.Extent()
	return scene.Guide{Series: scene.Series{Name: "the tutorial's claim: 60 × clients", X: []float64{low, high}, Y: []float64{60 * low, 60 * high}}}
}

// pollsGuide is the polls of one client.
func pollsGuide(l *trials.Cut) scene.Guide {
	g := scene.Guide{Series: scene.Series{Name: "model of polling: 60 ÷ interval"}}
	for _, p := range l.Points {
		if t := p.Head.Asked.PollIntervalS; t > 0 && slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return s.Paced() }) {
			g.Add(l.Along.Of(&p.Head), model.PollsPerMinute(t))
		}
	}
	return g
}

// curve is a metric of a transport along a cut.
func curve(l *trials.Cut, transport string, m *metric.Metric) scene.Line {
	k := scene.Line{Name: transport, Look: theme.LookOf(transport), Width: 1.8, Radius: 3.2, Apart: true}
	for _, p := range l.Points {
		side, elsewhere := l.SideAt(p, transport)
		if side == nil {
			continue
		}
		c := m.Cell(side.Used)
		if !c.Known() {
			continue
		}
		low, high := stat.Band(c.Values)
		k.Points = append(k.Points, scene.Point{X: l.Along.Of(&p.Head), Y: c.Value, Low: low, High: high, Mark: markOf(side, elsewhere)})
	}
	return k
}

// markOf says how a sample is drawn. One taken at another poll interval, of which
// the transport does not know, has no marker.
func markOf(s *trials.Side, elsewhere bool) scene.Mark {
	switch {
	case !s.Counts():
		return scene.Crossed
	case elsewhere:
		return scene.Unmarked
	}
	return scene.Marked
}

func (p *curvePanel) draw(l *trials.Cut) scene.Panel {
	var lines []scene.Line
	for _, name := range l.Transports() {
		if k := curve(l, name, p.metric); len(k.Points) > 0 {
			lines = append(lines, k)
		}
	}
	var guides []scene.Guide
	if p.guide != nil {
		if g := p.guide(l); len(g.X) > 1 {
			guides = append(guides, g)
		}
	}
	panel := linesPanel(l, lines, p.metric.Unit, heldHeading(p.heading, l), guides)
	delivered := func(name string) bool { return len(curve(l, name, &metric.Latency50).Points) > 0 }
	if len(lines) == 0 && p.metric.Name == metric.Latency99.Name && slices.ContainsFunc(l.Transports(), delivered) {
		panel.Omitted = "too few deliveries: a p99 needs 1,000 per trial"
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

// linesPanel puts curves on axes that fit them: logarithmic where values span a
// decade or more. Nothing that is not above zero fits on such an axis; a
// transport that has only such values is named in the heading.
func linesPanel(l *trials.Cut, lines []scene.Line, u number.Unit, heading string, guides []scene.Guide) scene.Panel {
	p := scene.Panel{Heading: heading, Height: 150}
	low, high, measured := extent(lines, guides)
	if !(high > 0) {
		p.Omitted = "not measured in this run"
		if measured {
			p.Omitted = "zero everywhere"
		}
		return p
	}
	var zero []string
	if high >= 10*low {
		lines, zero = aboveZero(lines)
		low, top := axis.LogBounds(low, high)
		p.Y = axis.Logarithmic(low, top, u)
	} else {
		scale := u.ScaleOf(high)
		p.Y = axis.Linear(high, scale, 4, true)
		p.AddScale(scale)
	}
	p.X = axisAlong(l)
	p.X.Say, p.Y.Say = l.Along.Label, u.Format
	p.Heading = scene.Remark(p.Heading, "zero, not on this axis", zero)
	for _, k := range lines {
		p.Scene = append(p.Scene, k, k.End())
	}
	for _, g := range guides {
		p.Scene = append(p.Scene, g)
	}
	return p
}

// axisAlong is that of the key that is swept: logarithmic over a decade or more.
func axisAlong(l *trials.Cut) (a axis.Axis) {
	low, high := l.Extent()
	if low > 0 && high >= 10*low {
		a = axis.Logarithmic(low/1.2, high*1.2, l.Along.Unit)
		a.TickAt(l.Values(l.Along), l.Along.Unit.Short)
	} else {
		a = axis.Linear(high*1.04, l.Along.Unit.ScaleOf(high), 6, false)
	}
	a.Name = l.Along.Name
	return a
}

// extent is of all values above zero that the vertical axis has to show, and
// whether there are any, these or others.
func extent(lines []scene.Line, guides []scene.Guide) (low, high float64, measured bool) {
	var ys []float64
	for _, k := range lines {
		for _, at := range k.Points {
			ys = append(ys, at.Y, at.Low, at.High)
		}
	}
	for _, g := range guides {
		ys = append(ys, g.Y...)
	}
	low = math.Inf(1)
	for _, v := range ys {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high, len(ys) > 0
}

// aboveZero leaves out samples that a logarithmic axis cannot show, and names the
// transports that have no other.
func aboveZero(lines []scene.Line) (kept []scene.Line, zero []string) {
	for _, k := range lines {
		k.Points = slices.DeleteFunc(slices.Clone(k.Points), func(s scene.Point) bool { return !(s.Y > 0) })
		if len(k.Points) == 0 {
			zero = append(zero, k.Name)
		} else {
			kept = append(kept, k)
		}
	}
	return kept, zero
}

// breaksPanels are grids of how every transport bore every point.
func breaksPanels(s *trials.Set, c *figure.Chart) {
	c.Title += ", by " + s.Axis().By
	c.Caption += " " + model.Breaking(s) + " “breaks” shows what the server or generator could not do and, after a semicolon, what else was wrong. “?” marks a doubtful measurement: other activity on the machine, or a count. – means not measured."
	cuts, left := s.Shown()
	if left > 0 {
		c.Footer = []string{number.Plural(float64(left), "more value") + " in the table"}
	}
	for i := range cuts {
		heading := heldHeading("how each transport handled the load, and what failed first", &cuts[i])
		c.Panels = append(c.Panels, scene.CellPanel(heading, cuts[i].Along.Name, cellsOf(&cuts[i])))
	}
}

var tones = map[model.Bearing]scene.Tone{model.Bore: scene.Light, model.Doubted: scene.Medium, model.Broke: scene.Dark}

func cellsOf(l *trials.Cut) (g scene.Cells) {
	for _, point := range l.Points {
		g.Columns = append(g.Columns, l.Along.Unit.Short(l.Along.Of(&point.Head)))
	}
	for _, name := range l.Transports() {
		row := scene.Row{Name: name}
		for _, point := range l.Points {
			c := model.CellOf(point.Side(name))
			row.Cells = append(row.Cells, scene.Cell{Head: c.Stamp, Text: c.Reason, Tone: tones[c.Bearing]})
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}
