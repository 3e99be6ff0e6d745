package rows

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/scene"
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

// Cells are a grid, on axes of Columns and Rows. In a narrow panel names stand above
// the rows, and a text that does not fit its cell is left to the pointer.
type Cells struct {
	Columns []string
	Rows    []Row
}

// Heights of a row's cells, and of the name above them in a narrow panel.
const (
	cellHeight = vg.Length(30)
	nameHeight = vg.Length(14)
)

func (g Cells) Height(narrow bool) vg.Length {
	row := cellHeight
	if narrow {
		row += nameHeight
	}
	return vg.Length(len(g.Rows))*row + 34
}

// CellPanel is a panel of nothing else; what names the columns.
func CellPanel(heading, what string, cells Cells) scene.Panel {
	var names []string
	for _, r := range cells.Rows {
		names = append(names, theme.ShortName(r.Name))
	}
	p := scene.Panel{Heading: heading, X: axis.Columns(cells.Columns), Y: axis.Rows(names), Scene: []scene.Primitive{cells}}
	p.X.Name = what
	return p
}

func (g Cells) Numbers() (list []scene.Series) {
	for _, r := range g.Rows {
		s := scene.Series{Name: r.Name}
		for i := range r.Cells {
			if c := &r.Cells[i]; c.Head != "" {
				s.Name += "; " + g.Columns[i] + " " + c.says()
			}
		}
		list = append(list, s)
	}
	return list
}

func (g Cells) Draw(f *scene.Frame) { f.On(scene.Strokes, func() { g.drawRows(f) }) }

func (g Cells) drawRows(f *scene.Frame) {
	for i, r := range g.Rows {
		if f.Narrow {
			theme.Middle(&f.Canvas, theme.Style(theme.TickSize, theme.TextInk, false), vg.Point{X: f.Min.X + 1, Y: f.Y(-float64(i)) - nameHeight/2}, r.Name)
		}
		for j := range r.Cells {
			c := &r.Cells[j]
			box := vg.Rectangle{Min: f.At(float64(j), -float64(i)-1), Max: f.At(float64(j)+1, -float64(i))}
			if f.Narrow {
				box.Max.Y -= nameHeight
			}
			c.draw(f, box)
			if c.Head != "" {
				f.Hits = append(f.Hits, scene.Hit{Box: box, Name: r.Name, X: g.Columns[j] + " " + f.Panel.X.Name, Y: c.says()})
			}
		}
	}
}

// draw writes the head in one line, and the text in up to two beneath it. Where
// there is no room for a head, its first word or sign stands for it.
func (c *Cell) draw(f *scene.Frame, box vg.Rectangle) {
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
	outline := scene.Rectangle(box.Min.X+1, box.Min.Y+1, box.Max.X-1, box.Max.Y-1)
	f.FillPolygon(tone.fill, outline)
	scene.StrokeBox(f.Canvas, draw.LineStyle{Color: theme.FaintInk, Width: 0.6}, outline)

	const size, step = 7.5, vg.Length(8.6)
	width := box.Size().X - 6
	bold, plain := centred(size, tone.ink, true), centred(size, tone.ink, false)
	lines, head := theme.Wrap(plain, c.Text, width), c.Head
	wide := func(line string) bool { return plain.Width(line) > width }
	if c.Text == "" || len(lines) > 2 || slices.ContainsFunc(lines, wide) {
		lines = nil
	}
	if bold.Width(head) > width {
		head, _, _ = strings.Cut(head, " ")
	}
	center.Y += step * vg.Length(len(lines)) / 2
	theme.Middle(&f.Canvas, bold, center, theme.Fit(bold, head, width))
	for _, l := range lines {
		center.Y -= step
		theme.Middle(&f.Canvas, plain, center, l)
	}
}
