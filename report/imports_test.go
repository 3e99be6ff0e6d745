package report_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

const module = "github.com/pollpush/pollpush/"

// levels are the packages of the report from the bottom up: each imports only
// those of the levels below its own.
var levels = [][]string{
	{"report/internal/number", "report/internal/junit", "report/internal/formula", "report/internal/svg"},
	{"report/internal/theme"},
	{"report/internal/trials", "report/internal/axis", "report/internal/noise"},
	{"report/internal/metric"},
	{"report/internal/model", "report/internal/compare"},
	{"report/internal/scene", "report/internal/export"},
	{"report/internal/figure", "report/internal/rows"},
	{"report/internal/curves", "report/internal/overtime", "report/internal/document"},
	{"report/internal/charts"},
	{"report/internal/prose", "report/internal/published"},
	{"report/gate", "report/internal/tables"},
	{"report"},
}

// outside are the project's other packages that any of these may import: none
// of them dials.
var outside = []string{"internal/file", "internal/quantity", "internal/result", "internal/stat", "internal/transport", "internal/web", "scenarios"}

// forTests is imported by tests alone.
const forTests = "report/internal/fixture"

const mostLines = 1100

type listed struct {
	Dir, ImportPath string
	GoFiles         []string
	Imports         []string
}

func TestImportsPointDown(t *testing.T) {
	level := map[string]int{}
	for i, names := range levels {
		for _, name := range names {
			level[name] = i
		}
	}
	found := 0
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		own, known := level[name]
		if !known && name != forTests {
			t.Errorf("%s has no level: add it to levels", name)
			continue
		}
		found++
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module)
			if !ours || slices.Contains(outside, to) {
				continue
			}
			if below, ok := level[to]; !ok || known && below >= own || !known {
				t.Errorf("%s imports %s, which is not below it", name, to)
			}
		}
		n := lines(t, p)
		assert.Check(t, n <= mostLines, "%s has %d lines without tests, more than %d: split it", name, n, mostLines)
	}
	assert.Check(t, found == len(level)+1, "found %d packages, want %d", found, len(level)+1)
}

// Nothing that a package of the report is built from reaches a network: a report
// that could ask a server could not be made again from its trials.
func TestNothingDials(t *testing.T) {
	dialers := []string{"net", "net/http", "crypto/tls"}
	for _, p := range list(t, "-deps", "./...") {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		known := strings.HasPrefix(name, "report") || slices.Contains(outside, name)
		assert.Check(t, !slices.Contains(dialers, p.ImportPath) && (!ours || known), "the report depends on %s", p.ImportPath)
	}
}

func list(t *testing.T, args ...string) (all []listed) {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=Dir,ImportPath,GoFiles,Imports"}, args...)...).Output()
	assert.NilError(t, err)
	d := json.NewDecoder(strings.NewReader(string(out)))
	for d.More() {
		var p listed
		assert.NilError(t, d.Decode(&p))
		all = append(all, p)
	}
	return all
}

func lines(t *testing.T, p listed) (n int) {
	t.Helper()
	for _, name := range p.GoFiles {
		b, err := os.ReadFile(filepath.Join(p.Dir, name))
		assert.NilError(t, err)
		n += strings.Count(string(b), "\n")
	}
	return n
}
