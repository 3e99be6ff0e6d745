package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// A rate that no generator can keep up is told as just that, before all that
// follows from it, and the run ends as one whose numbers are not to be used.
func TestAbsurdRate(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--rate", "1000000/s", "--steady", "2s", "--drain", "1s")
	e.wantExit(t, invalidRun, "2 of 2 trials are invalid; the report gives the reasons")
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.Assert(t, err == nil && len(trials) == 2, "%d trials, %v", len(trials), err)
	for _, trial := range trials {
		const words = "generator saturated: "
		alone := !slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == result.ForeignCPU || r.Code == result.Steal })
		if r := trial.Reasons[0]; alone && (r.Code != result.GeneratorCPU || r.Validity != result.Invalid || !strings.HasPrefix(r.Text, words) || !strings.Contains(e.stderr, "invalid: "+words)) {
			t.Errorf("%s: the first of its reasons is %+v", trial.Transport, r)
		}
		// A million a second for two seconds, evenly.
		if trial.Status != result.Complete || trial.Offered > 2_000_000 || trial.Sent+trial.NotSent != trial.Offered || trial.NotSent == 0 {
			t.Errorf("%s: %s, %d offered, %d sent, %d not sent", trial.Transport, trial.Status, trial.Offered, trial.Sent, trial.NotSent)
		}
	}
	wantReport(t, filepath.Join(dir, "run"))
	wantNoneLeft(t, dir)
}
