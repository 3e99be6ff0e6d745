package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// action runs what action.yml runs, with inputs as GitHub hands them over, and
// returns what it wrote to the job's outputs and summary.
func action(t *testing.T, dir string, inputs map[string]string) (e ended, outputs, summary string) {
	t.Helper()
	program(t, "pollpush") // skips where no processes are run
	return actionBy(t, programs, dir, inputs)
}

// actionBy does so with the programs of another folder.
func actionBy(t *testing.T, programs, dir string, inputs map[string]string) (e ended, outputs, summary string) {
	t.Helper()
	script, err := filepath.Abs("../../.ci/action")
	if err != nil {
		t.Fatal(err)
	}
	p := prepared(t, dir, script, programs)
	files := t.TempDir()
	p.cmd.Env = append(os.Environ(), "GITHUB_OUTPUT="+filepath.Join(files, "outputs"), "GITHUB_STEP_SUMMARY="+filepath.Join(files, "summary"))
	for name, value := range inputs {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.start()
	e = p.end()
	written := filesIn(t, files)
	return e, written[filepath.Join(files, "outputs")], written[filepath.Join(files, "summary")]
}

// A server that runs is measured, and held against the run before.
func TestAction(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	inputs := map[string]string{"TARGET": url, "SCENARIO": "tiny.yaml", "TRANSPORTS": "ws", "TRIALS": "1", "OUT": "first run"}
	e, outputs, summary := action(t, dir, inputs)
	verdict, known := map[int]string{fine: "measured", invalidRun: "invalid"}[e.code] // by how busy the machine is
	if !known {
		t.Errorf("exit code %d: %s", e.code, e.stderr)
	}
	if outputs != "verdict="+verdict+"\nreport=first run/report.html\n" || !strings.Contains(summary, "bytes per delivery, in") || strings.Contains(summary, "](charts/") {
		t.Errorf("outputs %q, summary:\n%s", outputs, summary)
	}
	wantReport(t, filepath.Join(dir, "first run"))

	inputs["BASELINE"], inputs["OUT"], inputs["COUNTS_ONLY"] = "first run", "second run", "true"
	inputs["LIMITS"] = "requests-per-client=5%, bytes-per-delivery-in=1%"
	e, outputs, summary = action(t, dir, inputs)
	e.wantExit(t, fine)
	if outputs != "verdict=pass\nreport=second run/report.html\n" || !strings.Contains(summary, "Counts: no regression. Times: not tested (counts only).") {
		t.Errorf("outputs %q, summary:\n%s", outputs, summary)
	}
}

// A baseline that is not there fails, unless it may be missing.
func TestActionWithoutBaseline(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[string]struct {
		code    int
		outputs string
	}{
		"false": {refused, "verdict=refused\nreport=pollpush-results/report.html\n"},
		"true":  {fine, "verdict=not-compared\nreport=pollpush-results/report.html\n"},
	} {
		t.Run(allowed, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			url, _ := serve(t)
			e, outputs, _ := action(t, dir, map[string]string{"TARGET": url, "SCENARIO": "tiny.yaml", "TRANSPORTS": "ws", "BASELINE": "nowhere",
				"ALLOW_MISSING_BASELINE": allowed, "COUNTS_ONLY": "true"})
			e.wantExit(t, want.code)
			if outputs != want.outputs {
				t.Errorf("outputs %q, want %q", outputs, want.outputs)
			}
		})
	}
}

// Whatever an input holds, it is an argument and no script, and no flag.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	for name, inputs := range map[string]map[string]string{
		"no target":            {},
		"a script":             {"TARGET": "http://127.0.0.1:1", "SCENARIO": `$(touch pwned); touch pwned; "`},
		"a flag as a scenario": {"TARGET": "http://127.0.0.1:1", "SCENARIO": "--out=pwned"},
		"flags as clients":     {"TARGET": "http://127.0.0.1:1", "SCENARIO": "tiny.yaml", "CLIENTS": "5 --out=pwned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			e, outputs, _ := action(t, dir, inputs)
			e.wantExit(t, badInput)
			if outputs != "verdict=refused\n" {
				t.Errorf("outputs %q", outputs)
			}
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Error("it was run")
			}
		})
	}
}

// However the program ends, and whatever it leaves undone, there is a verdict.
func TestActionTellsAVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pollpush, baseline string
		code               int
		verdict            string
	}{
		"no report":              {"exit 0", "", fine, "measured"},
		"no report, and doubted": {"exit 4", "", invalidRun, "invalid"},
		"an empty report":        {`mkdir -p out; : >out/report.md`, "", fine, "measured"},
		"killed":                 {"kill -9 $$", "", 128 + 9, "refused"},
		"no comparison":          {`[ "$1" = run ]`, "base", regression, "regression"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, filepath.Join(folder, "pollpush"), "#!/bin/sh\n"+c.pollpush+"\n")
			if err := os.Chmod(filepath.Join(folder, "pollpush"), 0o755); err != nil {
				t.Fatal(err)
			}
			e, outputs, _ := actionBy(t, folder, t.TempDir(), map[string]string{"TARGET": "http://127.0.0.1:1", "OUT": "out", "BASELINE": c.baseline})
			e.wantExit(t, c.code)
			if outputs != "verdict="+c.verdict+"\n" {
				t.Errorf("outputs %q", outputs)
			}
		})
	}
}
