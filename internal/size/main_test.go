package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestMeasure(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":             "module m\n\ngo 1.26\n",
		"README.md":          "three words here\n",
		"cmd/a/main.go":      "package main\n\nimport _ \"m/used\"\n\nfunc main() {}\n",
		"used/one.go":        "package used\n\nfunc one() { two() }\n",
		"used/two.go":        "package used\n\nfunc two() { one() }\n",
		"used/three.go":      "package used\n\nfunc three() { one() }\n",
		"used/one_test.go":   "package used\n",
		"fortests/helper.go": "package fortests\n\nfunc Help() {}\n",
	} {
		path := filepath.Join(root, name)
		assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		assert.NilError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	var out strings.Builder
	assert.NilError(t, measure(&out, root))
	for _, want := range []string{
		"code       14 lines", "tests       1 lines of tests, and 3 of packages", "docs        3 words on 1 pages",
		"       9 m/used\n", "files in circles: 2;", "  m/used 2 of 3\n",
	} {
		assert.Check(t, strings.Contains(out.String(), want), "the output lacks %q:\n%s", want, &out)
	}
}
