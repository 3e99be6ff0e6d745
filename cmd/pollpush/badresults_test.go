package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/result"
)

// aTrial is a sound line of results, as small as it gets: 5 messages of 64 bytes
// to 2 clients.
func aTrial() result.Trial {
	latency := hdrhistogram.New(1, int64(time.Hour), 3)
	_ = latency.RecordValues(int64(time.Millisecond), 10) // which it holds
	text, err := latency.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	t := result.Trial{
		Schema: result.Schema, Run: "a-run", Scenario: "tiny", ScenarioHash: "0123456789ab", Transport: "ws",
		Trial: 1, Attempt: 1, Clients: 2, Started: time.Unix(0, 0).UTC(), WindowS: 1, Status: result.Complete,
		Asked:   result.Asked{PublishRate: 5, Arrivals: "constant", PayloadBytes: 64, Rooms: 1, Publishers: 1, SteadyS: 1, Trials: 1},
		Reasons: []result.Reason{}, Errors: map[string]int64{}, Series: []result.Second{},
		Counts: result.Counts{
			Offered: 5, Sent: 5, Published: 5, Expected: 10, Delivered: 10, WindowDeliveries: 10, WindowPublished: 5,
			Requests: result.Requests{ByStatus: map[string]int64{}},
		},
		Latency: result.Summarize(latency), LatencyHDR: string(text),
		Bytes: result.Bytes{In: 1000, Out: 400, Layers: result.Layers{In: result.Layer{Text: 640, Protocol: 360}, Out: result.Layer{Text: 320, Protocol: 80}}},
	}
	t.PhaseBytes = []result.PhaseBytes{{Phase: "ramp-up"}, {Phase: "warm-up"}, {Phase: "steady", Bytes: t.Bytes}, {Phase: "drain"}}
	t.Judge()
	return t
}

// lineOf is a trial as its file holds it.
func lineOf(t *testing.T, trial result.Trial) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "one")
	if err := result.Append(path, &trial); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestBadResults(t *testing.T) {
	t.Parallel()
	good := lineOf(t, aTrial())
	other := aTrial()
	other.Run = "another-run"
	const file = "bad/trials.jsonl"
	for name, c := range map[string]struct {
		text string
		said []string
	}{
		"empty":          {"", []string{file + ": holds no trial"}},
		"not JSON":       {"PK\x03\x04\x00\x00\n", []string{file + ":1: is not JSON"}},
		"later line":     {good + "nonsense\n", []string{file + ":2: is not JSON"}},
		"cut off, alone": {good[:len(good)/2], []string{file + ":1: the line is cut off"}},
		"foreign":        {`{"name": "somebody else's"}` + "\n", []string{file + `:1: has no "schema": this is no results file of pollpush`}},
		"a future one":   {`{"schema": 99}` + "\n", []string{file + ":1: has schema 99, this pollpush reads up to 5: use a newer pollpush"}},
		"before the 1st": {`{"schema": 0}` + "\n", []string{file + ":1: has schema 0"}},
		"unknown field":  {strings.Replace(good, `"lost":`, `"losst":`, 1), []string{file + ":1: is not a trial", "losst"}},
		"does not add up": {strings.Replace(good, `"delivered":10`, `"delivered":11`, 1), []string{
			file + ":1: broken invariants: expected 10 ≠ delivered 11 − duplicated 0 + lost 0"}},
		"an edited number": {strings.Replace(good, `"latency_s":{`, `"latency_s":{"p50":-5,`, 1), []string{file + `:1: is not a trial: has the key "p50" twice`}},
		"of latency":       {strings.Replace(good, `"p50":null`, `"p50":-5`, 1), []string{file + ":1: broken invariants: latency_s.p50 = -5"}},
		"a key's case":     {strings.Replace(good, `"latency_s"`, `"LATENCY_S"`, 1), []string{file + `:1: is not a trial: has the key "LATENCY_S"; it is spelled "latency_s"`}},
		"two runs":         {good + lineOf(t, other), []string{file + `:2: is of run "another-run"`, `began with run "a-run"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			write(t, filepath.Join(dir, "good", result.FileName), good)
			write(t, filepath.Join(dir, "bad", result.FileName), c.text)
			for _, args := range [][]string{{"report", "bad"}, {"report", file}, {"compare", "good", "bad"}, {"compare", "bad", "good"}} {
				wantRefused(t, dir, pollpush(t, dir, args...), c.said...)
			}
			if strings.HasSuffix(c.text, "\n") { // else the run goes on with what is whole
				o, err := order{File: "tiny.yaml", Source: tiny}.keep()
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "bad", orderFile), string(o[orderFile]))
				pollpush(t, dir, "run", "--resume", "bad").wantExit(t, badInput, c.said...)
			}
			if _, err := os.Stat(filepath.Join(dir, "bad", "report.md")); err == nil {
				t.Error("a report was made")
			}
		})
	}
}

// Results whose writer was killed as it wrote are reported as far as they go,
// and not compared.
func TestCutOffResults(t *testing.T) {
	t.Parallel()
	good := lineOf(t, aTrial())
	dir := workplace(t)
	write(t, filepath.Join(dir, "good", result.FileName), good)
	write(t, filepath.Join(dir, "bad", result.FileName), good+good[:len(good)/2])
	const said = "bad/trials.jsonl:2: the line is cut off: its writer was killed; "
	for _, args := range [][]string{{"compare", "good", "bad"}, {"compare", "bad", "good"}} {
		wantRefused(t, dir, pollpush(t, dir, args...), said+"delete it to use the lines before")
	}
	before := filesIn(t, filepath.Join(dir, "bad"))
	for _, name := range []string{"bad", "bad/trials.jsonl"} {
		pollpush(t, dir, "report", name).wantExit(t, fine, said+"the report is of the lines before")
		wantReport(t, filepath.Join(dir, "bad"))
	}
	if after := filesIn(t, filepath.Join(dir, "bad")); after[result.FileName] != before[result.FileName] {
		t.Error("the results were changed")
	}
	pollpush(t, dir, "report", "good").wantExit(t, fine)
	page, err := os.ReadFile(filepath.Join(dir, "bad", "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.ReadFile(filepath.Join(dir, "good", "report.md")); err != nil || string(page) != string(want) {
		t.Errorf("the report is not that of the line before (%v)", err)
	}
}

func TestMissingResults(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	write(t, filepath.Join(dir, "good", result.FileName), lineOf(t, aTrial()))
	write(t, filepath.Join(dir, "folder", result.FileName, "inside"), "")
	write(t, filepath.Join(dir, "hollow", "notes.txt"), "no results")
	pipe := filepath.Join(dir, "pipe", result.FileName)
	if err := os.Mkdir(filepath.Dir(pipe), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, said string
		remedy     string // of a missing base, which is the environment's fault
	}{
		{"nowhere", "nowhere: there is no such file; name a run's folder, as `pollpush run` prints it", "make the base by `pollpush run SCENARIO --out nowhere`, or pass --allow-missing-baseline"},
		{"hollow", "hollow/trials.jsonl: there is no such file; name a run's folder", "make the base by `pollpush run SCENARIO --out hollow/base`"},
		{".", "trials.jsonl: there is no such file; name a run's folder", " holds a run: name that as the base"},
		{"folder", "folder/trials.jsonl: is no regular file", ""},
		{"pipe", "pipe/trials.jsonl: is no regular file", ""},
		{"/dev/zero", "/dev/zero: is no regular file", ""},
		{"tiny.yaml", "tiny.yaml:1: is not JSON", ""},
		{"tiny.yaml/below", "tiny.yaml/below", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, args := range [][]string{{"report", c.name}, {"compare", "good", c.name}, {"compare", "good", c.name, "--allow-missing-baseline"}} {
				wantRefused(t, dir, pollpush(t, dir, args...), c.said)
			}
			e := pollpush(t, dir, "compare", c.name, "good")
			if c.remedy == "" {
				wantRefused(t, dir, e, c.said)
				wantRefused(t, dir, pollpush(t, dir, "compare", c.name, "good", "--allow-missing-baseline"), c.said)
				return
			}
			e.wantExit(t, refused, c.said, c.remedy)
			allowed := pollpush(t, dir, "compare", c.name, "good", "--allow-missing-baseline")
			allowed.wantExit(t, fine)
			if want := "Nothing was compared: there is no base " + c.name + ".\n"; allowed.stdout != want {
				t.Errorf("it said %q, want %q", allowed.stdout, want)
			}
		})
	}
}

// A report that cannot be written is the environment's fault.
func TestReportUnwritable(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	write(t, filepath.Join(dir, "run", result.FileName), lineOf(t, aTrial()))
	write(t, filepath.Join(dir, "run", "charts"), "a file where a folder should be")
	pollpush(t, dir, "report", "run").wantExit(t, refused, "the report cannot be written", "run/charts")
}
