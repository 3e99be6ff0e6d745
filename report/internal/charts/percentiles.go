package charts

import (
	"math"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot/vg"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// percentilePanel draws the latency of every transport by percentile.
func percentilePanel(p *trials.Point, c *figure.Chart) {
	lines, omitted := percentileLines(p)
	if len(lines) == 0 {
		c.Omitted = "No percentiles. " + strings.Join(omitted, "; ")
		return
	}
	if len(omitted) > 0 {
		c.Footer = []string{"left out: " + strings.Join(omitted, "; ")}
	}
	low, high, right := math.Inf(1), 0.0, 0.0
	for _, l := range lines {
		for _, at := range l.line.Points {
			low, high, right = min(low, at.Y), max(high, at.Y), max(right, at.X)
		}
	}
	panel := figure.Panel{
		Heading: "delivery latency by percentile of deliveries; both axes logarithmic: the slowest few are drawn wide",
		Height:  max(250, vg.Length(len(lines))*figure.LabelGap+60),
	}
	if floor := Floor(p); len(floor.Y) > 0 {
		c.Caption += " Within the shaded band a latency may be the generator's own. It is an upper bound of what the generator adds: generator and null target together, by the calibration on this machine with one client in each room, of each percentile the lowest of the push transports shown. Transports that poll at an interval are calibrated by another quantity, the poll response, and have no part in it."
		low = min(low, floor.Y[0]/2) // room for the band and its name, even where the lines are far above
		panel.Scene = []figure.Primitive{figure.Floor{Series: floor}, figure.Note{Text: "below this line is the generator's own", Size: 9}}
	} else if slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return len(s.Used) > 0 && !s.Paced() }) {
		c.Footer = append(c.Footer, "no calibration: what the generator itself adds is not known (pollpush calibrate)")
	}
	low, high = axis.LogBounds(low, high)
	panel.X, panel.Y = axis.Percentiles(right), axis.Logarithmic(low, high, number.Seconds)
	panel.X.Say = func(nines float64) string { return axis.Percent(nines) + " of deliveries" }
	panel.Y.Say = func(v float64) string { return "within " + number.Seconds.Format(v) }
	for _, l := range lines {
		panel.Scene = append(panel.Scene, l.line, l.markers, figure.End{Name: l.line.Name, Look: l.line.Look, X: l.line.Right().X, Y: l.line.Right().Y})
	}
	for _, g := range latencyModels(p, low, high, right) {
		panel.Scene = append(panel.Scene, g)
	}
	c.Panels = []figure.Panel{panel}
}

// percentileLines are those of all transports, and why others have none.
func percentileLines(p *trials.Point) (lines []percentileLine, omitted []string) {
	for i := range p.Sides {
		if l, why := percentileLineOf(&p.Sides[i]); why == "" {
			lines = append(lines, l)
		} else {
			omitted = append(omitted, l.line.Name+": "+why)
		}
	}
	return lines, omitted
}

// percentileLine is that of one transport, and the markers on it: percentiles
// that enough samples lie beyond.
type percentileLine struct{ line, markers figure.Line }

// percentileLineOf draws what is invalid thin and dotted.
func percentileLineOf(s *trials.Side) (l percentileLine, why string) {
	look := theme.LookOf(s.Transport)
	l.line = figure.Line{Name: sideName(s), Look: look, Width: 2}
	l.markers = figure.Line{Name: sideName(s), Look: look, Radius: 3, Unlisted: true}
	if s.Stamp == result.Invalid {
		l.line.Width, l.line.Dashes = 1, theme.Dotted
	}
	h, err := metric.Merged(s.Used)
	switch {
	case err != nil:
		return l, number.Clean(err.Error())
	case h == nil || h.TotalCount() < 2*metric.Enough:
		return l, "fewer than 20 deliveries"
	}
	if l.line.Points = Curve(h); len(l.line.Points) < 2 {
		return l, "every latency is 0"
	}
	for _, q := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999} {
		if v := h.ValueAtQuantile(q * 100); v > 0 && float64(h.TotalCount())*(1-q) >= metric.Enough*(1-1e-9) {
			l.markers.Add(axis.Nines(q), float64(v)/1e9, figure.Marked)
		}
	}
	return l, ""
}

// Curve is a histogram's percentiles in seconds over nines, up to where fewer
// than enough samples lie beyond.
func Curve(h *hdrhistogram.Histogram) (line []figure.Point) {
	var at, percentiles []float64
	last := axis.Nines(1 - metric.Enough/float64(h.TotalCount()))
	for x := 0.0; ; x = min(float64(len(at))*0.02, last) {
		at, percentiles = append(at, x), append(percentiles, 100*(1-math.Pow(10, -x)))
		if x >= last {
			break
		}
	}
	for i, v := range h.ValueAtPercentilesSlice(percentiles) {
		if v > 0 { // a logarithm takes nothing else
			line = append(line, figure.Point{X: at[i], Y: float64(v) / 1e9})
		}
	}
	return line
}

// Floor is the latency of generator and null target together, by calibration,
// over nines: of each quantile the lowest of the transports that push, so that
// nothing lies below it which another one's floor contradicts. It is empty where
// none of their trials knows its machine. Of transports that poll at an interval
// the floor is that of the poll response, which this chart does not show.
func Floor(p *trials.Point) figure.Series {
	floor := figure.Series{Name: "calibrated floor"}
	var known []*result.Quantiles
	for i := range p.Sides {
		for j := range p.Sides[i].Used {
			if c := p.Sides[i].Used[j].Calibration; c != nil && c.Floor != nil && c.Floor.N > 0 && !p.Sides[i].Paced() {
				known = append(known, c.Floor)
			}
		}
	}
	for _, step := range []struct {
		q     float64 // 1: the maximum, which is drawn where its sample is
		value func(*result.Quantiles) *float64
	}{
		{0.5, func(q *result.Quantiles) *float64 { return q.P50 }},
		{0.9, func(q *result.Quantiles) *float64 { return q.P90 }},
		{0.99, func(q *result.Quantiles) *float64 { return q.P99 }},
		{0.999, func(q *result.Quantiles) *float64 { return q.P999 }},
		{1, func(q *result.Quantiles) *float64 { return &q.Max }},
	} {
		x, lowest := 0.0, math.Inf(1)
		for _, quantiles := range known {
			if v := step.value(quantiles); v != nil && *v < lowest {
				x, lowest = axis.Nines(min(step.q, 1-1/float64(quantiles.N))), *v
			}
		}
		if n := len(floor.X); lowest > 0 && !math.IsInf(lowest, 1) && (n == 0 || x > floor.X[n-1]) {
			floor.Add(x, lowest)
		}
	}
	return floor
}

// latencyModels are the models of transports that poll and of those that batch,
// each once, where the axes show them.
func latencyModels(p *trials.Point, low, high, right float64) (models []figure.Guide) {
	add := func(name string, latency func(p float64) float64) {
		g := figure.Guide{Series: figure.Series{Name: name}, NameAtLine: true}
		for x := 0.0; x <= right+1e-9; x += 0.01 {
			if v := latency(1 - math.Pow(10, -x)); v >= low && v <= high {
				g.Add(x, v)
			}
		}
		known := slices.ContainsFunc(models, func(m figure.Guide) bool { return m.Name == name })
		if len(g.X) > 1 && !known {
			models = append(models, g)
		}
	}
	for i := range p.Sides {
		s := &p.Sides[i]
		if len(s.Used) == 0 {
			continue
		}
		a := s.Used[0].Asked
		switch {
		case s.Paced():
			add("model, uniform on 0 to "+number.Seconds.Short(a.PollIntervalS), func(p float64) float64 { return model.Staleness(p, a.PollIntervalS) })
		case a.BatchS > 0 && a.Arrivals != "constant":
			add("model, batches of "+number.Seconds.Short(a.BatchS), func(p float64) float64 { return model.BatchWait(p, a.PublishRate, a.BatchS) })
		}
	}
	return models
}
