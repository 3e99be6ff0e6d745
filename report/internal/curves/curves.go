// Package curves defines the charts of sweeps, each as primitives of a scene:
// metrics along what is swept, polling against push, and what broke.
package curves

import (
	"fmt"
	"math"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Curve is a metric of all transports along the axis that is swept.
type Curve struct {
	Metric  *metric.Metric
	Heading string
	Only    string // the axis that it is drawn along; any, if empty
	Guide   func(*trials.Cut) scene.Guide
}

// Of adds panels for each cut of a sweep that there is room for. Panels of one
// unit have one scale.
func Of(curves ...Curve) func(*trials.Set, *figure.Chart) {
	return func(s *trials.Set, c *figure.Chart) {
		cuts, left := s.Shown()
		c.Title += ", by " + s.Axis().By
		c.Caption += " " + bandText(s) + Beside
		if s.Axis().Key == "poll.interval" {
			c.Caption += " Transports that do not poll at an interval are measured once, at the marker; their lines are drawn across."
		}
		c.Caption += crossedText(s)
		if left > 0 {
			c.Notes = []string{fmt.Sprintf("%d more in the table", left)}
		}
		var list []drawn
		scales := map[number.Unit]*scale{}
		for i := range cuts {
			for j := range curves {
				if m := &curves[j]; m.Only == "" || m.Only == cuts[i].Along.Key {
					list = append(list, newCurves(m, &cuts[i], scales))
				}
			}
		}
		for i := range list {
			c.Panels = append(c.Panels, list[i].panel())
		}
	}
}

// Beside explains markers that are moved.
const Beside = " Markers that would hide each other are drawn side by side."

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

// PollsOfAll is the model of polling for all clients of a point, PollsOfOne for one
// of them.
func PollsOfAll(l *trials.Cut) scene.Guide {
	return polls(l, "model: 60 ÷ interval × clients", func(t *result.Trial) float64 { return float64(t.Clients) })
}

func PollsOfOne(l *trials.Cut) scene.Guide {
	return polls(l, "model: 60 ÷ interval", func(*result.Trial) float64 { return 1 })
}

func polls(l *trials.Cut, name string, clients func(*result.Trial) float64) scene.Guide {
	g := scene.Guide{Series: scene.Series{Name: name}}
	for _, p := range l.Points {
		if t := p.Head.Asked.PollIntervalS; t > 0 && slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return s.Paced() }) {
			g.Add(l.Along.Of(&p.Head), model.PollsPerMinute(t)*clients(&p.Head))
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

// heldHeading adds the values of the other keys.
func heldHeading(heading string, l *trials.Cut) string {
	if l.Held == "" {
		return heading
	}
	return heading + ", " + l.Held
}
