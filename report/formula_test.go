package report

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/formula"
)

// documentedFormula is a row of the tables in docs/formulas.md.
type documentedFormula struct {
	name string
	unit string                       // "s", "bytes", "bit/s", "%", "/min", "/s" or "1"
	over string                       // the trials: "sum", "fit", or the median
	of   func(*result.Trial) float64  // nil of a fit
	each func(*result.Second) float64 // what a fit counts
}

var formulaRow = regexp.MustCompile("^\\| (.+?) \\| `([^`]+)` \\| ([^|]+?)(?:, (sum|fit))? \\|")

// documented reads the formulas as they stand in docs/formulas.md.
func documented(t *testing.T) map[string]documentedFormula {
	t.Helper()
	doc, err := os.ReadFile("../docs/formulas.md")
	assert.NilError(t, err)
	list := map[string]documentedFormula{}
	for line := range strings.Lines(string(doc)) {
		m := formulaRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if _, twice := list[m[1]]; twice {
			t.Errorf("docs/formulas.md has two formulas for %q", m[1])
		}
		f := documentedFormula{name: m[1], unit: m[3], over: m[4]}
		if f.over == "fit" {
			f.each, err = formula.Compile[result.Second](m[2])
		} else {
			f.of, err = formula.Compile[result.Trial](m[2])
		}
		assert.NilError(t, err)
		list[f.name] = f
	}
	assert.Assert(t, len(list) != 0, "docs/formulas.md has no table of formulas")
	return list
}

// rawTrials reads a results file as nothing but JSON.
func rawTrials(t *testing.T, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	assert.NilError(t, err)
	defer f.Close()
	var list []map[string]any
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var trial map[string]any
		assert.NilError(t, json.Unmarshal(lines.Bytes(), &trial))
		list = append(list, trial)
	}
	assert.NilError(t, lines.Err())
	return list
}

// typed is raw JSON as what it is of.
func typed[T any](raw any) *T {
	v := new(T)
	text, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		panic(err)
	}
	return v
}
