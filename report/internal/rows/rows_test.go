package rows

import (
	"fmt"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/scene"
	"github.com/pollpush/pollpush/report/internal/svg"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// The pointer and the list of numbers tell what is drawn, and nothing else.
func TestWhatIsDrawnIsToldAndListed(t *testing.T) {
	scale := axis.Linear(10, number.Count.ScaleOf(10), 5, true)
	scale.Say = number.Count.Format
	named := scale
	named.Name, named.Say = "clients", nil
	line := scene.Line{Name: "ws", Look: theme.LookOf("ws"), Width: 1, Radius: 3, Points: []scene.Point{
		{X: 1, Y: 2, Low: 1, High: 3, Mark: scene.Marked}, {X: 2, Y: 4}, {X: 3, Y: 6, Mark: scene.Crossed}}}
	bars := BarPanel("cost", " (median)", number.Count, []Bar{{Name: "sse", Parts: []Part{{Value: 5}}, Trials: []float64{4, 6}, Model: 7, Value: "5", Aside: "(model 7)", Look: theme.LookOf("sse")}})
	cells := CellPanel("grid", "clients", Cells{Columns: []string{"1", "2"}, Rows: []Row{{Name: "poll", Cells: []Cell{{}, {Head: "breaks", Text: "late"}}}}})
	for _, c := range []struct {
		panel         scene.Panel
		said, numbers string
	}{
		{scene.Panel{X: scale, Y: scale, Height: 100, Scene: []scene.Primitive{line, scene.Guide{Series: scene.Series{Name: "model", Y: []float64{5}}}}},
			"ws\n1: 2 | ws\n3: 6", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6] | model [] [5]"},
		{scene.Panel{X: scale, Y: scale, Height: 100, Strips: 75, Scene: []scene.Primitive{line}},
			"1\nws 2 | 2\nws 4 | 3\nws 6", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6]"},
		{scene.Panel{X: named, Y: scale, Height: 100, Scene: []scene.Primitive{line}},
			"", "ws [1 2] [2 4] | ws band, low [1] [1] | ws band, high [1] [3] | ws invalid [3] [6]"},
		{bars, "sse\ncost: 5 (model 7)\ntrials from 4 to 6", "sse [] [5] | sse trials [] [4 6] | sse model [] [7]"},
		{cells, "poll\n2 clients: breaks late", "poll; 2 breaks late [] []"},
	} {
		var said, numbers []string
		for _, h := range c.panel.Draw(draw.New(svg.New(theme.Wide, c.panel.FullHeight(theme.Wide)))) {
			said = append(said, h.Says())
		}
		for _, s := range c.panel.Numbers() {
			numbers = append(numbers, fmt.Sprint(s.Name, " ", s.X, " ", s.Y))
		}
		assert.Check(t, is.Equal(strings.Join(said, " | "), c.said), "%s tells", c.panel.Heading)
		assert.Check(t, is.Equal(strings.Join(numbers, " | "), c.numbers), "%s lists", c.panel.Heading)
	}
}
