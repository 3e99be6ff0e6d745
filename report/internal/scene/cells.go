package scene

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Cell is one place of a grid. Without a head it is a dash.
type Cell struct {
	Head, Text string
	Tone       Tone
}

// Tone is how a cell is filled and written on: distinct without colour, too.
type Tone int

const (
	Light Tone = iota
	Medium
	Dark
)

var tones = [...]struct{ fill, ink color.Color }{
	Light:  {theme.Paper, theme.TextInk},
	Medium: {theme.GridInk, theme.TextInk},
	Dark:   {theme.TextInk, theme.Paper},
}

func (c *Cell) says() string { return strings.TrimSpace(c.Head + " " + c.Text) }

// Row is the cells of one name.
type Row struct {
	Name  string
	Cells []Cell
}

// Cells are a grid, on axes of Columns and Rows.
type Cells struct {
	Columns []string
	Rows    []Row
}

// cellHeight is that of a row.
const cellHeight = vg.Length(30)

// CellPanel is a panel of nothing else; what names the columns.
func CellPanel(heading, what string, cells Cells) Panel {
	var names []string
	for _, r := range cells.Rows {
		names = append(names, theme.ShortName(r.Name))
	}
	p := Panel{Heading: heading, Height: vg.Length(len(names))*cellHeight + 34, X: axis.Columns(cells.Columns), Y: axis.Rows(names), Scene: []Primitive{cells}}
	p.X.Name = what
	return p
}

func (g Cells) numbers() (list []Series) {
	for _, r := range g.Rows {
		s := Series{Name: r.Name}
		for i := range r.Cells {
			if c := &r.Cells[i]; c.Head != "" {
				s.Name += "; " + g.Columns[i] + " " + c.says()
			}
		}
		list = append(list, s)
	}
	return list
}

func (g Cells) draw(f *frame) { f.on(strokes, func() { g.drawRows(f) }) }

func (g Cells) drawRows(f *frame) {
	for i, r := range g.Rows {
		for j := range r.Cells {
			c := &r.Cells[j]
			box := vg.Rectangle{Min: f.at(float64(j), -float64(i)-1), Max: f.at(float64(j)+1, -float64(i))}
			c.draw(f, box)
			if c.Head != "" {
				f.hits = append(f.hits, Hit{Box: box, Name: r.Name, X: g.Columns[j] + " " + f.panel.X.Name, Y: c.says()})
			}
		}
	}
}

// draw writes the head in one line, and the text in up to two beneath it.
func (c *Cell) draw(f *frame, box vg.Rectangle) {
	center := vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: (box.Min.Y + box.Max.Y) / 2}
	centred := func(size vg.Length, ink color.Color, bold bool) text.Style {
		s := theme.Style(size, ink, bold)
		s.XAlign = draw.XCenter
		return s
	}
	if c.Head == "" {
		theme.Middle(&f.Canvas, centred(theme.SmallSize, theme.FaintInk, false), center, "–")
		return
	}
	tone := tones[c.Tone]
	outline := rectangle(box.Min.X+1, box.Min.Y+1, box.Max.X-1, box.Max.Y-1)
	f.FillPolygon(tone.fill, outline)
	strokeBox(f.Canvas, draw.LineStyle{Color: theme.FaintInk, Width: 0.6}, outline)

	const size, step = 7.5, vg.Length(8.6)
	width := box.Size().X - 6
	bold, plain := centred(size, tone.ink, true), centred(size, tone.ink, false)
	lines := theme.Wrap(plain, c.Text, width, 2)
	center.Y += step * vg.Length(len(lines)) / 2
	theme.Middle(&f.Canvas, bold, center, theme.Fit(bold, c.Head, width))
	for _, l := range lines {
		center.Y -= step
		theme.Middle(&f.Canvas, plain, center, theme.Fit(plain, l, width))
	}
}
