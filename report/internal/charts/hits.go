package charts

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/pollpush/pollpush/report/internal/figure"
)

// hits are the cells in which anything is said.
func (g stampGrid) hits(p *plot.Plot, c draw.Canvas) []figure.Hit {
	x, y := p.Transforms(&c)
	var list []figure.Hit
	for i, row := range g.rows {
		top, bottom := y(float64(len(g.rows)-i)), y(float64(len(g.rows)-i-1))
		for j, cell := range row.cells {
			if cell.Stamp == "" {
				continue
			}
			box := vg.Rectangle{Min: vg.Point{X: x(float64(j)), Y: bottom}, Max: vg.Point{X: x(float64(j + 1)), Y: top}}
			list = append(list, figure.Hit{Box: box, Name: row.name, X: g.columns[j] + " " + p.X.Label.Text, Y: strings.TrimSpace(cell.Stamp + " " + cell.Reason)})
		}
	}
	return list
}
