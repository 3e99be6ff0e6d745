package report

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
)

// bar is one transport's row in a bar chart: parts laid end to end, the trials
// as points over it, a model as a dashed mark across it, and its value in
// words at its end.
type bar struct {
	name   string
	parts  []float64
	fills  []color.RGBA // of the parts; else the transport's colour, and its pale one
	points []float64
	model  float64 // NaN without one
	value  string
	hollow bool     // invalid: an outline only
	whose  string   // the transport, for who points at the bar
	what   string   // is drawn, if not what the heading says
	made   []string // of what, a line for each
	look   look
}

func (b *bar) end() float64 {
	sum := 0.0
	for _, v := range b.parts {
		if v > 0 {
			sum += v
		}
	}
	return sum
}

// scattered reports whether the trials differ enough to be told apart.
func (b *bar) scattered() bool {
	low, high := stat.Range(b.points)
	return len(b.points) > 1 && high-low > 0.002*math.Abs(high)
}

// bars draws rows from top to bottom.
type bars []bar

const rowHeight = vg.Length(24)

// barPanel is a panel of bars on an axis from zero, in one prefix.
func barPanel(heading string, u unit, rows bars) panel {
	top, known := 0.0, false
	for i := range rows {
		b := &rows[i]
		known = known || len(b.parts) > 0
		top = max(top, b.end())
		for _, v := range append(b.points, b.model) {
			if !math.IsNaN(v) {
				top = max(top, v)
			}
		}
	}
	s := u.scaleOf(top)
	what, _, _ := strings.Cut(heading, " (")
	name := s.name
	if u == perMinute {
		name = ""
	}
	if name != "" && known {
		heading += ", " + name
	}
	p := panel{heading: heading, height: vg.Length(len(rows))*rowHeight + 26, hits: rows.hits(what, u)}
	value := style(bodySize, text, true)
	for i := range rows {
		b := &rows[i]
		p.right = max(p.right, value.Width(b.value)+10)
		p.lines = append(p.lines, series{name: b.name, y: b.parts})
		if b.scattered() {
			p.lines = append(p.lines, series{name: b.name + " trials", y: b.points})
		}
		if !math.IsNaN(b.model) {
			p.lines = append(p.lines, series{name: b.name + " model", y: []float64{b.model}})
		}
	}
	if !known {
		p.omitted = "not measured in this run"
		return p
	}
	p.plot = func() *plot.Plot {
		pl := axes()
		linear(&pl.X, top*1.01, s, 5, false)
		pl.Y.Min, pl.Y.Max = -0.5, float64(len(rows))-0.5
		var ticks plot.ConstantTicks
		for i := range rows {
			ticks = append(ticks, plot.Tick{Value: float64(len(rows) - 1 - i), Label: rows[i].name})
		}
		pl.Y.Tick.Marker = ticks
		pl.Add(rows)
		return pl
	}
	return p
}

// hits are the rows, over the whole width of the axes.
func (rows bars) hits(heading string, u unit) func(*plot.Plot, draw.Canvas) []hit {
	return func(p *plot.Plot, c draw.Canvas) []hit {
		_, y := p.Transforms(&c)
		var list []hit
		for i := range rows {
			b := &rows[i]
			mid := y(float64(len(rows) - 1 - i))
			told := []string{strings.Join(strings.Fields(b.value), " ")}
			if b.scattered() {
				low, high := stat.Range(b.points)
				told = append(told, "trials from "+u.format(low)+" to "+u.format(high))
			}
			list = append(list, hit{
				box:  vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: mid - rowHeight/2}, Max: vg.Point{X: c.Max.X, Y: mid + rowHeight/2}},
				name: b.whose, x: or(b.what, heading), y: strings.Join(append(told, b.made...), "\n"),
			})
		}
		return list
	}
}

// Plot implements plot.Plotter.
func (rows bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.6}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	for i := range rows {
		b := &rows[i]
		mid := y(float64(len(rows) - 1 - i))
		half := min(rowHeight*0.34, vg.Length(9))
		at := 0.0
		for j, v := range b.parts {
			if !(v > 0) {
				continue
			}
			fill, edge := b.look.ink, b.look.edge()
			switch {
			case b.fills != nil:
				fill, edge = b.fills[j], text
			case j > 0:
				fill = pale(fill)
			}
			box := []vg.Point{{X: x(at), Y: mid - half}, {X: x(at + v), Y: mid - half}, {X: x(at + v), Y: mid + half}, {X: x(at), Y: mid + half}}
			if !b.hollow {
				c.FillPolygon(fill, box)
			}
			if b.hollow || j > 0 || b.look.cased || b.fills != nil {
				c.StrokeLines(draw.LineStyle{Color: edge, Width: 0.8}, append(box, box[0]))
			}
			at += v
		}
		last := at
		if b.scattered() {
			for k, v := range b.points {
				// Spread by trial, or equal ones would look like one.
				dy := half * 0.9 * vg.Length(float64(2*k+1)/float64(len(b.points))-1)
				dot(&c, vg.Point{X: x(v), Y: mid - dy*0.7})
				last = max(last, v)
			}
		}
		if !math.IsNaN(b.model) {
			c.StrokeLine2(draw.LineStyle{Color: text, Width: 1.2, Dashes: []vg.Length{3, 2}}, x(b.model), mid-half-3, x(b.model), mid+half+3)
			last = max(last, b.model)
		}
		s := style(bodySize, text, true)
		if len(b.parts) == 0 {
			s = style(bodySize, faint, false)
		}
		middle(&c, s, vg.Point{X: x(last) + 6, Y: mid}, b.value)
	}
	c.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.8}, x(0), c.Min.Y, x(0), c.Max.Y)
}

// dot is one trial's value: ringed, so that it shows on its own bar.
func dot(c *draw.Canvas, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: paper, Radius: 2.4, Shape: draw.CircleGlyph{}}, at)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: text, Radius: 1.5, Shape: draw.CircleGlyph{}}, at)
}
