// Package rows draws panels of named rows, from the top down: bars, and grids of
// cells.
package rows

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Bar is one row of a panel of bars: parts laid end to end, the trials as points
// over it, a model as a dashed mark across it, and its value in words at its end;
// in a narrow panel, name and value stand above it.
type Bar struct {
	Name   string
	Parts  []Part // none: not measured
	Trials []float64
	Model  float64 // NaN without one
	Value  string
	Aside  string // behind the value, apart from it
	Hollow bool   // invalid: an outline only
	Look   theme.Look

	// For the pointer:
	Transport, Quantity string   // else the name and the panel's quantity
	Details             []string // a line for each
}

// Part is a length of a bar. Without a name it has the bar's look; else its ink is
// explained in the legend.
type Part struct {
	Name  string
	Value float64
	Ink   color.RGBA
}

// Bars are drawn from the top down, on Rows.
type Bars struct {
	Rows     []Bar
	Quantity string
	Unit     number.Unit
}

// barHalf is half of a bar's thickness.
const barHalf = vg.Length(8)

// rowHeight is that of a row, from bar to bar.
func rowHeight(narrow bool) vg.Length {
	if narrow {
		return 36
	}
	return 24
}

func (l Bars) Height(narrow bool) vg.Length { return vg.Length(len(l.Rows))*rowHeight(narrow) + 26 }

// BarPanel is a panel of bars on an axis from zero, in one prefix. The remark
// follows the quantity in the heading.
func BarPanel(quantity, remark string, u number.Unit, rows []Bar) scene.Panel {
	bars := Bars{rows, quantity, u}
	p := scene.Panel{Heading: quantity + remark, Scene: []scene.Primitive{bars}}
	top, known := 0.0, false
	var names []string
	for i := range rows {
		known = known || len(rows[i].Parts) > 0
		top = max(top, rows[i].reach())
		names = append(names, rows[i].Name)
	}
	if !known {
		p.Omitted = "not measured in this run"
		return p
	}
	s := u.ScaleOf(top)
	if u != number.PerMinute { // the heading says it
		p.AddScale(s)
	}
	p.X, p.Y = axis.Linear(top*1.01, s, 5, false), axis.Rows(names)
	return p
}

// end is where the last part ends.
func (b *Bar) end() (sum float64) {
	for _, p := range b.Parts {
		sum += max(p.Value, 0)
	}
	return sum
}

// reach is the largest number of the row.
func (b *Bar) reach() float64 {
	most := b.end()
	for _, v := range append([]float64{b.Model}, b.Trials...) {
		if v > most {
			most = v
		}
	}
	return most
}

// scattered reports whether the trials differ enough to be told apart.
func (b *Bar) scattered() bool {
	low, high := stat.Range(b.Trials)
	return len(b.Trials) > 1 && high-low > 0.002*math.Abs(high)
}

func (l Bars) Numbers() (list []scene.Series) {
	for i := range l.Rows {
		b := &l.Rows[i]
		parts := scene.Series{Name: b.Name}
		for _, p := range b.Parts {
			parts.Y = append(parts.Y, p.Value)
		}
		list = append(list, parts)
		if b.scattered() {
			list = append(list, scene.Series{Name: b.Name + " trials", Y: b.Trials})
		}
		if !math.IsNaN(b.Model) {
			list = append(list, scene.Series{Name: b.Name + " model", Y: []float64{b.Model}})
		}
	}
	return list
}

// Legend explains the parts that have names, in the order in which they are drawn
// first.
func (l Bars) Legend() (list []scene.Entry) {
	for i := range l.Rows {
		for _, p := range l.Rows[i].Parts {
			known := slices.ContainsFunc(list, func(e scene.Entry) bool { return e.Name == p.Name })
			if p.Name != "" && p.Value > 0 && !known {
				list = append(list, scene.Entry{Name: p.Name, Sample: 12, Draw: p.sample})
			}
		}
	}
	return list
}

func (p Part) sample(c *draw.Canvas, at vg.Point) {
	box := scene.Rectangle(at.X, at.Y-4, at.X+12, at.Y+4)
	c.FillPolygon(p.Ink, box)
	scene.StrokeBox(*c, draw.LineStyle{Color: theme.TextInk, Width: 0.8}, box)
}

func (l Bars) Room() (widest vg.Length) {
	s := theme.Style(theme.BodySize, theme.TextInk, true)
	for i := range l.Rows {
		widest = max(widest, s.Width(l.Rows[i].words("  "))+10)
	}
	return widest
}

func (l Bars) Draw(f *scene.Frame) { f.On(scene.Strokes, func() { l.drawRows(f) }) }

func (l Bars) drawRows(f *scene.Frame) {
	for i := range l.Rows {
		b := &l.Rows[i]
		row := vg.Rectangle{Min: vg.Point{X: f.Min.X, Y: f.Y(-float64(i) - 1)}, Max: vg.Point{X: f.Max.X, Y: f.Y(-float64(i))}}
		b.draw(f, row)
		f.Hits = append(f.Hits, scene.Hit{
			Box:  row,
			Name: number.Or(b.Transport, b.Name), X: number.Or(b.Quantity, l.Quantity), Y: b.says(l.Unit),
		})
	}
	f.StrokeLine2(draw.LineStyle{Color: theme.FaintInk, Width: 0.8}, f.X(0), f.Min.Y, f.X(0), f.Max.Y)
}

// words are the value, and what stands a gap behind it.
func (b *Bar) words(gap string) string {
	if b.Aside == "" {
		return b.Value
	}
	return b.Value + gap + b.Aside
}

func (b *Bar) says(u number.Unit) string {
	lines := []string{b.words(" ")}
	if b.scattered() {
		low, high := stat.Range(b.Trials)
		lines = append(lines, "trials from "+u.Format(low)+" to "+u.Format(high))
	}
	return strings.Join(append(lines, b.Details...), "\n")
}

func (b *Bar) draw(f *scene.Frame, row vg.Rectangle) {
	y := (row.Min.Y + row.Max.Y) / 2
	if f.Narrow {
		y = row.Min.Y + barHalf + 4
	}
	b.drawParts(f, y)
	if b.scattered() {
		b.drawTrials(f, y)
	}
	if !math.IsNaN(b.Model) {
		f.StrokeLine2(draw.LineStyle{Color: theme.TextInk, Width: 1.2, Dashes: []vg.Length{3, 2}}, f.X(b.Model), y-barHalf-3, f.X(b.Model), y+barHalf+3)
	}
	s := theme.Style(theme.BodySize, theme.TextInk, true)
	if len(b.Parts) == 0 {
		s = theme.Style(theme.BodySize, theme.FaintInk, false)
	}
	at := vg.Point{X: f.X(b.reach()) + 6, Y: y}
	if f.Narrow {
		above := y + barHalf + 8
		theme.Middle(&f.Canvas, theme.Style(theme.TickSize, theme.TextInk, false), vg.Point{X: row.Min.X + 2, Y: above}, b.Name)
		s.XAlign, at = draw.XRight, vg.Point{X: row.Max.X, Y: above}
	}
	theme.Middle(&f.Canvas, s, at, b.words("  "))
}

func (b *Bar) drawParts(f *scene.Frame, y vg.Length) {
	at := 0.0
	for _, p := range b.Parts {
		if !(p.Value > 0) {
			continue
		}
		fill, edge, edged := b.Look.Ink, b.Look.Edge(), b.Look.Cased
		if p.Name != "" {
			fill, edge, edged = p.Ink, theme.TextInk, true
		}
		box := scene.Rectangle(f.X(at), y-barHalf, f.X(at+p.Value), y+barHalf)
		if !b.Hollow {
			f.FillPolygon(fill, box)
		}
		if b.Hollow || edged {
			scene.StrokeBox(f.Canvas, draw.LineStyle{Color: edge, Width: 0.8}, box)
		}
		at += p.Value
	}
}

// drawTrials spreads the points upwards: equal ones would look like one. They are
// ringed, to show on their own bar.
func (b *Bar) drawTrials(f *scene.Frame, y vg.Length) {
	for _, style := range []draw.GlyphStyle{{Color: theme.Paper, Radius: 2.4}, {Color: theme.TextInk, Radius: 1.5}} {
		style.Shape = draw.CircleGlyph{}
		for i, v := range b.Trials {
			share := vg.Length(2*i+1)/vg.Length(len(b.Trials)) - 1
			f.DrawGlyphNoClip(style, vg.Point{X: f.X(v), Y: y - barHalf*0.63*share})
		}
	}
}
