package charts

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// panelOf draws a metric of all transports along a slice.
func panelOf(l *trials.Cut, m *metric.Metric, heading string, guides ...figure.Guide) figure.Panel {
	var lines []figure.Line
	for _, name := range l.Transports() {
		if samples := curve(l, name, m); len(samples) > 0 {
			lines = append(lines, figure.Line{Look: figure.LookOf(name), Name: name, Samples: samples})
		}
	}
	p := linePanel(l, lines, m.Unit, heading, guides...)
	if len(lines) == 0 && m.Name == metric.Latency99.Name && delivered(l) {
		p.Omitted = "too few deliveries: a p99 takes 1,000 in a trial"
	}
	return p
}

// delivered reports whether any trial has a latency at all.
func delivered(l *trials.Cut) bool {
	return slices.ContainsFunc(l.Transports(), func(name string) bool { return len(curve(l, name, &metric.Latency50)) > 0 })
}

// linePanel puts lines on axes that fit them: logarithmic where values span a
// decade or more. Nothing that is not above zero stands on such an axis; who has
// only such values is named in the heading.
func linePanel(l *trials.Cut, lines []figure.Line, u number.Unit, heading string, guides ...figure.Guide) figure.Panel {
	p := figure.Panel{Heading: heading}
	var ys []float64
	for _, k := range lines {
		for _, s := range k.Samples {
			ys = append(ys, s.Value)
			if s.Low < s.High {
				ys = append(ys, s.Low, s.High)
			}
		}
	}
	for _, g := range guides {
		ys = append(ys, g.Y...)
	}
	positive := slices.DeleteFunc(slices.Clone(ys), func(v float64) bool { return !(v > 0) })
	if len(positive) == 0 {
		p.Omitted = "not measured in this run"
		if len(ys) > 0 {
			p.Omitted = "zero everywhere"
		}
		return p
	}
	lowX, highX := l.Extent()
	lowY, highY := stat.Range(positive)
	logX, logY := lowX > 0 && highX >= 10*lowX, highY >= 10*lowY
	var none []string
	if logY {
		lines, none = aboveZero(lines)
	}
	for _, k := range lines {
		p.Right = max(p.Right, figure.EndWidth(k.Name))
		p.Lines = append(p.Lines, series(&k)...)
	}
	for _, g := range guides {
		p.Lines = append(p.Lines, g.Series)
		p.Legend = append(p.Legend, figure.Swatch{Name: g.Name, Dashed: true})
	}
	p.Hits = figure.PointHits(measuredPoints(lines), l.Along.Label, u.Format)
	sc := u.ScaleOf(highY)
	if !logY && sc.Name != "" {
		p.Heading += ", " + sc.Name
	}
	p.Heading = figure.Remark(p.Heading, "zero, not on this axis", none)
	p.Height = max(150, vg.Length(len(lines))*figure.LabelGap+50)
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		figure.Name(&pl.X, l.Along.Name)
		if logX {
			figure.Logarithmic(&pl.X, lowX/1.2, highX*1.2, l.Along.Unit)
			tickMeasured(l, &pl.X)
		} else {
			figure.Linear(&pl.X, highX*1.04, l.Along.Unit.ScaleOf(highX), 6, false)
		}
		if logY {
			low, high := figure.LogBounds(lowY, highY)
			figure.Logarithmic(&pl.Y, low, high, u)
		} else {
			figure.Linear(&pl.Y, highY, sc, 4, true)
		}
		pl.Add(figure.LineDrawing{Lines: lines, Guides: guides})
		return pl
	}
	return p
}

// aboveZero leaves out samples that a logarithmic axis cannot show, and tells
// whose all are such.
func aboveZero(lines []figure.Line) (kept []figure.Line, none []string) {
	for _, k := range lines {
		k.Samples = slices.DeleteFunc(slices.Clone(k.Samples), func(s figure.Sample) bool { return !(s.Value > 0) })
		if len(k.Samples) == 0 {
			none = append(none, k.Name)
		} else {
			kept = append(kept, k)
		}
	}
	return kept, none
}

// series are the numbers of a line, and of its band if it has one.
func series(k *figure.Line) []figure.Series {
	middle, low, high, doubted := figure.Series{Name: k.Name}, figure.Series{Name: k.Name + " band, low"}, figure.Series{Name: k.Name + " band, high"}, figure.Series{Name: k.Name + " invalid"}
	for _, s := range k.Samples {
		if !s.Sound() {
			doubted.X, doubted.Y = append(doubted.X, s.X), append(doubted.Y, s.Value)
			continue
		}
		middle.X, middle.Y = append(middle.X, s.X), append(middle.Y, s.Value)
		if s.Low < s.High {
			low.X, low.Y = append(low.X, s.X), append(low.Y, s.Low)
			high.X, high.Y = append(high.X, s.X), append(high.Y, s.High)
		}
	}
	return slices.DeleteFunc([]figure.Series{middle, low, high, doubted}, func(s figure.Series) bool { return len(s.Y) == 0 })
}

// measuredPoints are the points of lines at which something was measured.
func measuredPoints(lines []figure.Line) []figure.Series {
	var list []figure.Series
	for _, k := range lines {
		points := figure.Series{Name: k.Name}
		for _, s := range k.Samples {
			if !s.Elsewhere {
				points.X, points.Y = append(points.X, s.X), append(points.Y, s.Value)
			}
		}
		list = append(list, points)
	}
	return list
}

// tickMeasured puts ticks at the values that were measured, where these stand
// far enough apart on a logarithmic axis.
func tickMeasured(l *trials.Cut, a *plot.Axis) {
	const most = 10
	values := l.Values(l.Along)
	var ticks plot.ConstantTicks
	for i, v := range values {
		if i > 0 && math.Log(v/values[i-1]) < math.Log(a.Max/a.Min)/most {
			return
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: l.Along.Unit.Short(v)})
	}
	a.Tick.Marker = ticks
}
