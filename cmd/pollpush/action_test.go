package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
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
	assert.NilError(t, err)
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
	assert.Check(t, known, "exit code %d: %s", e.code, e.stdout)
	if outputs != "verdict="+verdict+"\nreport=first run/report.html\n" || !strings.HasPrefix(summary, "**pollpush: "+verdict+".** ") ||
		!strings.Contains(summary, "bytes per delivery, in") || strings.Contains(summary, "](charts/") {
		t.Errorf("outputs %q, summary:\n%s", outputs, summary)
	}
	wantReport(t, filepath.Join(dir, "first run"))

	inputs["BASELINE"], inputs["OUT"], inputs["COUNTS_ONLY"] = "first run", "second run", "true"
	inputs["LIMITS"] = "requests-per-client=5%, bytes-per-delivery-in=5%,bytes-per-delivery-out=5%"
	e, outputs, summary = action(t, dir, inputs)
	e.wantJudged(t, fine)
	if e.code == fine && (outputs != "verdict=pass\nreport=second run/report.html\n" || !strings.Contains(summary, "**pollpush: pass.** No regression.") ||
		!strings.Contains(summary, "Counts: no regression. Times: not tested (counts only).") || !strings.Contains(summary, "bytes per delivery, in")) {
		t.Errorf("outputs %q, summary:\n%s", outputs, summary)
	}
}

// A baseline that cannot be compared with is refused before anything is measured.
func TestActionBaseline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		allowed, counts string
		code            int
		outputs         string
		summary         []string
	}{
		"nowhere": {"", "true", refused, "verdict=refused\n", []string{
			"Nothing was measured: there is no baseline in nowhere. Make and commit one (https://github.com/pollpush/pollpush/blob/main/docs/ci.md), or set allow-missing-baseline: true.", "make the base with `pollpush run SCENARIO --out nowhere`"}},
		"nowhere allowed": {"true", "true", fine, "verdict=not-compared\nreport=pollpush-results/report.html\n", []string{
			"There is no baseline in nowhere yet. To make this run the baseline, commit its trials.jsonl as nowhere/trials.jsonl.", "bytes per delivery, in"}},
		".": {"", "true", refused, "verdict=refused\n", []string{"there is no baseline in .", "bench holds a run: give that as the base"}},
		"broken": {"true", "true", badInput, "verdict=refused\n", []string{
			"Nothing was measured: the baseline broken cannot be used:", "broken/trials.jsonl:1: is not JSON"}},
		"bench": {"", "true", badInput, "verdict=refused\n", []string{"The server could not be measured:", "--baseline bench: ", "(clients: 2, and 20; "}},
		"late":  {"true", "", badInput, "verdict=refused\n", []string{"the baseline late cannot be used", "ws trial 1 is invalid for its timing (80 ms late)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			writeRun(t, filepath.Join(dir, "bench"), 1, same)
			write(t, filepath.Join(dir, "broken", result.FileName), "once\n")
			writeRun(t, filepath.Join(dir, "late"), 1, func(t *result.Trial) {
				t.Doubt(result.PublishLate, result.Invalid, "80 ms late")
				t.Validity = result.Invalid
			})
			url, _ := serve(t)
			baseline, _, _ := strings.Cut(name, " ")
			e, outputs, summary := action(t, dir, map[string]string{"TARGET": url, "SCENARIO": "tiny.yaml", "TRANSPORTS": "ws", "BASELINE": baseline,
				"ALLOW_MISSING_BASELINE": c.allowed, "COUNTS_ONLY": c.counts})
			e.wantExit(t, c.code)
			assert.Check(t, outputs == c.outputs, "outputs %q, want %q", outputs, c.outputs)
			for _, text := range c.summary {
				assert.Check(t, strings.Contains(summary, text), "the summary does not say %q:\n%s", text, summary)
			}
			_, err := os.Stat(filepath.Join(dir, "pollpush-results"))
			assert.Check(t, (err == nil) == (c.code == fine), "that there are results: %v", err)
		})
	}
}

// Whatever an input holds, it is an argument and no script, and no flag.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	for name, inputs := range map[string]map[string]string{
		"no server":            {},
		"no new":               {"BASE": "true"},
		"two ways":             {"BASE": "true", "NEW": "true", "TARGET": "http://127.0.0.1:1"},
		"turns and a baseline": {"BASE": "true", "NEW": "true", "BASELINE": "base"},
		"no URL":               {"BASE": "http://[::1", "NEW": "http://[::1", "SCENARIO": "tiny.yaml"},
		"a metric unknown":     {"TARGET": "http://127.0.0.1:1", "LIMITS": "bites=5%", "BASELINE": "base"},
		"a script":             {"TARGET": "http://127.0.0.1:1", "SCENARIO": `$(touch pwned); touch pwned; "`},
		"a flag as a scenario": {"TARGET": "http://127.0.0.1:1", "SCENARIO": "--out=pwned"},
		"flags as clients":     {"TARGET": "http://127.0.0.1:1", "SCENARIO": "tiny.yaml", "CLIENTS": "5 --out=pwned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			writeRun(t, filepath.Join(dir, "base"), 1, same)
			e, outputs, summary := action(t, dir, inputs)
			e.wantExit(t, badInput)
			if outputs != "verdict=refused\n" || !strings.HasPrefix(summary, "**pollpush: refused.** ") {
				t.Errorf("outputs %q, summary %q", outputs, summary)
			}
			_, err := os.Stat(filepath.Join(dir, "pwned"))
			assert.Check(t, err != nil, "it was run")
		})
	}
}

// However the program ends, and whatever it leaves undone, there is a verdict.
func TestActionTellsAVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pollpush, baseline string
		code               int
		verdict, summary   string
	}{
		"no report":              {"exit 0", "", fine, "measured", "Nothing was compared, because no baseline was given."},
		"no report, and doubted": {"exit 4", "", invalidRun, "invalid", "compare counts only: counts-only: true."},
		"an empty report":        {`mkdir -p out; : >out/report.md`, "", fine, "measured", "Nothing was compared"},
		"killed":                 {"kill -9 $$", "", 128 + 9, "refused", "The server could not be measured:"},
		"its word":               {"echo earlier; echo 'pollpush: no room' >&2; echo left; exit 3", "", refused, "refused", "````text\npollpush: no room\nleft\n````"},
		"no comparison":          {`case "$*" in "compare"*base*out) exit 1;; esac`, "base", regression, "regression", "The server has become worse."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			script(t, filepath.Join(folder, "pollpush"), "#!/bin/sh\n"+c.pollpush+"\n")
			e, outputs, summary := actionBy(t, folder, t.TempDir(), map[string]string{"TARGET": "http://127.0.0.1:1", "OUT": "out", "BASELINE": c.baseline})
			e.wantExit(t, c.code)
			if outputs != "verdict="+c.verdict+"\n" || !strings.HasPrefix(summary, "**pollpush: "+c.verdict+".** ") || !strings.Contains(summary, c.summary) {
				t.Errorf("outputs %q, summary %q", outputs, summary)
			}
		})
	}
}

// Times are tested unless an input says otherwise: 6 trials are asked for, and by
// turns no fewer are run.
func TestActionTestsTimes(t *testing.T) {
	t.Parallel()
	target := map[string]string{"TARGET": "http://127.0.0.1:1"}
	turns := map[string]string{"BASE": "old", "NEW": "new", "READY": "http://127.0.0.1:1/up"}
	for name, c := range map[string]struct {
		ways, inputs map[string]string
		want         string
	}{
		"a target":         {target, nil, "run --target=http://127.0.0.1:1 --out=pollpush-results --trials=6 -- short\n"},
		"as many as asked": {target, map[string]string{"TRIALS": "9", "CLIENTS": "5"}, "run --target=http://127.0.0.1:1 --out=pollpush-results --clients=5 --trials=9 -- short\n"},
		"counts":           {target, map[string]string{"COUNTS_ONLY": "true"}, "run --target=http://127.0.0.1:1 --out=pollpush-results -- short\n"},
		"turns": {turns, map[string]string{"LIMITS": "lost=1%"}, "ab --out=pollpush-results --ready=http://127.0.0.1:1/up --limit=lost=1% " +
			"--markdown=pollpush-results/comparison.md --junit=pollpush-results/comparison.xml -- old new short\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, dir := t.TempDir(), t.TempDir()
			script(t, filepath.Join(folder, "pollpush"), "#!/bin/sh\necho \"$*\" >>asked\nexit 1\n")
			inputs := map[string]string{}
			maps.Copy(inputs, c.ways)
			maps.Copy(inputs, c.inputs)
			actionBy(t, folder, dir, inputs)
			asked, err := os.ReadFile(filepath.Join(dir, "asked"))
			assert.Check(t, string(asked) == c.want, "asked for %q, %v; want %q", asked, err, c.want)
		})
	}
}
