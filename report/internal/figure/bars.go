package figure

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Bar is one transport's row in a bar chart: parts laid end to end, the trials
// as points over it, a model as a dashed mark across it, and its value in
// words at its end.
type Bar struct {
	Name   string
	Parts  []float64
	Fills  []color.RGBA // of the parts; else the transport's colour, and its pale one
	Points []float64
	Model  float64 // NaN without one
	Value  string
	Hollow bool     // invalid: an outline only
	Whose  string   // the transport, for who points at the bar
	What   string   // is drawn, if not what the heading says
	Made   []string // of what, a line for each
	Look   Look
}

func (b *Bar) end() float64 {
	sum := 0.0
	for _, v := range b.Parts {
		if v > 0 {
			sum += v
		}
	}
	return sum
}

// scattered reports whether the trials differ enough to be told apart.
func (b *Bar) scattered() bool {
	low, high := stat.Range(b.Points)
	return len(b.Points) > 1 && high-low > 0.002*math.Abs(high)
}

// Bars draws rows from top to bottom.
type Bars []Bar

const rowHeight = vg.Length(24)

// BarPanel is a panel of bars on an axis from zero, in one prefix.
func BarPanel(heading string, u number.Unit, rows Bars) Panel {
	top, known := 0.0, false
	for i := range rows {
		b := &rows[i]
		known = known || len(b.Parts) > 0
		top = max(top, b.end())
		for _, v := range append(b.Points, b.Model) {
			if !math.IsNaN(v) {
				top = max(top, v)
			}
		}
	}
	s := u.ScaleOf(top)
	what, _, _ := strings.Cut(heading, " (")
	name := s.Name
	if u == number.PerMinute {
		name = ""
	}
	if name != "" && known {
		heading += ", " + name
	}
	p := Panel{Heading: heading, Height: vg.Length(len(rows))*rowHeight + 26, Hits: rows.hits(what, u)}
	value := Style(BodySize, Text, true)
	for i := range rows {
		b := &rows[i]
		p.Right = max(p.Right, value.Width(b.Value)+10)
		p.Lines = append(p.Lines, Series{Name: b.Name, Y: b.Parts})
		if b.scattered() {
			p.Lines = append(p.Lines, Series{Name: b.Name + " trials", Y: b.Points})
		}
		if !math.IsNaN(b.Model) {
			p.Lines = append(p.Lines, Series{Name: b.Name + " model", Y: []float64{b.Model}})
		}
	}
	if !known {
		p.Omitted = "not measured in this run"
		return p
	}
	p.Plot = func() *plot.Plot {
		pl := Axes()
		Linear(&pl.X, top*1.01, s, 5, false)
		pl.Y.Min, pl.Y.Max = -0.5, float64(len(rows))-0.5
		var ticks plot.ConstantTicks
		for i := range rows {
			ticks = append(ticks, plot.Tick{Value: float64(len(rows) - 1 - i), Label: rows[i].Name})
		}
		pl.Y.Tick.Marker = ticks
		pl.Add(rows)
		return pl
	}
	return p
}

// hits are the rows, over the whole width of the axes.
func (rows Bars) hits(heading string, u number.Unit) func(*plot.Plot, draw.Canvas) []Hit {
	return func(p *plot.Plot, c draw.Canvas) []Hit {
		_, y := p.Transforms(&c)
		var list []Hit
		for i := range rows {
			b := &rows[i]
			mid := y(float64(len(rows) - 1 - i))
			told := []string{strings.Join(strings.Fields(b.Value), " ")}
			if b.scattered() {
				low, high := stat.Range(b.Points)
				told = append(told, "trials from "+u.Format(low)+" to "+u.Format(high))
			}
			list = append(list, Hit{
				Box:  vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: mid - rowHeight/2}, Max: vg.Point{X: c.Max.X, Y: mid + rowHeight/2}},
				Name: b.Whose, X: number.Or(b.What, heading), Y: strings.Join(append(told, b.Made...), "\n"),
			})
		}
		return list
	}
}

// Plot implements plot.Plotter.
func (rows Bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		c.StrokeLine2(draw.LineStyle{Color: Grid, Width: 0.6}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	for i := range rows {
		b := &rows[i]
		mid := y(float64(len(rows) - 1 - i))
		half := min(rowHeight*0.34, vg.Length(9))
		at := 0.0
		for j, v := range b.Parts {
			if !(v > 0) {
				continue
			}
			fill, edge := b.Look.Ink, b.Look.Edge()
			switch {
			case b.Fills != nil:
				fill, edge = b.Fills[j], Text
			case j > 0:
				fill = Pale(fill)
			}
			box := []vg.Point{{X: x(at), Y: mid - half}, {X: x(at + v), Y: mid - half}, {X: x(at + v), Y: mid + half}, {X: x(at), Y: mid + half}}
			if !b.Hollow {
				c.FillPolygon(fill, box)
			}
			if b.Hollow || j > 0 || b.Look.cased || b.Fills != nil {
				c.StrokeLines(draw.LineStyle{Color: edge, Width: 0.8}, append(box, box[0]))
			}
			at += v
		}
		last := at
		if b.scattered() {
			for k, v := range b.Points {
				// Spread by trial, or equal ones would look like one.
				dy := half * 0.9 * vg.Length(float64(2*k+1)/float64(len(b.Points))-1)
				dot(&c, vg.Point{X: x(v), Y: mid - dy*0.7})
				last = max(last, v)
			}
		}
		if !math.IsNaN(b.Model) {
			c.StrokeLine2(draw.LineStyle{Color: Text, Width: 1.2, Dashes: []vg.Length{3, 2}}, x(b.Model), mid-half-3, x(b.Model), mid+half+3)
			last = max(last, b.Model)
		}
		s := Style(BodySize, Text, true)
		if len(b.Parts) == 0 {
			s = Style(BodySize, Faint, false)
		}
		Middle(&c, s, vg.Point{X: x(last) + 6, Y: mid}, b.Value)
	}
	c.StrokeLine2(draw.LineStyle{Color: Faint, Width: 0.8}, x(0), c.Min.Y, x(0), c.Max.Y)
}

// dot is one trial's value: ringed, so that it shows on its own bar.
func dot(c *draw.Canvas, at vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: Paper, Radius: 2.4, Shape: draw.CircleGlyph{}}, at)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: Text, Radius: 1.5, Shape: draw.CircleGlyph{}}, at)
}
