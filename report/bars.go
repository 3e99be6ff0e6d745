package report

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/figure"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/rows"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// Unit is what the values of a [BarPanel] are counted in.
type Unit = number.Unit

// The units of seconds and of bytes of memory.
const (
	Seconds = number.Seconds
	Memory  = number.Memory
)

// BarPanel is a panel of named bars, each the median of its values.
type BarPanel struct {
	Heading string
	Unit    Unit
	Bars    []Bar
}

// Bar is one row. One that stands out is drawn in colour.
type Bar struct {
	Name      string
	Values    []float64
	StandsOut bool
}

// Bars draws panels as one picture, in PNG, with the sources below it.
func Bars(name, title string, sources []string, panels []BarPanel) ([]byte, error) {
	c := figure.Chart{Name: name, Title: title, Sources: sources, Columns: 2}
	for _, p := range panels {
		var list []rows.Bar
		for _, b := range p.Bars {
			look := theme.Look{Ink: theme.UnknownInk}
			if b.StandsOut {
				look = theme.LookOf("ws")
			}
			m := stat.Median(b.Values)
			list = append(list, rows.Bar{
				Name: b.Name, Parts: []rows.Part{{Value: m}}, Trials: b.Values, Model: math.NaN(), Value: p.Unit.Format(m), Look: look,
			})
		}
		c.Panels = append(c.Panels, rows.BarPanel(p.Heading, "", p.Unit, list))
	}
	return c.PNG()
}
