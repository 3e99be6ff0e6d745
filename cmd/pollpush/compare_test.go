package main

import (
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/gate"
)

// writeRun writes a run of so many trials, each changed.
func writeRun(t *testing.T, dir string, trials int, change func(*result.Trial)) {
	t.Helper()
	path := filepath.Join(dir, result.FileName)
	write(t, path, "")
	for n := 1; n <= trials; n++ {
		trial := aTrial()
		trial.Run, trial.Trial, trial.Asked.Trials = filepath.Base(dir), n, trials
		trial.Env = result.Env{Commit: "4c1d9e2", CPUModel: "Example CPU", Cores: 2, Go: "go1.26"}
		trial.Reasons, trial.Validity = []result.Reason{}, result.Valid
		change(&trial)
		assert.NilError(t, result.Append(path, &trial))
	}
}

// moreBytes are protocol bytes that a trial's clients got.
func moreBytes(n int64) func(*result.Trial) {
	return func(t *result.Trial) {
		t.Bytes.In += n
		t.Bytes.Layers.In.Protocol += n
		t.PhaseBytes[2].Bytes = t.Bytes
	}
}

func same(*result.Trial) {}

func TestCompareFiles(t *testing.T) {
	t.Chdir(workplace(t))
	writeRun(t, "base", 1, same)
	writeRun(t, "worse", 1, moreBytes(65))
	const finding = "ws: bytes per delivery, in went from 100 B to 106 B (+6.5 B, +6.5 %, limit 2 %)"
	e := inside(t, words("compare base worse --markdown c.md --junit c.xml")...)
	e.wantExit(t, regression, "regression: "+finding)
	const conclusion = "REGRESSION: 1 finding. Times: not tested (needs 4 trials per side; here 1 and 1). Server cost: not measured."
	assert.Check(t, strings.Contains(strings.Join(strings.Fields(e.stdout), " "), conclusion+" - "+finding), "stdout:\n%s", e.stdout)
	files := filesIn(t, ".")
	assert.Check(t, strings.Contains(files["c.md"], "**"+conclusion+"**"), "Markdown:\n%s", files["c.md"])
	if err := xml.Unmarshal([]byte(files["c.xml"]), new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})); err != nil {
		t.Errorf("%v:\n%s", err, files["c.xml"])
	}
	for flag, file := range map[string]string{"--markdown": files["c.md"], "--junit": files["c.xml"]} {
		e := inside(t, "compare", "base", "worse", flag, "-")
		if e.wantExit(t, regression); e.stdout != file {
			t.Errorf("%s -: standard output is not what the file is:\n%s", flag, e.stdout)
		}
	}
	inside(t, words("compare base worse --limit bytes-per-delivery-in=7%")...).wantExit(t, fine)
}

// Learned noise is written beside the base, and raises limits.
func TestCompareLearns(t *testing.T) {
	dir := workplace(t)
	t.Chdir(dir)
	writeRun(t, "base", 6, func(t *result.Trial) { t.StaleShare = 0.1 })
	writeRun(t, "twin", 6, func(t *result.Trial) { // which differs by chance
		t.Started = t.Started.Add(time.Hour)
		t.StaleShare = 0.15
	})
	inside(t, "compare", "base", "twin").wantExit(t, regression)
	e := inside(t, "compare", "--learn", "base", "twin")
	if e.wantExit(t, fine); e.stdout != "Recorded the noise in base/noise.json.\n" {
		t.Errorf("stdout %q", e.stdout)
	}
	wantRefused(t, dir, []refusal{{"compare --learn base/trials.jsonl twin", badInput, "already learned from"}})
	e = inside(t, "compare", "base", "twin", "--all")
	e.wantExit(t, fine)
	if !strings.Contains(e.stdout, "10 % → 50 %") || !strings.Contains(strings.Join(strings.Fields(e.stdout), " "), "Untestable") {
		t.Errorf("it does not say what cannot be tested:\n%s", e.stdout)
	}
	for text, said := range map[string]string{
		"{": "is not JSON", "{}": `has no "schema"`, `{"schema": 7}`: "has schema 7, but this pollpush reads up to 1: use a newer pollpush",
	} {
		write(t, "base/"+gate.NoiseFile, text)
		wantRefused(t, dir, []refusal{{"compare base twin", badInput, "noise base/noise.json: " + said}})
	}
}
