package report

import (
	"image/color"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// No label of a sweep's chart lies on another, and none is cut.
func TestSweepLabels(t *testing.T) {
	for name, trials := range fixture.Sweeps() {
		for _, c := range documentOf(mustSweep(t, trials)).Charts {
			svg, err := c.SVG()
			assert.NilError(t, err)
			labels := readDocument(t, svg).charts[0]
			for i, a := range labels {
				assert.Check(t, !strings.Contains(a.text, "…"), "%s %s: %q is cut", name, c.Name, a.text)
				for _, b := range labels[:i] {
					assert.Check(t, !upright(a) || !upright(b) || !boxOf(a).overlaps(boxOf(b)), "%s %s: %q lies on %q", name, c.Name, a.text, b.text)
				}
			}
		}
	}
}

// upright leaves out the one name that is written beside its axis.
func upright(l label) bool { return l.text != "poll interval" && l.text != "" }

type box struct{ left, right, bottom, top float64 }

func boxOf(l label) box {
	size, _ := strconv.ParseFloat(strings.TrimSuffix(l.size, "px"), 64)
	width := float64(theme.Style(vg.Length(size), color.Black, false).Width(strings.ReplaceAll(l.text, "\u00a0", "")))
	return box{l.x, l.x + width, l.y, l.y + 0.7*size}
}

func (a box) overlaps(b box) bool {
	return a.left < b.right-0.5 && b.left < a.right-0.5 && a.bottom < b.top-0.5 && b.bottom < a.top-0.5
}

// Every marker is drawn, and in a way of its own.
func TestMarkersDiffer(t *testing.T) {
	seen := map[draw.GlyphDrawer]bool{}
	for _, l := range theme.Looks() {
		assert.Check(t, l.Marker != nil && !seen[l.Marker], "the look %+v has no marker of its own", l)
		seen[l.Marker] = true
	}
}
