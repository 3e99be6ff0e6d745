package main

import (
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// The committed baseline is of this format and of the scenario as it is, and
// tells what a poll's answer is made of: else the gate refuses every run, or
// cannot name the header that made it fail. `make baseline` renews it.
func TestCommittedBaseline(t *testing.T) {
	t.Parallel()
	trials, err := result.ReadDir("../../results/baseline/short")
	assert.NilError(t, err)
	file, src, err := scenario.Read("short")
	assert.NilError(t, err)
	o := order{File: file, Source: string(src)}
	grid, err := o.grid()
	assert.NilError(t, err)
	want := grid.Points[0]
	var transports []string
	for i := range trials {
		trial := &trials[i]
		transports = append(transports, trial.Transport)
		if trial.Schema != result.Schema {
			t.Errorf("%s trial %d has schema %d, this pollpush writes %d", trial.Transport, trial.Trial, trial.Schema, result.Schema)
		}
		if trial.ScenarioHash != want.Hash() {
			t.Errorf("%s trial %d is of scenario hash %s, short is %s", trial.Transport, trial.Trial, trial.ScenarioHash, want.Hash())
		}
		assert.Check(t, trial.Transport != "poll" || len(trial.AnswerHeaders) != 0, "poll trial %d tells no headers", trial.Trial)
	}
	for _, name := range want.Transports {
		assert.Check(t, slices.Contains(transports, name), "it has no trial of %s", name)
	}
}
