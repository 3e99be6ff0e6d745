package curves

import (
	"math"
	"slices"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// drawn is a curve along one cut, on the scale of all that have its unit.
type drawn struct {
	*Curve
	cut    *trials.Cut
	lines  []scene.Line
	guides []scene.Guide
	scale  *scale
}

// scale is from the lowest to the highest value above zero that its panels show.
type scale struct{ low, high float64 }

func newCurves(m *Curve, l *trials.Cut, scales map[number.Unit]*scale) drawn {
	d := drawn{Curve: m, cut: l, scale: scales[m.Metric.Unit]}
	for _, name := range l.Transports() {
		if k := curve(l, name, m.Metric); len(k.Points) > 0 {
			d.lines = append(d.lines, k)
		}
	}
	if m.Guide != nil {
		if g := m.Guide(l); len(g.X) > 1 {
			d.guides = append(d.guides, g)
		}
	}
	if d.scale == nil {
		d.scale = &scale{low: math.Inf(1)}
		scales[m.Metric.Unit] = d.scale
	}
	d.scale.include(&d)
	return d
}

func (s *scale) include(d *drawn) {
	add := func(values ...float64) {
		for _, v := range values {
			if v > 0 {
				s.low, s.high = min(s.low, v), max(s.high, v)
			}
		}
	}
	for _, k := range d.lines {
		for _, at := range k.Points {
			add(at.Y, at.Low, at.High)
		}
	}
	for _, g := range d.guides {
		add(g.Y...)
	}
}

// panel puts lines on axes that fit them: logarithmic where values span a decade or
// more. Nothing that is not above zero fits on such an axis; a transport that has
// only such values is named in the heading.
func (d *drawn) panel() scene.Panel {
	p := scene.Panel{Heading: heldHeading(d.Heading, d.cut), Height: 150}
	lines, zero := aboveZero(d.lines)
	switch {
	case len(d.lines) == 0:
		p.Omitted = d.missing()
		return p
	case len(lines) == 0:
		p.Omitted = "zero everywhere"
		return p
	case d.scale.high >= 10*d.scale.low:
		low, top := axis.LogBounds(d.scale.low, d.scale.high)
		p.Y = axis.Logarithmic(low, top, d.Metric.Unit)
		p.Heading = scene.Remark(p.Heading, "zero, not on this axis", zero)
	default:
		lines = d.lines
		in := d.Metric.Unit.ScaleOf(d.scale.high)
		p.Y = axis.Linear(d.scale.high*1.05, in, 4, false)
		p.AddScale(in)
	}
	p.X = axisAlong(d.cut)
	p.X.Say, p.Y.Say = d.cut.Along.Label, d.Metric.Unit.Format
	for _, k := range lines {
		p.Scene = append(p.Scene, k, k.End())
	}
	for _, g := range d.guides {
		p.Scene = append(p.Scene, g)
	}
	return p
}

// missing is why there is no line.
func (d *drawn) missing() string {
	delivered := func(name string) bool { return len(curve(d.cut, name, &metric.Latency50).Points) > 0 }
	if d.Metric.Name == metric.Latency99.Name && slices.ContainsFunc(d.cut.Transports(), delivered) {
		return "too few deliveries: a p99 needs 1,000 per trial"
	}
	return "not measured in this run"
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
