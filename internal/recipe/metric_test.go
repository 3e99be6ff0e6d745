package recipe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/recipe"
	"github.com/pollpush/pollpush/internal/result"
)

// A metric is added in two places, its row in the table and a value worked out by
// hand. Reports, exports, comparisons and the documented list know it from there.
func TestAddingAMetric(t *testing.T) {
	c := recipe.New(t)
	const next = "\t{Name: \"server memory, peak\","
	c.Replace("report/internal/metric/table.go", next, "\t{Name: \"segments per delivery\", Unit: number.Ratio, Better: Lower, Kind: Exact, Limit: 0.02, Use: Main | Compared,\n"+
		"\t\tFormula: \"(tcp.in.segments + tcp.out.segments) / window_deliveries\", Means: \"both directions together\"},\n"+next)
	c.Replace("report/internal/metric/table_test.go", "var worked = map[string]float64{\n", "var worked = map[string]float64{\n\t\"segments per delivery\": 3,\n")
	c.Generate()
	c.Test("./report/internal/metric", "TestEveryMetricByHand")
	contains := func(path, want string) {
		t.Helper()
		text, err := os.ReadFile(path)
		assert.Check(t, err == nil && strings.Contains(string(text), want), "%s lacks %q: %v", path, want, err)
	}
	contains(filepath.Join(c.Dir, "docs/formulas.md"), "\n| segments per delivery | `(tcp.in.segments + tcp.out.segments) / window_deliveries` | 1 | lower | 2 % | `segments-per-delivery` | both directions together |\n")

	pollpush, dir, again := filepath.Join(c.Build("./cmd/pollpush"), "pollpush"), t.TempDir(), t.TempDir()
	stored, err := os.ReadFile("../../results/baseline/short/" + result.FileName)
	assert.NilError(t, err)
	for _, folder := range []string{dir, again} {
		assert.NilError(t, os.WriteFile(filepath.Join(folder, result.FileName), stored, 0o644))
	}
	out, err := exec.Command(pollpush, "report", dir).CombinedOutput()
	assert.Check(t, err == nil && strings.Contains(string(out), "segments per delivery"), "the report, %v, lacks the row:\n%s", err, out)
	contains(filepath.Join(dir, "report.md"), "\n| segments per delivery |")
	contains(filepath.Join(dir, "summary.csv"), ",segments-per-delivery,1,median,")
	contains(filepath.Join(dir, "bench.txt"), "Unit segments-per-delivery better=lower\n")
	contains(filepath.Join(dir, "metrics.prom"), "# TYPE pollpush_segments_per_delivery gauge\n")
	out, _ = exec.Command(pollpush, "compare", dir, again).CombinedOutput()
	assert.Check(t, strings.Contains(string(out), "segments per delivery"), "the comparison lacks the row:\n%s", out)
	if want := []string{"report/internal/metric/table.go", "report/internal/metric/table_test.go"}; !slices.Equal(c.Touched(), want) {
		t.Errorf("touched are %v, want %v", c.Touched(), want)
	}
}
