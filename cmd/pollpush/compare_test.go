package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		if err := result.Append(path, &trial); err != nil {
			t.Fatal(err)
		}
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
	t.Parallel()
	dir := workplace(t)
	writeRun(t, filepath.Join(dir, "base"), 1, same)
	writeRun(t, filepath.Join(dir, "worse"), 1, moreBytes(65))
	const finding = "ws: bytes per delivery, in went from 100 B to 106 B (+6.5 B, +6.5 %, limit 2 %)"
	e := pollpush(t, dir, "compare", "base", "worse", "--markdown", "c.md", "--junit", "c.xml")
	e.wantExit(t, regression, "regression: "+finding)
	const conclusion = "REGRESSION: 1 finding. Times: not tested (needs 4 trials per side; here 1 and 1). Server cost: not measured."
	if !strings.Contains(strings.Join(strings.Fields(e.stdout), " "), conclusion+" - "+finding) {
		t.Errorf("stdout:\n%s", e.stdout)
	}
	markdown, err := os.ReadFile(filepath.Join(dir, "c.md"))
	if err != nil || !strings.Contains(string(markdown), "**"+conclusion+"**") {
		t.Errorf("%v:\n%s", err, markdown)
	}
	junit, err := os.ReadFile(filepath.Join(dir, "c.xml"))
	if err != nil || xml.Unmarshal(junit, new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})) != nil {
		t.Errorf("%v:\n%s", err, junit)
	}
	for flag, file := range map[string]string{"--markdown": string(markdown), "--junit": string(junit)} {
		e := pollpush(t, dir, "compare", "base", "worse", flag, "-")
		if e.wantExit(t, regression); e.stdout != file {
			t.Errorf("%s -: standard output is not what the file is:\n%s", flag, e.stdout)
		}
	}
	pollpush(t, dir, "compare", "base", "worse", "--limit", "bytes-per-delivery-in=7%").wantExit(t, fine)
	pollpush(t, dir, "compare", "base", "base", "--markdown", "nowhere/c.md").wantExit(t, refused, "the comparison cannot be written", "nowhere/c.md")
}

func TestCompareRefusals(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	writeRun(t, filepath.Join(dir, "base"), 3, same)
	writeRun(t, filepath.Join(dir, "late"), 3, func(t *result.Trial) {
		t.Doubt(result.PublishLate, result.Invalid, "80 ms late")
		t.Validity = result.Invalid
	})
	writeRun(t, filepath.Join(dir, "broken"), 3, func(t *result.Trial) {
		t.Doubt(result.Mismatch, result.Invalid, "counts differ")
		t.Validity = result.Invalid
	})
	writeRun(t, filepath.Join(dir, "short"), 3, func(t *result.Trial) { t.Asked.Trials = 6 })
	writeRun(t, filepath.Join(dir, "other"), 3, func(t *result.Trial) { t.ScenarioHash = "ba9876543210" })
	writeRun(t, filepath.Join(dir, "cut"), 3, func(t *result.Trial) { t.Asked.Transports = []string{"poll", "ws"} })
	writeRun(t, filepath.Join(dir, "mute"), 3, func(t *result.Trial) {
		t.Asked.PublishRate = 1.0 / 30
		t.Offered, t.Sent, t.Published, t.Expected, t.Delivered, t.WindowDeliveries, t.WindowPublished = 0, 0, 0, 0, 0, 0, 0
		t.Latency, t.LatencyHDR, t.Bytes = nil, "", result.Bytes{}
		for i := range t.PhaseBytes {
			t.PhaseBytes[i].Bytes = result.Bytes{}
		}
		t.Doubt(result.TooFew, result.Suspect, "no message was due")
		t.Validity = result.Suspect
	})
	writeRun(t, filepath.Join(dir, "swept"), 3, func(t *result.Trial) { t.Asked.Points = []string{"0123456789ab", "ba9876543210"} })
	for _, c := range []struct {
		args string
		said []string
	}{
		{"base late", []string{"new run: ws trial 1 is invalid for its timing (80 ms late)", "--counts-only"}},
		{"late base", []string{"base: ws trial 1 is invalid"}},
		{"base broken --counts-only", []string{"ws trial 1 is invalid (counts differ)"}},
		{"base short", []string{"new run: ws has 3 of 6 trials: the run is partial"}},
		{"base cut", []string{"new run: poll has 0 of 3 trials: the run is partial"}},
		{"cut base --counts-only", []string{"base: poll has 0 of 3 trials"}},
		{"base swept", []string{"new run: has no trial at 1 point that it was to measure (hash ba9876543210)"}},
		{"mute mute", []string{"ws: nothing was delivered on either side: no verdict"}},
		{"mute mute --counts-only --markdown c.md", []string{"ws: nothing was delivered on either side: no verdict"}},
		{"mute base", []string{"ws: nothing was delivered in the base: no verdict"}},
		{"base other", []string{"nothing in common", "0123456789ab", "ba9876543210", "make baseline"}},
		{"base base --limit bytes-per-delivery=5%", []string{"no such metric (did you mean \"bytes-per-delivery-in\"?); there are requests-per-client,"}},
		{"base base --limit lost=5", []string{"--limit lost=5: must be METRIC=LIMIT, with a percentage"}},
		{"base base --limit lost", []string{"--limit lost: must be METRIC=LIMIT"}},
		{"base base --limit lost=1% --limit lost=2%", []string{"--limit lost=2%: stands twice"}},
		{"base base --markdown - --junit -", []string{"only one of them can be standard output"}},
		{"base base --learn", []string{"one and the same run"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, dir, pollpush(t, dir, append([]string{"compare"}, strings.Fields(c.args)...)...), c.said...)
		})
	}
	pollpush(t, dir, "compare", "base", "late", "--counts-only").wantExit(t, fine)
}

// writeStale writes two runs that differ by chance, in how stale clients were.
func writeStale(t *testing.T, dir string, trials int) {
	t.Helper()
	writeRun(t, filepath.Join(dir, "base"), trials, func(t *result.Trial) { t.StaleShare = 0.1 })
	writeRun(t, filepath.Join(dir, "twin"), trials, func(t *result.Trial) {
		t.Started = t.Started.Add(time.Hour)
		t.StaleShare = 0.15
	})
}

// What is learnt stands beside the base, and raises limits.
func TestCompareLearns(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	writeStale(t, dir, 6)
	pollpush(t, dir, "compare", "base", "twin").wantExit(t, regression)
	for _, args := range [][]string{{"base", "twin"}, {"base/trials.jsonl", "twin"}} {
		e := pollpush(t, dir, append([]string{"compare", "--learn"}, args...)...)
		if args[0] != "base" {
			wantRefused(t, dir, e, "learnt from already")
		} else if e.wantExit(t, fine); e.stdout != "Learnt into base/noise.json.\n" {
			t.Errorf("stdout %q", e.stdout)
		}
	}
	e := pollpush(t, dir, "compare", "base", "twin", "--all")
	e.wantExit(t, fine)
	if !strings.Contains(e.stdout, "10 % → 50 %") || !strings.Contains(strings.Join(strings.Fields(e.stdout), " "), "Untestable") {
		t.Errorf("it does not say what cannot be tested:\n%s", e.stdout)
	}
	for text, said := range map[string]string{
		"{": "is not JSON", "{}": `has no "schema"`, `{"schema": 7}`: "has schema 7, this pollpush reads up to 1: use a newer pollpush",
	} {
		write(t, filepath.Join(dir, "base", gate.NoiseFile), text)
		wantRefused(t, dir, pollpush(t, dir, "compare", "base", "twin"), "noise base/noise.json: "+said)
	}
}
