package scene

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// No marker hides another.
func TestMarkersStandBeside(t *testing.T) {
	at := vg.Point{X: 10, Y: 20}
	var taken []vg.Point
	for range 5 {
		place := beside(at, taken)
		for _, other := range taken {
			assert.Check(t, math.Hypot(float64(place.X-other.X), float64(place.Y-other.Y)) >= 4.4, "%v lies on %v", place, other)
		}
		assert.Check(t, place.Y == at.Y && math.Abs(float64(place.X-at.X)) <= 9.1, "%v is far from %v", place, at)
		taken = append(taken, place)
	}
}

// The pointer and the list of numbers tell what is drawn, and nothing else.
func TestWhatIsDrawnIsToldAndListed(t *testing.T) {
	scale := axis.Linear(10, number.Count.ScaleOf(10), 5, true)
	scale.Say = number.Count.Format
	named := scale
	named.Name, named.Say = "clients", nil
	line := Line{Name: "ws", Look: theme.LookOf("ws"), Width: 1, Radius: 3, Points: []Point{
		{X: 1, Y: 2, Low: 1, High: 3, Mark: Marked}, {X: 2, Y: 4}, {X: 3, Y: 6, Mark: Crossed}}}
	bars := BarPanel("cost", " (median)", number.Count, []Bar{{Name: "sse", Parts: []Part{{Value: 5}}, Trials: []float64{4, 6}, Model: 7, Value: "5", Aside: "(model 7)", Look: theme.LookOf("sse")}})
	cells := CellPanel("grid", "clients", Cells{Columns: []string{"1", "2"}, Rows: []Row{{Name: "poll", Cells: []Cell{{}, {Head: "breaks", Text: "late"}}}}})
	for _, c := range []struct {
		panel         Panel
		said, numbers string
	}{
		{Panel{X: scale, Y: scale, Height: 100, Scene: []Primitive{line, Guide{Series: Series{Name: "model", Y: []float64{5}}}}},
			"ws, 1: 2 | ws, 3: 6", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6] | model [] [5]"},
		{Panel{X: scale, Y: scale, Height: 100, Strips: true, Scene: []Primitive{line}},
			"1: ws 2 | 2: ws 4 | 3: ws 6", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6]"},
		{Panel{X: named, Y: scale, Height: 100, Scene: []Primitive{line}},
			"", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6]"},
		{bars, "sse, cost: 5 (model 7)\ntrials from 4 to 6", "sse [] [5] | sse trials [] [4 6] | sse model [] [7]"},
		{cells, "poll, 2 clients: breaks late", "poll; 2 breaks late [] []"},
	} {
		var said, numbers []string
		for _, h := range c.panel.Draw(draw.New(vgsvg.New(theme.ChartWidth, c.panel.FullHeight()))) {
			said = append(said, h.Says())
		}
		for _, s := range c.panel.Numbers() {
			numbers = append(numbers, fmt.Sprint(s.Name, " ", s.X, " ", s.Y))
		}
		assert.Check(t, is.Equal(strings.Join(said, " | "), c.said), "%s tells", c.panel.Heading)
		assert.Check(t, is.Equal(strings.Join(numbers, " | "), c.numbers), "%s lists", c.panel.Heading)
	}
}
