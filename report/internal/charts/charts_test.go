package charts

import (
	"go/build"
	"strings"
	"testing"
)

// A chart is made of primitives: none draws by itself.
func TestChartsOnlyDefine(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.HasPrefix(path, "gonum.org/") {
			t.Errorf("charts import %s: let package scene draw", path)
		}
	}
	for _, d := range definitions {
		if (d.point == nil) == (d.sweep == nil) || d.name == "" || d.title == "" {
			t.Errorf("the chart %q is not of a point or a sweep, or lacks a title", d.name)
		}
	}
}
