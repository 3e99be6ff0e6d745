package report

import (
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/theme"
)

// No label of a sweep's chart lies on another, and none is cut.
func TestSweepLabels(t *testing.T) {
	for name, trials := range fixture.Sweeps() {
		for _, c := range documentOf(mustSweep(t, trials)).Charts {
			wide, narrow := c.OnPage()
			for _, svg := range [][]byte{c.SVG(), wide, narrow} {
				checkLabels(t, name+" "+c.Name, readDocument(t, svg).charts[0][1:])
			}
		}
	}
}

func checkLabels(t *testing.T, chart string, labels []label) {
	for i, a := range labels {
		assert.Check(t, !strings.Contains(a.text, "…"), "%s: %q is cut", chart, a.text)
		for _, b := range labels[:i] {
			assert.Check(t, !upright(a) || !upright(b) || !boxOf(a).overlaps(boxOf(b)), "%s: %q lies on %q", chart, a.text, b.text)
		}
	}
}

// upright leaves out the one name that is written beside its axis.
func upright(l label) bool { return l.text != "poll interval" && l.text != "" }

type box struct{ left, right, bottom, top float64 }

func boxOf(l label) box {
	size, _ := strconv.ParseFloat(l.size, 64)
	left := l.x - l.anchored*l.width()
	return box{left, left + l.width(), l.y - 0.7*size, l.y}
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
