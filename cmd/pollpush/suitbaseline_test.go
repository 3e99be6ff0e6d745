package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// What a comparison with the baseline would refuse in the end is refused before
// anything is measured.
func TestBaselineRefuses(t *testing.T) {
	t.Parallel()
	_ = program(t, "pollpush")
	dir := workplace(t)
	asked := strings.NewReplacer("[poll, ws]", "[ws]", "clients: 20", "clients: 2", "20/s", "5/s", "publishers: 4", "publishers: 1", "steady: 2s", "steady: 1s").Replace(tiny)
	write(t, filepath.Join(dir, "asked.yaml"), asked)
	grid, err := order{File: "asked.yaml", Source: asked}.grid()
	if err != nil {
		t.Fatal(err)
	}
	writeRun(t, filepath.Join(dir, "base"), 1, func(t *result.Trial) { t.ScenarioHash = grid.Points[0].Hash() })
	write(t, filepath.Join(dir, "broken", result.FileName), "once\n")
	for args, c := range map[string]struct {
		code int
		said []string
	}{
		"--baseline nowhere":                   {refused, []string{"nowhere: there is no such file", "or leave --baseline out to go on without"}},
		"--baseline broken":                    {badInput, []string{"broken/trials.jsonl:1: is not JSON"}},
		"--transports ws,poll --baseline base": {badInput, []string{"--baseline base: ", "the base has no trial of poll (transports: ws, and poll, ws)"}},
		"--baseline base --clients 30":         {badInput, []string{"clients: 2, and 30"}},
		"--baseline base --clients 2,30":       {badInput, []string{"clients: 2, and 30"}},
		"--baseline base --rate 10/s":          {badInput, []string{"publish.rate: 5, and 10"}},
		"--baseline base --seed 9":             {badInput, []string{"flags: none, and --seed 9"}},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			e := pollpush(t, dir, append([]string{"run", "asked.yaml"}, strings.Fields(args)...)...)
			e.wantExit(t, c.code, c.said...)
			if _, err := os.Stat(filepath.Join(dir, "results")); err == nil || strings.Contains(e.stderr, "trial 1") {
				t.Error("something was measured")
			}
		})
	}
	e := pollpush(t, dir, "run", "asked.yaml", "--trials", "2", "--baseline", "base", "--target", "http://127.0.0.1:1")
	e.wantExit(t, refused, "is the server running there?") // which is asked next
}
