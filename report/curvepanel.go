package report

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/internal/stat"
)

// line is one transport's samples in a panel, as drawn.
type line struct {
	look    look
	name    string
	samples []sample
}

// guide is a dashed line of what arithmetic or somebody says.
type guide struct {
	series
}

// panelOf draws a metric of all transports along a slice.
func (l *slice) panelOf(m *metric, heading string, guides ...guide) panel {
	var lines []line
	for _, name := range l.transports() {
		if samples := l.curve(name, m); len(samples) > 0 {
			lines = append(lines, line{lookOf(name), name, samples})
		}
	}
	p := l.linePanel(lines, m.unit, heading, guides...)
	if len(lines) == 0 && m.name == latency99.name && l.delivered() {
		p.omitted = "too few deliveries: a p99 takes 1,000 in a trial"
	}
	return p
}

// delivered reports whether any trial has a latency at all.
func (l *slice) delivered() bool {
	return slices.ContainsFunc(l.transports(), func(name string) bool { return len(l.curve(name, &latency50)) > 0 })
}

// linePanel puts lines on axes that fit them: logarithmic where values span a
// decade or more. Nothing that is not above zero stands on such an axis; who has
// only such values is named in the heading.
func (l *slice) linePanel(lines []line, u unit, heading string, guides ...guide) panel {
	p := panel{heading: heading}
	var ys []float64
	for _, k := range lines {
		for _, s := range k.samples {
			ys = append(ys, s.value)
			if s.low < s.high {
				ys = append(ys, s.low, s.high)
			}
		}
	}
	for _, g := range guides {
		ys = append(ys, g.y...)
	}
	positive := slices.DeleteFunc(slices.Clone(ys), func(v float64) bool { return !(v > 0) })
	if len(positive) == 0 {
		p.omitted = "not measured in this run"
		if len(ys) > 0 {
			p.omitted = "zero everywhere"
		}
		return p
	}
	lowX, highX := l.extent()
	lowY, highY := stat.Range(positive)
	logX, logY := lowX > 0 && highX >= 10*lowX, highY >= 10*lowY
	var none []string
	if logY {
		lines, none = aboveZero(lines)
	}
	for _, k := range lines {
		p.right = max(p.right, endWidth(k.name))
		p.lines = append(p.lines, k.series()...)
	}
	for _, g := range guides {
		p.lines = append(p.lines, g.series)
		p.legend = append(p.legend, swatch{name: g.name, dashed: true})
	}
	p.hits = pointHits(measuredPoints(lines), l.along.label, u.format)
	sc := u.scaleOf(highY)
	if !logY && sc.name != "" {
		p.heading += ", " + sc.name
	}
	p.heading = remark(p.heading, "zero, not on this axis", none)
	p.height = max(150, vg.Length(len(lines))*labelGap+50)
	p.plot = func() *plot.Plot {
		pl := axes()
		name(&pl.X, l.along.name)
		if logX {
			logarithmic(&pl.X, lowX/1.2, highX*1.2, l.along.unit)
			l.tickMeasured(&pl.X)
		} else {
			linear(&pl.X, highX*1.04, l.along.unit.scaleOf(highX), 6, false)
		}
		if logY {
			low, high := logBounds(lowY, highY)
			logarithmic(&pl.Y, low, high, u)
		} else {
			linear(&pl.Y, highY, sc, 4, true)
		}
		pl.Add(lineDrawing{lines, guides})
		return pl
	}
	return p
}

// aboveZero leaves out samples that a logarithmic axis cannot show, and tells
// whose all are such.
func aboveZero(lines []line) (kept []line, none []string) {
	for _, k := range lines {
		k.samples = slices.DeleteFunc(slices.Clone(k.samples), func(s sample) bool { return !(s.value > 0) })
		if len(k.samples) == 0 {
			none = append(none, k.name)
		} else {
			kept = append(kept, k)
		}
	}
	return kept, none
}

// series are the numbers of a line, and of its band if it has one.
func (k *line) series() []series {
	middle, low, high, doubted := series{name: k.name}, series{name: k.name + " band, low"}, series{name: k.name + " band, high"}, series{name: k.name + " invalid"}
	for _, s := range k.samples {
		if !s.sound() {
			doubted.x, doubted.y = append(doubted.x, s.x), append(doubted.y, s.value)
			continue
		}
		middle.x, middle.y = append(middle.x, s.x), append(middle.y, s.value)
		if s.low < s.high {
			low.x, low.y = append(low.x, s.x), append(low.y, s.low)
			high.x, high.y = append(high.x, s.x), append(high.y, s.high)
		}
	}
	return slices.DeleteFunc([]series{middle, low, high, doubted}, func(s series) bool { return len(s.y) == 0 })
}

// measuredPoints are the points of lines at which something was measured.
func measuredPoints(lines []line) []series {
	var list []series
	for _, k := range lines {
		points := series{name: k.name}
		for _, s := range k.samples {
			if !s.elsewhere {
				points.x, points.y = append(points.x, s.x), append(points.y, s.value)
			}
		}
		list = append(list, points)
	}
	return list
}

// logarithmic makes an axis one, from low to high.
func logarithmic(a *plot.Axis, low, high float64, u unit) {
	a.Min, a.Max, a.Scale = low, high, plot.LogScale{}
	a.Tick.Marker = logTicks(low, high, u.short)
}

// logTicks label the powers of ten, 2 and 5 times them where few powers fit, and
// the end below where it is clear of the next label.
func logTicks(low, high float64, label func(float64) string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	decades := math.Log10(high / low)
	few := decades < 2.2
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, e)
			if v < low*0.999 || v > high*1.001 {
				continue
			}
			t := plot.Tick{Value: v}
			ends := v < low*1.001 && 1-math.Log10(float64(m)) > decades/14
			if m == 1 || few && (m == 2 || m == 5) || ends {
				t.Label = strings.TrimSpace(label(v))
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// tickMeasured puts ticks at the values that were measured, where these stand
// far enough apart on a logarithmic axis.
func (l *slice) tickMeasured(a *plot.Axis) {
	const most = 10
	values := l.values(l.along)
	var ticks plot.ConstantTicks
	for i, v := range values {
		if i > 0 && math.Log(v/values[i-1]) < math.Log(a.Max/a.Min)/most {
			return
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: l.along.unit.short(v)})
	}
	a.Tick.Marker = ticks
}
