package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
)

// enough is how many samples have to lie beyond a percentile for it to be
// shown.
const enough = 10

// merged is the whole histograms of the trials in one, in nanoseconds; nil if
// there is nothing in them.
func merged(trials []result.Trial) (*hdrhistogram.Histogram, error) {
	var all []*hdrhistogram.Histogram
	top := int64(2)
	for i := range trials {
		if trials[i].LatencyHDR == "" {
			continue
		}
		h, err := hdrhistogram.Decode([]byte(trials[i].LatencyHDR))
		if err != nil {
			return nil, fmt.Errorf("latency_hdr of trial %d cannot be read: %w", trials[i].Trial, err)
		}
		all, top = append(all, h), max(top, h.HighestTrackableValue())
	}
	if len(all) == 0 {
		return nil, nil
	}
	sum := hdrhistogram.New(1, top, 3)
	for _, h := range all {
		if dropped := sum.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("merging the histograms dropped %d samples", dropped)
		}
	}
	if sum.TotalCount() == 0 {
		return nil, nil
	}
	return sum, nil
}

// nines is where a quantile is drawn: 0, 1 and 2 for 0, 90 % and 99 %.
func nines(q float64) float64 { return -math.Log10(1 - q) }

// curve is a histogram's percentiles in seconds over nines, up to where fewer
// than enough samples lie beyond.
func curve(h *hdrhistogram.Histogram) series {
	var at, percentiles []float64
	last := nines(1 - enough/float64(h.TotalCount()))
	for x := 0.0; ; x = min(float64(len(at))*0.02, last) {
		at, percentiles = append(at, x), append(percentiles, 100*(1-math.Pow(10, -x)))
		if x >= last {
			break
		}
	}
	var s series
	for i, v := range h.ValueAtPercentilesSlice(percentiles) {
		if v > 0 { // a logarithm takes nothing else
			s.x, s.y = append(s.x, at[i]), append(s.y, float64(v)/1e9)
		}
	}
	return s
}

func (r *run) latencyChart() chart {
	c := chart{
		name: "latency", asks: freshForUsers, title: "How long a message takes to reach a client",
		caption: "How long does a message take from being due to being seen, for the lucky half and for the unlucky few? Each line ends where fewer than ten samples lie beyond; a dashed line is the model, of polling uniform on 0 to T.",
	}
	p := panel{heading: "delivery latency by percentile of deliveries; both axes logarithmic: the slowest few are drawn wide", height: 250}
	var lines []curveLine
	var left []string // which transports have no line, and why
	for i := range r.sides {
		s := &r.sides[i]
		h, err := merged(s.used)
		switch {
		case err != nil:
			left = append(left, s.chartName()+": "+clean(err.Error()))
			continue
		case h == nil || h.TotalCount() < 2*enough:
			left = append(left, s.chartName()+": fewer than 20 deliveries")
			continue
		}
		line := curve(h)
		if len(line.x) < 2 {
			left = append(left, s.chartName()+": every latency is 0")
			continue
		}
		line.name = s.chartName()
		lines = append(lines, curveLine{series: line, look: lookOf(s.transport), hollow: s.stamp == result.Invalid, marks: marksOf(h)})
	}
	if len(lines) == 0 {
		c.omitted = "No percentiles. " + strings.Join(left, "; ")
		return c
	}
	if len(left) > 0 {
		c.footer = []string{"left out: " + strings.Join(left, "; ")}
	}
	low, high, right := math.Inf(1), 0.0, 0.0
	for _, l := range lines {
		low, high = min(low, slices.Min(l.y)), max(high, slices.Max(l.y))
		right = max(right, l.x[len(l.x)-1])
	}
	floor := r.floor()
	if len(floor.y) > 0 {
		c.caption += " Within the shaded band a latency may be the generator's own. It is an upper bound of what the generator adds: generator and null target together, by the calibration on this machine with one client in each room, of each percentile the lowest of the push transports shown. Transports that poll at an interval are calibrated by another quantity, the poll response, and have no part in it."
		// Room for the band and its name, even where the lines are far above.
		low = min(low, floor.y[0]/2)
		p.lines = append(p.lines, floor)
	} else if slices.ContainsFunc(r.sides, func(s side) bool { return len(s.used) > 0 && !s.paced() }) {
		c.footer = append(c.footer, "no calibration: what the generator itself adds is not known (pollpush calibrate)")
	}
	low, high = logBounds(low, high)
	models := r.latencyModels(low, high, right)
	label := style(bodySize, text, false)
	for _, l := range lines {
		p.right = max(p.right, label.Width(l.name)+30)
	}
	for _, l := range append(slices.Clone(lines), models...) {
		p.lines = append(p.lines, l.series)
	}
	p.height = max(p.height, vg.Length(len(lines))*labelGap+60)
	p.hits = curves(lines).hits
	p.plot = func() *plot.Plot {
		pl := axes()
		pl.X.Min, pl.X.Max = 0, right
		pl.X.Tick.Marker = ninesTicks(right)
		pl.Y.Min, pl.Y.Max = low, high
		pl.Y.Scale = plot.LogScale{}
		pl.Y.Tick.Marker = logTicks(low, high, seconds.short)
		pl.Add(band{floor}, curves(append(slices.Clone(lines), models...)))
		return pl
	}
	c.panels = []panel{p}
	return c
}

// latencyModels are the models of those that poll and of those that gather, each
// once, where the axes show them.
func (r *run) latencyModels(low, high, right float64) []curveLine {
	var models []curveLine
	add := func(name string, of func(p float64) float64) {
		s := series{name: name}
		for x := 0.0; x <= right+1e-9; x += 0.01 {
			if v := of(1 - math.Pow(10, -x)); v >= low && v <= high {
				s.x, s.y = append(s.x, x), append(s.y, v)
			}
		}
		known := slices.ContainsFunc(models, func(m curveLine) bool { return m.name == name })
		if len(s.x) > 1 && !known {
			models = append(models, curveLine{series: s, dashed: true})
		}
	}
	short := func(v float64) string {
		s := seconds.scaleOf(v)
		return plain(v/s.factor) + " " + s.name
	}
	for i := range r.sides {
		s := &r.sides[i]
		if len(s.used) == 0 {
			continue
		}
		a := s.used[0].Asked
		switch {
		case s.paced():
			add("model, uniform on 0 to "+short(a.PollIntervalS), func(p float64) float64 { return Staleness(p, a.PollIntervalS) })
		case a.BatchS > 0 && a.Arrivals != "constant":
			add("model, batches of "+short(a.BatchS), func(p float64) float64 { return BatchWait(p, a.PublishRate, a.BatchS) })
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
		if v := h.ValueAtQuantile(q * 100); v > 0 && float64(h.TotalCount())*(1-q) >= enough*(1-1e-9) {
			list = append(list, mark{q, float64(v) / 1e9})
		}
	}
	return list
}

// marked are the quantiles at which a curve has a marker.
var marked = []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}

func (lines curves) hits(p *plot.Plot, c draw.Canvas) []hit {
	x, y := p.Transforms(&c)
	var list []hit
	for _, l := range lines {
		for _, m := range l.marks {
			share := strconv.FormatFloat(m.q*100, 'f', -1, 64) + " % of deliveries"
			list = append(list, hitAt(vg.Point{X: x(nines(m.q)), Y: y(m.latency)}, l.name, share, "within "+seconds.format(m.latency)))
		}
	}
	return list
}

// logBounds are the axis' ends: 1, 2 or 5 times a power of ten, a factor of
// ten apart at least.
func logBounds(low, high float64) (float64, float64) {
	down := func(v float64) float64 {
		power := math.Pow(10, math.Floor(math.Log10(v)))
		for _, m := range []float64{5, 2} {
			if m*power <= v*0.999 {
				return m * power
			}
		}
		return power
	}
	l, h := down(low), niceStep(high*1.02)
	for h < 9.99*l {
		h *= 10
	}
	return l, h
}

func ninesTicks(right float64) plot.ConstantTicks {
	ticks := plot.ConstantTicks{{Value: 0, Label: "0 %"}}
	for _, t := range []struct {
		q     float64
		label string
	}{{0.5, "50 %"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}, {0.99999, "99.999 %"}, {0.999999, "99.9999 %"}} {
		if x := nines(t.q); x <= right+1e-9 {
			ticks = append(ticks, plot.Tick{Value: x, Label: t.label})
		}
	}
	return ticks
}

// curveLine is a line of the chart and how it looks.
type curveLine struct {
	series
	marks  []mark
	look   look
	dashed bool // a model
	hollow bool // invalid
}

type curves []curveLine

// Plot implements plot.Plotter.
func (lines curves) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	gridLines(c, p)
	var ends []endLabel
	for _, l := range lines {
		points := make([]vg.Point, len(l.x))
		for i := range l.x {
			points[i] = vg.Point{X: x(l.x[i]), Y: y(l.y[i])}
		}
		if l.dashed {
			c.StrokeLines(draw.LineStyle{Color: text, Width: 1, Dashes: []vg.Length{4, 3}}, points)
			s := style(9, text, false)
			s.YAlign = draw.YTop
			at := points[0]
			for _, pt := range points {
				if pt.X <= x(0.18*p.X.Max) {
					at = pt
				}
			}
			c.FillText(s, vg.Point{X: at.X + 6, Y: at.Y - 3}, fit(s, l.name, c.Max.X-at.X-6))
			continue
		}
		width, dashes := vg.Length(2), []vg.Length(nil)
		if l.hollow {
			width, dashes = 1, []vg.Length{1, 2}
		}
		l.look.stroke(&c, width, dashes, points...)
		for _, q := range marked {
			if i, ok := slices.BinarySearch(l.x, nines(q)-1e-9); ok || i < len(l.x) {
				l.look.mark(&c, 3, points[i])
			}
		}
		ends = append(ends, endLabel{at: points[len(points)-1], name: l.name, look: l.look})
	}
	drawEnds(c, ends)
}
