package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// A rate that no generator can keep up is told as just that, before all that
// follows from it, and the run ends as one whose numbers are not to be used.
func TestAbsurdRate(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"ws", "poll"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--transports", transport, "--rate", "1000000/s", "--drain", "1s")
			e.wantExit(t, invalidRun, "invalid: generator saturated: ", "1 of 1 trials are invalid; the reasons stand in the report")
			trials, err := result.ReadDir(filepath.Join(dir, "run"))
			if err != nil {
				t.Fatal(err)
			}
			if len(trials) != 1 || trials[0].Status != result.Complete {
				t.Fatalf("%d trials, the first %s: %v", len(trials), trials[0].Status, trials[0].Reasons)
			}
			trial := trials[0]
			if r := trial.Reasons[0]; r.Code != result.GeneratorCPU || r.Validity != result.Invalid || !strings.HasPrefix(r.Text, "generator saturated: ") {
				t.Errorf("the first of its reasons is %+v", r)
			}
			// A million a second for two seconds, evenly.
			if trial.Offered > 2_000_000 || trial.Sent+trial.NotSent != trial.Offered || trial.NotSent == 0 {
				t.Errorf("%d offered, %d sent, %d not sent", trial.Offered, trial.Sent, trial.NotSent)
			}
			wantReport(t, filepath.Join(dir, "run"))
			wantNoneLeft(t, dir)
		})
	}
}
