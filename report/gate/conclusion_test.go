package gate

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/noise"
)

// Nothing passes for what it was not tested for: the first sentence names each
// gap, or the comparison is refused.
func TestNeverGreenForWhatWasNotTested(t *testing.T) {
	mute := func(t *result.Trial) {
		t.Offered, t.Sent, t.Published, t.Expected, t.Delivered, t.WindowDeliveries, t.WindowPublished = 0, 0, 0, 0, 0, 0, 0
		t.Latency, t.PublishLatency, t.Fanout = nil, nil, nil
		fixture.Doubt(t, result.Suspect, result.TooFew, "no message was due in the steady state")
	}
	rarely := func(t *result.Trial) { mute(t); t.Asked.PublishRate = 1. / 600 }
	unasked := func(t *result.Trial) { mute(t); t.Asked.PublishRate, t.Reasons, t.Validity = 0, nil, result.Valid }
	suspect := func(code, text string) change {
		return each(func(t *result.Trial) { fixture.Doubt(t, result.Suspect, code, text) })
	}
	wrong, stolen := suspect(result.NoServerCPU, "took no CPU"), suspect(result.Steal, "stolen")
	loud := noise.Alike{Machine: six("ws")[0].Env.Machine(), ScenarioHash: "9f2c41d07a55", Transports: map[string]noise.Disparity{}}
	for _, id := range MetricIDs() {
		loud.Take("ws", [2]int{6, 6}, id, 3)
	}
	counts := Options{CountsOnly: true, Limits: wide}
	const (
		untested = "No regression in what was tested."
		few      = "Counts: no regression. Times: not tested (needs 4 trials per side; here 1 and 1)."
		machines = "Counts: no regression. Times: not tested (the runs are from different machines)."
		counted  = "Counts: no regression. Times: not tested (counts only)."
		costRows = "ws server-cpu-per-delivery, ws server-cpu-of-one-core, ws server-memory-per-client, ws server-memory-peak"
	)
	tests := []test{
		{name: "tested", concludes: "No regression."},
		{name: "one trial", trials: of(1, "ws"), concludes: few},
		{name: "one trial, slower", trials: of(1, "poll", "ws"), next: each(slower), concludes: few},
		{name: "one trial against six", next: func([]result.Trial) []result.Trial { return fixture.TrialsOf(1, "ws") }, concludes: "Counts: no regression. Times: not tested (needs 4 trials per side; here 6 and 1)."},
		{name: "counts only, slower", next: each(slower), options: counts, concludes: counted},
		{name: "another machine, slower", next: each(func(t *result.Trial) { t.StaleShare *= 1.05; t.Env.Cores = 4 }), concludes: machines},
		{name: "trials of two machines", next: each(func(t *result.Trial) { t.Env.Cores = 2 + t.Trial%2 }), concludes: machines},
		{name: "profiled", next: each(func(t *result.Trial) { t.Profiles = &result.Profiles{} }), concludes: "Counts: no regression. Times: not tested (one of the runs kept profiles)."},
		{name: "more noise than any limit", next: each(slower), options: Options{Noise: &Noise{Alike: []noise.Alike{loud}}, Limits: wide}, concludes: "Counts: no regression. Times: not tested (the limit is below this machine's noise)."},
		{name: "no cost", base: each(costless), next: each(costless), concludes: untested + " Server cost: not measured."},
		{name: "no cost of one transport", trials: of(6, "poll", "ws"), base: only("ws", costless), next: only("ws", costless), concludes: untested + " Server cost: not measured (ws)."},
		{name: "no cost, one trial", trials: of(1, "ws"), base: each(costless), next: each(costless), concludes: few + " Server cost: not measured."},
		{name: "cost of the wrong process", base: wrong, next: wrong, concludes: untested + " Server cost: not measured. Suspect: 12 of 12 trials."},
		{name: "no cost in the base", base: each(costless), concludes: untested + " Times: 4 of 12 rows not tested (not in the base: " + costRows + ")."},
		{name: "no cost in the new run", next: each(costless), fails: "ws: server CPU per delivery is missing: no trial of the new run has it", concludes: "REGRESSION: 4 findings."},
		{name: "no cost in the new run, elsewhere", next: inTurn(each(elsewhere), each(costless)), warns: "ws: server CPU per delivery is missing",
			concludes: "Counts: no regression, 4 warnings. Times: not tested (the runs are from different machines)."},
		{name: "no samples in the new run", next: each(func(t *result.Trial) { t.Latency = nil }), warns: anything, concludes: "No regression in what was tested, 4 warnings. " +
			"Times: 4 of 12 rows not tested (not in the new run: ws delivery-latency-p50, ws delivery-latency-p99, ws delivery-latency-p99-9, ws delivery-latency-max)."},
		{name: "no samples in the base", base: each(func(t *result.Trial) { t.PublishLatency = nil }), concludes: untested + " Times: 1 of 12 rows not tested (not in the base: ws publish-latency-p50)."},
		{name: "p99 in three of six", next: lacking(1, 3, 5), warns: "ws: delivery latency, p99 is in 3 of 6 trials of the new run, and in 6 of 6 of the base",
			concludes: "No regression in what was tested, 1 warning. Times: 1 of 12 rows not tested (needs 4 trials per side; here 6 and 3: ws delivery-latency-p99)."},
		{name: "p99 in four of six", next: lacking(1, 3), concludes: "No regression."},
		{name: "p99 in three of six in both", base: lacking(1, 3, 5), next: lacking(2, 4, 6), concludes: untested + " Times: 1 of 12 rows not tested (needs 4 trials per side; here 3 and 3: ws delivery-latency-p99)."},
		{name: "counts that stalls blur", next: each(func(t *result.Trial) { t.PauseS = 9 }), concludes: untested + " Counts: 1 of 6 rows tested only beyond a limit that the window's edges widen (ws bytes-per-delivery-out 34 %)."},
		{name: "edges wider than the limit", options: Options{Limits: map[string]float64{"bytes-per-delivery-out": 0.03}}, concludes: untested + " Counts: 1 of 6 rows tested only beyond a limit that the window's edges widen (ws bytes-per-delivery-out 6.33 %)."},
		{name: "a transport is new", trials: of(6, "ws", "poll"), base: without("poll"), concludes: untested + " Not compared: poll is new: the base has no trial of it."},
		{name: "a transport is gone", trials: of(6, "ws", "poll"), next: without("poll"), fails: anything, concludes: "REGRESSION: 1 finding."},
		{name: "a point is new", base: at(100), next: at(100, 300), options: counts, concludes: counted + " Not compared: 300 clients is new: the base has no trial at this point."},
		{name: "a point is gone", base: at(100, 300), next: at(100), options: counts, fails: anything, concludes: "REGRESSION: 1 finding. Times: not tested (counts only)."},
		{name: "disturbed from outside", base: stolen, next: stolen, concludes: "No regression. Suspect: 12 of 12 trials."},
		{name: "counts of the base are doubted", base: suspect(result.LostConnections, "3 connections were closed by the server or broke"), options: counts,
			concludes: counted + " Counts: doubted (base, ws: 3 connections were closed by the server or broke). Suspect: 6 of 12 trials."},
		{name: "nothing was due", base: each(mute), next: each(mute), refused: "ws: nothing was delivered on either side: no verdict; at 1 message/s the"},
		{name: "hardly anything was due", base: each(rarely), next: each(rarely), refused: "no verdict; at 0.00167 messages/s the"},
		{name: "nothing was due, counts only", base: each(mute), next: each(mute), options: counts, refused: "ws: nothing was delivered on either side: no verdict"},
		{name: "nothing in the base", base: each(mute), refused: "ws: nothing was delivered in the base: no verdict"},
		{name: "nothing by one transport", trials: of(6, "ws", "poll"), base: only("poll", mute), next: only("poll", mute), refused: "poll: nothing was delivered on either side"},
		{name: "nothing in the new run", next: each(mute), options: counts, fails: anything, warns: anything, concludes: "REGRESSION: 2 findings. Times: not tested (counts only). Suspect: 6 of 12 trials."},
		{name: "nothing was asked for", base: each(unasked), next: each(unasked), concludes: "No regression."},
	}
	for i := range tests {
		tt := &tests[i]
		if tt.trials == nil {
			tt.trials = of(6, "ws")
		}
		if tt.options.Limits == nil {
			tt.options.Limits = wide
		}
		tt.check = wantInAllFormats
	}
	runTests(t, tests)
}

// lacking takes the p99 from trials.
func lacking(trials ...int) change {
	return each(func(t *result.Trial) {
		if slices.Contains(trials, t.Trial) {
			t.Latency.P99 = nil
		}
	})
}

// What was not tested is shown as it is, where nobody has asked for all rows.
func TestShowsWhatWasNotTested(t *testing.T) {
	runTests(t, []test{{name: "one trial, slower", trials: of(1, "poll", "ws"), next: each(slower), check: func(t *testing.T, c *Comparison) {
		text, markdown := written(t, c)
		r := c.row("poll", "poll-response-p99")
		was, is := r.print(r.Base.Value), r.print(r.New.Value)
		want := "poll response, p99 " + was + " " + is + " +242 % 10 % untested"
		assert.Check(t, strings.Contains(onOneLine(text), want), "no %q in\n%s", want, text)
		before, _, _ := strings.Cut(markdown, "<details>")
		want = "| poll | poll response, p99 | " + was + " | " + is + " | +242 % |"
		assert.Check(t, strings.Contains(before, want), "no %q in\n%s", want, before)
		both := text + markdown
		assert.Check(t, !strings.Contains(both, "no change") && !strings.Contains(both, "No regression"), "it passes for tested:\n%s", both)
	}}})
}
