package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := measure(&out, root); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"code       14 lines", "tests       1 lines of tests, and 3 of packages", "docs        3 words on 1 pages",
		"       9 m/used\n", "files in circles: 2;", "  m/used 2 of 3\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
}
