package scenario_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/recipe"
)

// A key is a field with its row and the place that uses it: here a pause after
// each trial. Flag, checks, schema and example follow.
func TestHowToAddAKey(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	c := recipe.New(t)
	const table, plan = "internal/scenario/scenario.go", "internal/scenario/plan.go"
	c.Replace(table, "	Drain  time.Duration", "	Rest   time.Duration\n	Drain  time.Duration")
	c.Replace(table, `	{Path: "server.history",`, `	{Path: "phases.rest", About: "Pause after each trial.",
		Default: "1s",
		field:   span(0, time.Minute, func(s *Scenario) *time.Duration { return &s.Phases.Rest }), newer: true},
	{Path: "server.history",`)
	c.Replace(plan, "s.Phases.Drain + StartStop", "s.Phases.Drain + StartStop + s.Phases.Rest")
	c.Generate()
	if want := []string{table, plan}; !slices.Equal(c.Touched(), want) {
		t.Errorf("places: %v, want %v", c.Touched(), want)
	}

	c.Test("./internal/scenario", "TestEmbedded|TestSchemaAgreesWithParse|TestHashIsStable|FuzzParse")
	for name, want := range map[string]string{
		"schema.json":  `"description": "Pause after each trial."`,
		"example.yaml": "  # Pause after each trial.\n  # Value: 0s to 1m. Default: 1s.\n  rest: 1s\n",
	} {
		text, err := os.ReadFile(filepath.Join(c.Dir, "scenarios", name))
		assert.Check(t, err == nil && strings.Contains(string(text), want), "%s lacks %q (%v)", name, want, err)
	}
	pollpush := filepath.Join(c.Build("./cmd/pollpush"), "pollpush")
	for args, want := range map[string]string{
		"run --help":          "--rest=TIME",
		"run short --rest 2m": "--rest 2m: must be 0s to 1m",
		"scenarios":           "2m54s", // chat-1k, whose 6 trials took 2m48s
	} {
		said, _ := exec.CommandContext(t.Context(), pollpush, strings.Fields(args)...).CombinedOutput()
		assert.Check(t, strings.Contains(string(said), want), "pollpush %s does not say %q:\n%s", args, want, said)
	}
}
