package report

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/result"
)

// floor is the latency of generator and null target together, by calibration,
// over nines: of each quantile the lowest of the transports that push, so that
// nothing lies below it which another one's floor contradicts. It is empty where
// none of their trials knows its machine. Of transports that poll at an interval
// the floor is that of the poll response, which this chart does not show.
func (r *run) floor() series {
	s := series{name: "calibrated floor"}
	steps := []struct {
		at func(*result.Quantiles) float64
		of func(*result.Quantiles) *float64
	}{
		{func(*result.Quantiles) float64 { return nines(0.5) }, p50},
		{func(*result.Quantiles) float64 { return nines(0.9) }, p90},
		{func(*result.Quantiles) float64 { return nines(0.99) }, p99},
		{func(*result.Quantiles) float64 { return nines(0.999) }, p999},
		{func(q *result.Quantiles) float64 { return math.Log10(float64(q.N)) }, maximum},
	}
	for _, step := range steps {
		x, lowest := 0.0, math.Inf(1)
		for i := range r.sides {
			if r.sides[i].paced() {
				continue
			}
			for j := range r.sides[i].used {
				c := r.sides[i].used[j].Calibration
				if c == nil {
					continue
				}
				if v := quantile(c.Floor, step.of); v < lowest {
					x, lowest = step.at(c.Floor), v
				}
			}
		}
		if n := len(s.x); lowest > 0 && !math.IsInf(lowest, 1) && (n == 0 || x > s.x[n-1]) {
			s.x, s.y = append(s.x, x), append(s.y, lowest)
		}
	}
	return s
}

// band shades what lies below a line: left of its beginning it is level, and
// so it is right of its end.
type band struct{ series }

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	if len(b.x) == 0 {
		return
	}
	x, y := p.Transforms(&c)
	height := func(v float64) vg.Length { return min(max(y(v), c.Min.Y), c.Max.Y) }
	line := []vg.Point{{X: c.Min.X, Y: height(b.y[0])}}
	for i := range b.x {
		if b.x[i] <= p.X.Max {
			line = append(line, vg.Point{X: x(b.x[i]), Y: height(b.y[i])})
		}
	}
	line = append(line, vg.Point{X: c.Max.X, Y: line[len(line)-1].Y})
	c.FillPolygon(shade, append([]vg.Point{{X: c.Min.X, Y: c.Min.Y}}, append(line, vg.Point{X: c.Max.X, Y: c.Min.Y})...))
	c.StrokeLines(draw.LineStyle{Color: faint, Width: 0.8, Dashes: []vg.Length{1, 2}}, line)
	s := style(9, faint, false)
	s.YAlign = draw.YBottom
	c.FillText(s, vg.Point{X: c.Min.X + 5, Y: c.Min.Y + 3}, "below this line is the generator's own")
}
