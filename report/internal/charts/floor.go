package charts

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Floor is the latency of generator and null target together, by calibration,
// over nines: of each quantile the lowest of the transports that push, so that
// nothing lies below it which another one's floor contradicts. It is empty where
// none of their trials knows its machine. Of transports that poll at an interval
// the floor is that of the poll response, which this chart does not show.
func Floor(r *trials.Point) figure.Series {
	s := figure.Series{Name: "calibrated floor"}
	steps := []struct {
		at func(*result.Quantiles) float64
		of func(*result.Quantiles) *float64
	}{
		{func(*result.Quantiles) float64 { return Nines(0.5) }, metric.P50},
		{func(*result.Quantiles) float64 { return Nines(0.9) }, metric.P90},
		{func(*result.Quantiles) float64 { return Nines(0.99) }, metric.P99},
		{func(*result.Quantiles) float64 { return Nines(0.999) }, metric.P999},
		{func(q *result.Quantiles) float64 { return math.Log10(float64(q.N)) }, metric.Maximum},
	}
	for _, step := range steps {
		x, lowest := 0.0, math.Inf(1)
		for i := range r.Sides {
			if r.Sides[i].Paced() {
				continue
			}
			for j := range r.Sides[i].Used {
				c := r.Sides[i].Used[j].Calibration
				if c == nil {
					continue
				}
				if v := metric.Quantile(c.Floor, step.of); v < lowest {
					x, lowest = step.at(c.Floor), v
				}
			}
		}
		if n := len(s.X); lowest > 0 && !math.IsInf(lowest, 1) && (n == 0 || x > s.X[n-1]) {
			s.X, s.Y = append(s.X, x), append(s.Y, lowest)
		}
	}
	return s
}

// band shades what lies below a line: left of its beginning it is level, and
// so it is right of its end.
type band struct{ figure.Series }

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	if len(b.X) == 0 {
		return
	}
	x, y := p.Transforms(&c)
	height := func(v float64) vg.Length { return min(max(y(v), c.Min.Y), c.Max.Y) }
	line := []vg.Point{{X: c.Min.X, Y: height(b.Y[0])}}
	for i := range b.X {
		if b.X[i] <= p.X.Max {
			line = append(line, vg.Point{X: x(b.X[i]), Y: height(b.Y[i])})
		}
	}
	line = append(line, vg.Point{X: c.Max.X, Y: line[len(line)-1].Y})
	c.FillPolygon(figure.Shade, append([]vg.Point{{X: c.Min.X, Y: c.Min.Y}}, append(line, vg.Point{X: c.Max.X, Y: c.Min.Y})...))
	c.StrokeLines(draw.LineStyle{Color: figure.Faint, Width: 0.8, Dashes: []vg.Length{1, 2}}, line)
	s := figure.Style(9, figure.Faint, false)
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: c.Min.X + 5, Y: c.Min.Y + 3}, "below this line is the generator's own")
}
