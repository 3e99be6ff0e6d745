package result

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"
)

// histogram holds n values of v.
func histogram(t testing.TB, v time.Duration, n int64) *hdrhistogram.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	assert.NilError(t, h.RecordValues(int64(v), n))
	return h
}

func textOf(t testing.TB, h *hdrhistogram.Histogram) string {
	t.Helper()
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	return string(text)
}

// answered makes it a trial in which n polls were answered.
func answered(t testing.TB, trial *Trial, n int64) {
	h := histogram(t, 3*time.Millisecond, n)
	trial.PollResponse, trial.PollResponseHDR = Summarize(h), textOf(t, h)
}

// delivered makes it a trial in which n deliveries were expected, and made.
func delivered(t testing.TB, trial *Trial, n int64) {
	h := histogram(t, 400*time.Millisecond, n)
	trial.Expected, trial.Delivered, trial.Latency, trial.LatencyHDR = n, n, Summarize(h), textOf(t, h)
}

// late is of a thousand things, nearly all of which were late by so many seconds.
func late(s float64) *Quantiles {
	return &Quantiles{P50: &s, P90: &s, P99: &s, Max: 10, Mean: s, N: 1000}
}

// sound is a trial that nothing is to be said against: two clients that poll
// every second for 100 s, in a room with ten messages a second.
func sound(t testing.TB, change ...func(*Trial)) *Trial {
	t.Helper()
	trial := &Trial{
		Schema: Schema, Run: "run-1", Scenario: "tiny", ScenarioHash: "0123456789ab", Transport: "poll",
		Trial: 1, Attempt: 1, Clients: 2, Started: time.Unix(1_700_000_000, 0).UTC(), WindowS: 100,
		Asked:  Asked{PublishRate: 10, Arrivals: "constant", PayloadBytes: 100, PollIntervalS: 1, Paced: true, Rooms: 1, Publishers: 1, SteadyS: 100, Trials: 3},
		Status: Complete, Validity: Valid, Reasons: []Reason{},
		Counts: Counts{
			Offered: 1000, Sent: 1000, Published: 1000, WindowDeliveries: 2000, WindowPublished: 1000,
			Requests:    Requests{Total: 1200, ByStatus: map[string]int64{"200": 200, "201": 1000}, Empty: 3},
			Connections: Connections{Held: 3, Opened: 3},
		},
		Errors: map[string]int64{},
		Bytes: Bytes{In: 600_000, Out: 300_000, Layers: Layers{
			In:  Layer{Text: 300_000, Envelope: 200_000, Protocol: 100_000}, // the answers to what is posted repeat the text
			Out: Layer{Text: 100_000, Envelope: 50_000, Protocol: 150_000},
		}},
		StaleShare:   0.5,
		ScheduleLate: Late{Publish: late(0.001), Poll: late(0.001)},
		Totals:       Totals{Requests: 1300, Connections: 4, BytesIn: 610_000, BytesOut: 310_000},
		Generator:    Cost{Processes: 1, CPUUserS: 6, CPUSysS: 4},
		Series:       []Second{},
		Env:          Env{Cores: 4},
	}
	trial.PhaseBytes = []PhaseBytes{{Phase: "ramp-up"}, {Phase: "warm-up"}, {"steady", trial.Bytes}, {Phase: "drain"}}
	delivered(t, trial, 2000)
	answered(t, trial, 200)
	for _, f := range change {
		f(trial)
	}
	return trial
}

func lineOf(t testing.TB, trial *Trial) string {
	t.Helper()
	line, err := json.Marshal(trial)
	assert.NilError(t, err)
	return string(line) + "\n"
}

// wantCheck checks a sound trial that was changed: its error must hold each line of
// want, and there must be none where want is empty.
func wantCheck(t *testing.T, name, want string, change ...func(*Trial)) {
	t.Helper()
	err := sound(t, change...).Check()
	if (err == nil) != (want == "") {
		t.Errorf("%s: error %v\nwant %q", name, err, want)
		return
	}
	for line := range strings.Lines(want) {
		assert.Check(t, strings.Contains(err.Error()+"\n", line), "%s: error %q\nlacks %q", name, err, line)
	}
}
