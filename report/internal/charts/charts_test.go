package charts

import (
	"go/build"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/report/internal/metric"
)

// A chart is made of primitives: none draws by itself.
func TestChartsOnlyDefine(t *testing.T) {
	for _, dir := range []string{".", "../curves"} {
		p, err := build.ImportDir(dir, 0)
		assert.NilError(t, err)
		for _, path := range p.Imports {
			assert.Check(t, !strings.HasPrefix(path, "gonum.org/"), "%s imports %s: let package scene draw", dir, path)
		}
	}
	for _, d := range definitions {
		if (d.point == nil) == (d.sweep == nil) || d.name == "" || d.title == "" {
			t.Errorf("the chart %q is not of a point or a sweep, or lacks a title", d.name)
		}
	}
}

// Every layer of bytes has an ink, in the same order: without one it would not be drawn.
func TestLayersHaveInks(t *testing.T) {
	var drawn, want []string
	for _, p := range inks {
		drawn = append(drawn, p.Name)
	}
	for _, l := range metric.Layers {
		if l.Name != "compression" {
			want = append(want, l.Name)
		}
	}
	want = append(want, "TCP/IP headers")
	assert.Check(t, slices.Equal(drawn, want), "drawn are %q, want %q", drawn, want)
}
