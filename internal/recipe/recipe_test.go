package recipe_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/recipe"
)

// A recipe's changes are in what is built and tested, embedded files as well as
// code, and nowhere else.
func TestCopy(t *testing.T) {
	c := recipe.New(t)
	c.Write("internal/recipe/hello/text.txt", "hello from afar")
	c.Write("internal/recipe/hello/main.go", "package main\n\nimport _ \"embed\"\n\n//go:embed text.txt\nvar text string\n\nfunc main() { print(text) }\n")
	c.Replace("internal/recipe/hello/text.txt", "from afar", "at home")
	out, err := exec.Command(filepath.Join(c.Build("./internal/recipe/hello"), "hello")).CombinedOutput()
	assert.Check(t, err == nil && string(out) == "hello at home", "the program prints %q, %v", out, err)
	if want := []string{"internal/recipe/hello/text.txt", "internal/recipe/hello/main.go"}; !slices.Equal(c.Touched(), want) {
		t.Errorf("touched are %v, want %v", c.Touched(), want)
	}
	c.Write("internal/recipe/hello/main_test.go", "package main\n\nimport (\"os\"; \"testing\")\n\nfunc TestIt(t *testing.T) { b, _ := os.ReadFile(\"text.txt\"); t.Log(string(b)) }\n")
	if out := c.Test("./internal/recipe/hello", "TestIt"); !strings.Contains(out, "hello at home") {
		t.Errorf("the test prints %s", out)
	}
}
