package report

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// Whoever sees only one picture of a run sees as well what is doubted in it.
func TestEveryChartIsStamped(t *testing.T) {
	r := mustRun(t, fixture.Cases()["doubted"]) // ws is suspect, sse is invalid
	for _, c := range charts.PointCharts(r) {
		svg := c.SVG()
		var said []string
		for _, l := range readDocument(t, svg).charts[0] {
			said = append(said, l.text)
		}
		all := strings.Join(said, "\n")
		for _, want := range []string{"INVALID: sse · SUSPECT: ws", "sse (invalid)", "ws (suspect)", "transports used · invalid"} {
			assert.Check(t, strings.Contains(all, want), "the chart %s does not say %q:\n%s", c.Name, want, all)
		}
	}
}

// Nor is there a table of transports whose head does not say it.
func TestEveryTableIsStamped(t *testing.T) {
	files := written(t, "stamped", fixture.Cases()["doubted"])
	tables := 0
	for _, table := range readDocument(t, files["report.html"]).tables {
		if !table.head || table.title == "All trials" {
			continue
		}
		tables++
		all := fmt.Sprint(table.rows)
		for _, want := range []string{"sse ⚠ invalid", "ws ⚠ suspect"} {
			assert.Check(t, strings.Contains(all, want), "the table below %q does not say %q", table.title, want)
		}
	}
	assert.Check(t, tables >= 3, "the page has %d tables of transports", tables)
}
