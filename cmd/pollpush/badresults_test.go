package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"

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
	assert.NilError(t, result.Append(path, &trial))
	line, err := os.ReadFile(path)
	assert.NilError(t, err)
	return string(line)
}

// Results whose writer was killed as it wrote are reported as far as they go,
// and not compared.
func TestCutOffResults(t *testing.T) {
	t.Parallel()
	good, dir := lineOf(t, aTrial()), workplace(t)
	write(t, filepath.Join(dir, "good", result.FileName), good)
	write(t, filepath.Join(dir, "bad", result.FileName), good+good[:len(good)/2])
	pollpush(t, dir, "report", "good").wantExit(t, fine)
	for _, name := range []string{"bad", "bad/trials.jsonl"} {
		pollpush(t, dir, "report", name).wantExit(t, fine, "bad/trials.jsonl:2: the line is cut off: its writer was killed; the report covers the lines before it")
		wantReport(t, filepath.Join(dir, "bad"))
	}
	files := filesIn(t, dir)
	if files[filepath.Join(dir, "bad", result.FileName)] != good+good[:len(good)/2] || files[filepath.Join(dir, "bad/report.md")] != files[filepath.Join(dir, "good/report.md")] {
		t.Error("the results were changed, or the report is not that of the line before")
	}
}
