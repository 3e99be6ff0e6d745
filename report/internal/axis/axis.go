// Package axis makes the axes of charts: their ends, their ticks and the labels of
// these.
package axis

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Axis is one direction of a panel: its ends, its ticks and how a value on it is
// said.
type Axis struct {
	Name       string
	Low, High  float64
	Log        bool
	Ticks      plot.ConstantTicks
	Categories bool                 // names, and so without a grid
	Say        func(float64) string // what the pointer shows; nil shows nothing
	LabelWidth vg.Length            // of the ticks at least, to align panels
}

// Linear puts about n labelled ticks on an axis from zero to top or, if toTick, to
// the next tick. Labels are in the given scale, without its name.
func Linear(top float64, s number.Scale, n int, toTick bool) Axis {
	if !(top > 0) || math.IsInf(top, 0) {
		top = s.Factor
	}
	step := niceStep(top/s.Factor/float64(n)) * s.Factor
	if toTick {
		top = math.Ceil(top/step-1e-9) * step
	}
	a := Axis{High: top}
	for i := 0; float64(i)*step <= top*1.001; i++ {
		v := float64(i) * step
		a.Ticks = append(a.Ticks, plot.Tick{Value: v, Label: number.Plain(v / s.Factor)})
	}
	return a
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not
// below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= v*0.999 {
			return m * power
		}
	}
	return 10 * power
}

// Elapsed is an axis of seconds, about eight of them labelled.
func Elapsed(from, to float64) Axis {
	a := Axis{Low: from, High: to}
	step := niceStep(max(to-from, 1) / 8)
	for v := math.Ceil(from/step) * step; v <= to+1e-9; v += step {
		label := number.Plain(v)
		if v == 0 {
			label = "0 s"
		}
		a.Ticks = append(a.Ticks, plot.Tick{Value: v, Label: label})
	}
	return a
}

// Logarithmic is an axis from low to high. It labels the powers of ten, and 2 and
// 5 times them where few powers fit.
func Logarithmic(low, high float64, u number.Unit) Axis {
	a := Axis{Low: low, High: high, Log: true}
	few := math.Log10(high/low) < 2.2
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow(10, e)
			if v < low*0.999 || v > high*1.001 {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || few && (m == 2 || m == 5) {
				t.Label = strings.TrimSpace(u.Short(v))
			}
			a.Ticks = append(a.Ticks, t)
		}
	}
	return a
}

// LogBounds are ends close around low and high, but far enough apart for two
// labels.
func LogBounds(low, high float64) (float64, float64) {
	const least = 7
	around := max(math.Pow(high/low, 0.04), 1.05, math.Sqrt(least*low/high))
	return low / around, high * around
}

// TickAt puts the ticks at sorted values, if these are far enough apart on a
// logarithmic axis.
func (a *Axis) TickAt(values []float64, label func(float64) string) {
	const most = 10
	var ticks plot.ConstantTicks
	for i, v := range values {
		if i > 0 && math.Log(v/values[i-1]) < math.Log(a.High/a.Low)/most {
			return
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label(v)})
	}
	a.Ticks = ticks
}

// Nines is where a quantile is drawn on an axis of percentiles: 0, 1 and 2 for
// 0, 90 % and 99 %.
func Nines(q float64) float64 { return -math.Log10(1 - q) }

// Percent says the quantile at a place on that axis.
func Percent(nines float64) string {
	percent := 100 * (1 - math.Pow(10, -nines))
	return strconv.FormatFloat(math.Round(percent*1e6)/1e6, 'f', -1, 64) + " %"
}

// Percentiles is an axis of nines, from 0 on.
func Percentiles(high float64) Axis {
	a := Axis{High: high}
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999} {
		if x := Nines(q); x <= high+1e-9 {
			a.Ticks = append(a.Ticks, plot.Tick{Value: x, Label: Percent(x)})
		}
	}
	return a
}

// Columns is an axis of names, from the left.
func Columns(names []string) Axis { return categories(names, 1) }

// Rows is an axis of names, from the top: the middle of row i is at -i-0.5.
func Rows(names []string) Axis { return categories(names, -1) }

func categories(names []string, step float64) Axis {
	n := float64(len(names)) * step
	a := Axis{Low: min(0, n), High: max(0, n), Categories: true}
	for i, name := range names {
		a.Ticks = append(a.Ticks, plot.Tick{Value: (float64(i) + 0.5) * step, Label: name})
	}
	return a
}

// Gridded are the ticks that a line of the grid goes through.
func (a *Axis) Gridded() (list plot.ConstantTicks) {
	if a.Categories {
		return nil
	}
	for _, t := range a.Ticks {
		if !t.IsMinor() {
			list = append(list, t)
		}
	}
	return list
}

// Clamp moves what is beyond an end there.
func (a *Axis) Clamp(v float64) float64 { return min(max(v, a.Low), a.High) }

// Apply sets an axis of the plot, in the theme: quiet ticks.
func (a *Axis) Apply(p *plot.Axis) {
	p.Min, p.Max, p.Padding = a.Low, a.High, 0
	if a.Log {
		p.Scale = plot.LogScale{}
	}
	p.LineStyle.Color, p.LineStyle.Width = theme.FaintInk, 0.6
	p.Tick.LineStyle = p.LineStyle
	p.Tick.Length = 3
	old := p.Tick.Label
	p.Tick.Label = theme.Style(theme.TickSize, theme.TextInk, false)
	p.Tick.Label.XAlign, p.Tick.Label.YAlign = old.XAlign, old.YAlign
	p.Tick.Marker = a.paddedTicks(p)
	p.Label.Text, p.Label.Padding = a.Name, 2
	p.Label.TextStyle = theme.Style(theme.TickSize, theme.FaintInk, false)
	p.Label.TextStyle.XAlign = draw.XCenter
}

// paddedTicks have labels of LabelWidth at least.
func (a *Axis) paddedTicks(p *plot.Axis) plot.ConstantTicks {
	ticks := append(plot.ConstantTicks{}, a.Ticks...)
	for i := range ticks {
		for p.Tick.Label.Width(ticks[i].Label) < a.LabelWidth {
			ticks[i].Label = "\u00a0" + ticks[i].Label
		}
	}
	return ticks
}

// Clear takes labels away from ticks of an axis across, from the right, where they
// would touch: what a place is on the canvas has to be said.
func Clear(ticks plot.ConstantTicks, s text.Style, place func(float64) vg.Length) plot.ConstantTicks {
	ticks = slices.Clone(ticks)
	free := vg.Length(math.Inf(1))
	for i := len(ticks) - 1; i >= 0; i-- {
		t := &ticks[i]
		if t.IsMinor() {
			continue
		}
		half := s.Width(t.Label) / 2
		if place(t.Value)+half > free {
			t.Label = ""
			continue
		}
		free = place(t.Value) - half - 4
	}
	return ticks
}
