package charts

import (
	"math"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// percentilePanel draws the latency of every transport by percentile.
func percentilePanel(p *trials.Point, c *figure.Chart) {
	panel := scene.Panel{Height: 250, Heading: "delivery latency by percentile of deliveries"}
	var omitted []string
	low, high, right := math.Inf(1), 0.0, 0.0
	for i := range p.Sides {
		line, markers, why := percentileLine(p, &p.Sides[i])
		if why != "" {
			omitted = append(omitted, line.Name+": "+why)
			continue
		}
		for _, at := range line.Points {
			low, high, right = min(low, at.Y), max(high, at.Y), max(right, at.X)
		}
		panel.Scene = append(panel.Scene, line, markers, line.End())
	}
	if len(panel.Scene) == 0 {
		c.Omitted = "No percentiles. " + strings.Join(omitted, "; ")
		return
	}
	if len(omitted) > 0 {
		c.Notes = []string{"left out: " + strings.Join(omitted, "; ")}
	}
	low = addFloor(p, c, &panel, low)
	low, high = axis.LogBounds(low, high)
	panel.X, panel.Y = axis.Percentiles(right), axis.Logarithmic(low, high, number.Seconds)
	panel.X.Name = "percentile of deliveries"
	panel.X.Say = func(nines float64) string { return axis.Percent(nines) + " of deliveries" }
	panel.Y.Say = func(v float64) string { return "within " + number.Seconds.Format(v) }
	for _, g := range latencyModels(p, low, high, right) {
		panel.Scene = append(panel.Scene, g)
	}
	c.Panels = []scene.Panel{panel}
}

// addFloor shades what the generator itself may have added, or says that this is
// not known. It returns from where on the axis has room for the shade and its name,
// even where the lines are far above.
func addFloor(p *trials.Point, c *figure.Chart, panel *scene.Panel, low float64) float64 {
	if floor := Floor(p); len(floor.Y) > 0 {
		c.Caption += " Latencies within the shaded band may come from the generator itself. The band is an upper bound of what it adds: generator and null target together, calibrated on this machine at the number of clients per room nearest to this; for each percentile, the lowest of the push transports shown. Transports that poll at an interval are calibrated by their poll response and are not part of it."
		list := []scene.Primitive{scene.Floor{Series: floor}, scene.Note{Text: "below this line: the generator itself", Size: 9}}
		panel.Scene = append(list, panel.Scene...)
		return min(low, floor.Y[0]/2)
	}
	if slices.ContainsFunc(p.Sides, func(s trials.Side) bool { return len(s.Used) > 0 && !s.Paced() }) {
		c.Notes = append(c.Notes, "no calibration: what the generator adds is unknown (pollpush calibrate)")
	}
	return low
}

// percentileLine is that of one transport, thin and dotted if it is invalid, and
// the markers on it: percentiles that enough samples lie beyond. Or why it has none.
func percentileLine(p *trials.Point, s *trials.Side) (line, markers scene.Line, why string) {
	line = scene.Line{Name: sideName(p, s), Look: theme.LookOf(s.Transport), Width: 2}
	markers = scene.Line{Name: line.Name, Look: line.Look, Radius: 3, Unlisted: true}
	if s.Stamp == result.Invalid {
		line.Width, line.Dashes = 1, theme.Dotted
	}
	h, err := metric.Merged(s.Used)
	switch {
	case err != nil:
		return line, markers, number.Clean(err.Error())
	case h == nil || h.TotalCount() < 2*metric.Enough:
		return line, markers, "fewer than 20 deliveries"
	}
	if line.Points = Curve(h); len(line.Points) < 2 {
		return line, markers, "every latency is 0"
	}
	for _, q := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999} {
		if v := h.ValueAtQuantile(q * 100); v > 0 && float64(h.TotalCount())*(1-q) >= metric.Enough*(1-1e-9) {
			markers.Add(axis.Nines(q), float64(v)/1e9, scene.Marked)
		}
	}
	return line, markers, ""
}

// Curve is a histogram's percentiles in seconds over nines, up to where fewer
// than enough samples lie beyond.
func Curve(h *hdrhistogram.Histogram) (line []scene.Point) {
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
			line = append(line, scene.Point{X: at[i], Y: float64(v) / 1e9})
		}
	}
	return line
}

// Floor is the latency of generator and null target together, by calibration,
// over nines: of each quantile the lowest of the transports that push, so that
// nothing lies below it which another one's floor contradicts. It is empty where
// none of their trials knows its machine. Of transports that poll at an interval
// the floor is that of the poll response, which this chart does not show.
func Floor(p *trials.Point) scene.Series {
	floor := scene.Series{Name: "calibrated floor"}
	var known []*result.Quantiles
	for i := range p.Sides {
		for j := range p.Sides[i].Used {
			if c := p.Sides[i].Used[j].Calibration; c != nil && c.Floor != nil && c.Floor.N > 0 && !p.Sides[i].Paced() {
				known = append(known, c.Floor)
			}
		}
	}
	for i, q := range []float64{0.5, 0.9, 0.99, 0.999, 1} { // the maximum is drawn where its sample is
		x, lowest := 0.0, math.Inf(1)
		for _, f := range known {
			if v := [...]*float64{f.P50, f.P90, f.P99, f.P999, &f.Max}[i]; v != nil && *v < lowest {
				x, lowest = axis.Nines(min(q, 1-1/float64(f.N))), *v
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
func latencyModels(p *trials.Point, low, high, right float64) (models []scene.Guide) {
	add := func(name string, latency func(p float64) float64) {
		g := scene.Guide{Series: scene.Series{Name: name}, NameAtLine: true}
		for x := 0.0; x <= right+1e-9; x += max(0.01, x/20) {
			if v := latency(1 - math.Pow(10, -x)); v >= low && v <= high {
				g.Add(x, v)
			}
		}
		if len(g.X) > 1 && !slices.ContainsFunc(models, func(m scene.Guide) bool { return m.Name == name }) {
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
