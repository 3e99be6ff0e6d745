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

// A reason is added in two places, its row in the table and the check that gives
// it. Reading, reports and the documented list know it from there.
func TestAddingAReason(t *testing.T) {
	c := recipe.New(t)
	c.Replace("internal/result/reason.go", "\tBroken          = \"invariants\"\n", "\tBroken          = \"invariants\"\n\tFullMoon        = \"full_moon\"\n")
	c.Replace("internal/result/reason.go", "\t{Code: Steal,", "\t{Code: FullMoon, Words: \"nights of full moon\", Timing: true, Noise: true, Suspect: \"the moon was full\"},\n\t{Code: Steal,")
	c.Replace("internal/result/judge.go", "\tt.judgeFailures()\n", "\tt.judgeFailures()\n\tif t.Env.NoFile == 28 {\n\t\tt.Doubt(FullMoon, Suspect, \"the moon was full\")\n\t}\n")
	c.Generate()
	c.Test("./internal/result", "TestEveryCodeHasARow")

	method, err := os.ReadFile(filepath.Join(c.Dir, "docs/method.md"))
	row := "\n| `full_moon` | the moon was full | suspect |\n"
	assert.Check(t, err == nil && strings.Contains(string(method), row), "docs/method.md lacks %q: %v", row, err)
	pollpush := filepath.Join(c.Build("./cmd/pollpush"), "pollpush")
	report := func(dir string) string {
		out, _ := exec.Command(pollpush, "report", dir).CombinedOutput()
		return string(out)
	}
	if got, want := report(sevenTrials(t, true)), "suspect, nights of full moon: 7 trials of ws"; !strings.Contains(got, want) {
		t.Errorf("the report lacks %q:\n%s", want, got)
	}
	if got, want := report(sevenTrials(t, false)), "missing reason, by which it is suspect: the moon was full"; !strings.Contains(got, want) {
		t.Errorf("trials of a full moon that do not say so are read; want %q:\n%s", want, got)
	}
	if want := []string{"internal/result/reason.go", "internal/result/judge.go"}; !slices.Equal(c.Touched(), want) {
		t.Errorf("touched are %v, want %v", c.Touched(), want)
	}
}

// sevenTrials writes results of a full moon's nights, which the trials say or not,
// and returns their folder.
func sevenTrials(t *testing.T, said bool) (dir string) {
	stored, err := result.ReadDir("../../results/baseline/short")
	assert.NilError(t, err)
	trial := stored[slices.IndexFunc(stored, func(t result.Trial) bool { return t.Transport == "ws" })]
	trial.Env.NoFile, trial.Asked.Trials, trial.Asked.Transports = 28, 7, []string{"ws"}
	if said {
		trial.Reasons, trial.Validity = []result.Reason{{Code: "full_moon", Validity: result.Suspect, Text: "the moon was full"}}, result.Suspect
	}
	dir = t.TempDir()
	for trial.Trial = 1; trial.Trial <= 7; trial.Trial++ {
		assert.NilError(t, result.Append(filepath.Join(dir, result.FileName), &trial))
	}
	return dir
}
