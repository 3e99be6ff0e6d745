package charts

import (
	"go/build"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// A chart is made of primitives: none draws by itself.
func TestChartsOnlyDefine(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	assert.NilError(t, err)
	for _, path := range p.Imports {
		assert.Check(t, !strings.HasPrefix(path, "gonum.org/"), "charts import %s: let package scene draw", path)
	}
	for _, d := range definitions {
		if (d.point == nil) == (d.sweep == nil) || d.name == "" || d.title == "" {
			t.Errorf("the chart %q is not of a point or a sweep, or lacks a title", d.name)
		}
	}
}
