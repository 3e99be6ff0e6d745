package charts

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Nines is where a quantile is drawn: 0, 1 and 2 for 0, 90 % and 99 %.
func Nines(q float64) float64 { return -math.Log10(1 - q) }

// Curve is a histogram's percentiles in seconds over nines, up to where fewer
// than enough samples lie beyond.
func Curve(h *hdrhistogram.Histogram) figure.Series {
	var at, percentiles []float64
	last := Nines(1 - metric.Enough/float64(h.TotalCount()))
	for x := 0.0; ; x = min(float64(len(at))*0.02, last) {
		at, percentiles = append(at, x), append(percentiles, 100*(1-math.Pow(10, -x)))
		if x >= last {
			break
		}
	}
	var s figure.Series
	for i, v := range h.ValueAtPercentilesSlice(percentiles) {
		if v > 0 { // a logarithm takes nothing else
			s.X, s.Y = append(s.X, at[i]), append(s.Y, float64(v)/1e9)
		}
	}
	return s
}

func latencyChart(r *trials.Point) figure.Chart {
	c := figure.Chart{
		Name: "latency", Asks: figure.FreshForUsers, Title: "How long a message takes to reach a client",
		Caption: "How long does a message take from being due to being seen, for the lucky half and for the unlucky few? Each line ends where fewer than ten samples lie beyond; a dashed line is the model, of polling uniform on 0 to T.",
	}
	p := figure.Panel{Heading: "delivery latency by percentile of deliveries; both axes logarithmic: the slowest few are drawn wide", Height: 250}
	var lines []curveLine
	var left []string // which transports have no line, and why
	for i := range r.Sides {
		s := &r.Sides[i]
		h, err := metric.Merged(s.Used)
		switch {
		case err != nil:
			left = append(left, chartName(s)+": "+number.Clean(err.Error()))
			continue
		case h == nil || h.TotalCount() < 2*metric.Enough:
			left = append(left, chartName(s)+": fewer than 20 deliveries")
			continue
		}
		line := Curve(h)
		if len(line.X) < 2 {
			left = append(left, chartName(s)+": every latency is 0")
			continue
		}
		line.Name = chartName(s)
		lines = append(lines, curveLine{Series: line, look: figure.LookOf(s.Transport), hollow: s.Stamp == result.Invalid, marks: marksOf(h)})
	}
	if len(lines) == 0 {
		c.Omitted = "No percentiles. " + strings.Join(left, "; ")
		return c
	}
	if len(left) > 0 {
		c.Footer = []string{"left out: " + strings.Join(left, "; ")}
	}
	low, high, right := math.Inf(1), 0.0, 0.0
	for _, l := range lines {
		low, high = min(low, slices.Min(l.Y)), max(high, slices.Max(l.Y))
		right = max(right, l.X[len(l.X)-1])
	}
	floor := Floor(r)
	if len(floor.Y) > 0 {
		c.Caption += " Within the shaded band a latency may be the generator's own. It is an upper bound of what the generator adds: generator and null target together, by the calibration on this machine with one client in each room, of each percentile the lowest of the push transports shown. Transports that poll at an interval are calibrated by another quantity, the poll response, and have no part in it."
		// Room for the band and its name, even where the lines are far above.
		low = min(low, floor.Y[0]/2)
		p.Lines = append(p.Lines, floor)
	} else if slices.ContainsFunc(r.Sides, func(s trials.Side) bool { return len(s.Used) > 0 && !s.Paced() }) {
		c.Footer = append(c.Footer, "no calibration: what the generator itself adds is not known (pollpush calibrate)")
	}
	low, high = figure.LogBounds(low, high)
	models := latencyModels(r, low, high, right)
	label := figure.Style(figure.BodySize, figure.Text, false)
	for _, l := range lines {
		p.Right = max(p.Right, label.Width(l.Name)+30)
	}
	for _, l := range append(slices.Clone(lines), models...) {
		p.Lines = append(p.Lines, l.Series)
	}
	p.Height = max(p.Height, vg.Length(len(lines))*figure.LabelGap+60)
	p.Hits = curves(lines).hits
	p.Plot = func() *plot.Plot {
		pl := figure.Axes()
		pl.X.Min, pl.X.Max = 0, right
		pl.X.Tick.Marker = ninesTicks(right)
		pl.Y.Min, pl.Y.Max = low, high
		pl.Y.Scale = plot.LogScale{}
		pl.Y.Tick.Marker = figure.LogTicks(low, high, number.Seconds.Short)
		pl.Add(band{floor}, curves(append(slices.Clone(lines), models...)))
		return pl
	}
	c.Panels = []figure.Panel{p}
	return c
}

// latencyModels are the models of those that poll and of those that gather, each
// once, where the axes show them.
func latencyModels(r *trials.Point, low, high, right float64) []curveLine {
	var models []curveLine
	add := func(name string, of func(p float64) float64) {
		s := figure.Series{Name: name}
		for x := 0.0; x <= right+1e-9; x += 0.01 {
			if v := of(1 - math.Pow(10, -x)); v >= low && v <= high {
				s.X, s.Y = append(s.X, x), append(s.Y, v)
			}
		}
		known := slices.ContainsFunc(models, func(m curveLine) bool { return m.Name == name })
		if len(s.X) > 1 && !known {
			models = append(models, curveLine{Series: s, dashed: true})
		}
	}
	short := func(v float64) string {
		s := number.Seconds.ScaleOf(v)
		return number.Plain(v/s.Factor) + " " + s.Name
	}
	for i := range r.Sides {
		s := &r.Sides[i]
		if len(s.Used) == 0 {
			continue
		}
		a := s.Used[0].Asked
		switch {
		case s.Paced():
			add("model, uniform on 0 to "+short(a.PollIntervalS), func(p float64) float64 { return model.Staleness(p, a.PollIntervalS) })
		case a.BatchS > 0 && a.Arrivals != "constant":
			add("model, batches of "+short(a.BatchS), func(p float64) float64 { return model.BatchWait(p, a.PublishRate, a.BatchS) })
		}
	}
	return models
}

// mark is a percentile that is told to who points at it: the quantile and its
// latency in seconds.
type mark struct{ q, latency float64 }

// marksOf are those that enough samples lie beyond.
func marksOf(h *hdrhistogram.Histogram) []mark {
	var list []mark
	for _, q := range marked {
		if v := h.ValueAtQuantile(q * 100); v > 0 && float64(h.TotalCount())*(1-q) >= metric.Enough*(1-1e-9) {
			list = append(list, mark{q, float64(v) / 1e9})
		}
	}
	return list
}

// marked are the quantiles at which a curve has a marker.
var marked = []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}

func (lines curves) hits(p *plot.Plot, c draw.Canvas) []figure.Hit {
	x, y := p.Transforms(&c)
	var list []figure.Hit
	for _, l := range lines {
		for _, m := range l.marks {
			share := strconv.FormatFloat(m.q*100, 'f', -1, 64) + " % of deliveries"
			list = append(list, figure.HitAt(vg.Point{X: x(Nines(m.q)), Y: y(m.latency)}, l.Name, share, "within "+number.Seconds.Format(m.latency)))
		}
	}
	return list
}

func ninesTicks(right float64) plot.ConstantTicks {
	ticks := plot.ConstantTicks{{Value: 0, Label: "0 %"}}
	for _, t := range []struct {
		q     float64
		label string
	}{{0.5, "50 %"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}, {0.99999, "99.999 %"}, {0.999999, "99.9999 %"}} {
		if x := Nines(t.q); x <= right+1e-9 {
			ticks = append(ticks, plot.Tick{Value: x, Label: t.label})
		}
	}
	return ticks
}

// curveLine is a line of the chart and how it looks.
type curveLine struct {
	figure.Series
	marks  []mark
	look   figure.Look
	dashed bool // a model
	hollow bool // invalid
}

type curves []curveLine

// Plot implements plot.Plotter.
func (lines curves) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	figure.GridLines(c, p)
	var ends []figure.EndLabel
	for _, l := range lines {
		points := make([]vg.Point, len(l.X))
		for i := range l.X {
			points[i] = vg.Point{X: x(l.X[i]), Y: y(l.Y[i])}
		}
		if l.dashed {
			c.StrokeLines(draw.LineStyle{Color: figure.Text, Width: 1, Dashes: []vg.Length{4, 3}}, points)
			s := figure.Style(9, figure.Text, false)
			s.YAlign = draw.YTop
			at := points[0]
			for _, pt := range points {
				if pt.X <= x(0.18*p.X.Max) {
					at = pt
				}
			}
			c.FillText(s, vg.Point{X: at.X + 6, Y: at.Y - 3}, figure.Fit(s, l.Name, c.Max.X-at.X-6))
			continue
		}
		width, dashes := vg.Length(2), []vg.Length(nil)
		if l.hollow {
			width, dashes = 1, []vg.Length{1, 2}
		}
		l.look.Stroke(&c, width, dashes, points...)
		for _, q := range marked {
			if i, ok := slices.BinarySearch(l.X, Nines(q)-1e-9); ok || i < len(l.X) {
				l.look.Mark(&c, 3, points[i])
			}
		}
		ends = append(ends, figure.EndLabel{At: points[len(points)-1], Name: l.Name, Look: l.look})
	}
	figure.DrawEnds(c, ends)
}
