package gate

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/noise"
)

// slower is a server that takes its time with everything.
func slower(t *result.Trial) {
	t.Latency, t.PublishLatency = fixture.Scaled(t.Latency, 3.42), fixture.Scaled(t.PublishLatency, 3.42)
	t.PollResponse = fixture.Scaled(t.PollResponse, 3.42)
}

// suspect gives a trial a reason that leaves it in the comparison.
func suspect(code, text string) func(*result.Trial) {
	return func(t *result.Trial) { fixture.Doubt(t, result.Suspect, code, text) }
}

// Nothing passes for what it was not tested for: the first sentence names each
// gap, or the comparison is refused.
func TestCompareIsNeverGreenForWhatItDidNotTest(t *testing.T) {
	mute := func(t *result.Trial) {
		t.Offered, t.Sent, t.Published, t.Expected, t.Delivered, t.WindowDeliveries, t.WindowPublished = 0, 0, 0, 0, 0, 0, 0
		t.Latency, t.PublishLatency, t.Fanout = nil, nil, nil
		fixture.Doubt(t, result.Suspect, result.TooFew, "no message was due in the steady state")
	}
	rarely := func(t *result.Trial) { mute(t); t.Asked.PublishRate = 1. / 600 }
	costless := func(t *result.Trial) { t.Server = nil }
	loud := &Noise{Schema: 1, Alike: []noise.Alike{{Machine: fixture.TrialsOf(1, "ws")[0].Env.Machine(), ScenarioHash: "9f2c41d07a55",
		Transports: map[string]noise.Disparity{"ws": {Trials: [2]int{6, 6}, Changes: map[string]float64{}}}}}}
	for i := range metric.ComparedMetrics {
		loud.Alike[0].Transports["ws"].Changes[metric.ComparedMetrics[i].ID()] = 3
	}
	const few = " Times: not tested (needs 4 trials per side; here 1 and 1)."
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		o          Options
		concludes  string // as a whole
		refused    string
	}{
		{"tested", six("ws"), six("ws"), Options{}, "No regression.", ""},
		{"one trial", fixture.TrialsOf(1, "ws"), fixture.TrialsOf(1, "ws"), Options{}, "Counts: no regression." + few, ""},
		{"one trial, slower", fixture.TrialsOf(1, "poll", "ws"), fixture.Each(slower)(fixture.TrialsOf(1, "poll", "ws")), Options{}, "Counts: no regression." + few, ""},
		{"one trial against six", six("ws"), fixture.TrialsOf(1, "ws"), Options{}, "Counts: no regression. Times: not tested (needs 4 trials per side; here 6 and 1).", ""},
		{"counts only, slower", six("ws"), fixture.Each(slower)(six("ws")), Options{CountsOnly: true}, "Counts: no regression. Times: not tested (counts only).", ""},
		{"another machine, slower", six("ws"), fixture.Each(func(t *result.Trial) { t.StaleShare *= 1.05; t.Env.Cores = 4 })(six("ws")), Options{}, "Counts: no regression. Times: not tested (the runs are not of one machine).", ""},
		{"trials of two machines", six("ws"), fixture.Each(func(t *result.Trial) { t.Env.Cores = 2 + t.Trial%2 })(six("ws")), Options{}, "Counts: no regression. Times: not tested (the runs are not of one machine).", ""},
		{"profiled", six("ws"), fixture.Each(func(t *result.Trial) { t.Profiles = &result.Profiles{} })(six("ws")), Options{}, "Counts: no regression. Times: not tested (one of the runs kept profiles).", ""},
		{"more noise than any limit", six("ws"), fixture.Each(slower)(six("ws")), Options{Noise: loud}, "Counts: no regression. Times: not tested (the limit is below this machine's noise).", ""},
		{"no cost", fixture.Each(costless)(six("ws")), fixture.Each(costless)(six("ws")), Options{}, "No regression in what was tested. Server cost: not measured.", ""},
		{"no cost, one trial", fixture.Each(costless)(fixture.TrialsOf(1, "ws")), fixture.Each(costless)(fixture.TrialsOf(1, "ws")), Options{}, "Counts: no regression." + few + " Server cost: not measured.", ""},
		{"cost of the wrong process", fixture.Each(suspect(result.NoServerCPU, "took no CPU"))(six("ws")), fixture.Each(suspect(result.NoServerCPU, "took no CPU"))(six("ws")), Options{},
			"No regression in what was tested. Server cost: not measured. Suspect: 12 of 12 trials.", ""},
		{"no cost in the base", fixture.Each(costless)(six("ws")), six("ws"), Options{},
			"No regression in what was tested. Times: 4 of 12 rows not tested (not in the base: ws server-cpu-per-delivery, ws server-cpu-of-one-core, ws server-memory-per-client, ws server-memory-peak).", ""},
		{"no cost in the new run", six("ws"), fixture.Each(costless)(six("ws")), Options{}, "REGRESSION: 4 findings.", ""},
		{"no samples in the new run", six("ws"), fixture.Each(func(t *result.Trial) { t.Latency = nil })(six("ws")), Options{},
			"No regression in what was tested, 4 warnings. Times: 4 of 12 rows not tested (not in the new run: ws delivery-latency-p50, ws delivery-latency-p99, ws delivery-latency-p99-9, ws delivery-latency-max).", ""},
		{"no samples in the base", fixture.Each(func(t *result.Trial) { t.PublishLatency = nil })(six("ws")), six("ws"), Options{},
			"No regression in what was tested. Times: 1 of 12 rows not tested (not in the base: ws publish-latency-p50).", ""},
		{"counts that stalls blur", six("ws"), fixture.Each(func(t *result.Trial) { t.PauseS = 9 })(six("ws")), Options{},
			"No regression in what was tested. Counts: 1 of 6 rows tested only beyond 34 % (ws bytes-per-delivery-out).", ""},
		{"edges wider than the limit", six("ws"), six("ws"), Options{Limits: map[string]float64{"bytes-per-delivery-out": 0.03}},
			"No regression in what was tested. Counts: 1 of 6 rows tested only beyond 6.33 % (ws bytes-per-delivery-out).", ""},
		{"a transport is new", six("ws"), six("ws", "poll"), Options{}, "No regression in what was tested. Not compared: poll is new: the base has no trial of it.", ""},
		{"a transport is gone", six("ws", "poll"), six("ws"), Options{}, "REGRESSION: 1 finding.", ""},
		{"a point is new", fixture.ByClients(100), fixture.ByClients(100, 300), Options{CountsOnly: true}, "Counts: no regression. Times: not tested (counts only). Not compared: 300 clients is new: the base has no trial at this point.", ""},
		{"a point is gone", fixture.ByClients(100, 300), fixture.ByClients(100), Options{CountsOnly: true}, "REGRESSION: 1 finding. Times: not tested (counts only).", ""},
		{"disturbed from outside", fixture.Each(suspect(result.Steal, "stolen"))(six("ws")), fixture.Each(suspect(result.Steal, "stolen"))(six("ws")), Options{}, "No regression. Suspect: 12 of 12 trials.", ""},
		{"counts of the base are doubted", fixture.Each(suspect(result.LostConnections, "3 connections were closed by the server or broke"))(six("ws")), six("ws"), Options{CountsOnly: true},
			"Counts: no regression. Times: not tested (counts only). Counts: doubted (base, ws: 3 connections were closed by the server or broke). Suspect: 6 of 12 trials.", ""},
		{"nothing was due", fixture.Each(mute)(six("ws")), fixture.Each(mute)(six("ws")), Options{}, "", "ws: nothing was delivered on either side: no verdict; at 1 message/s the"},
		{"hardly anything was due", fixture.Each(rarely)(six("ws")), fixture.Each(rarely)(six("ws")), Options{}, "", "no verdict; at 0.00167 messages/s the"},
		{"nothing was due, counts only", fixture.Each(mute)(six("ws")), fixture.Each(mute)(six("ws")), Options{CountsOnly: true}, "", "ws: nothing was delivered on either side: no verdict"},
		{"nothing in the base", fixture.Each(mute)(six("ws")), six("ws"), Options{}, "", "ws: nothing was delivered in the base: no verdict"},
		{"nothing by one transport", only("poll", mute)(six("ws", "poll")), only("poll", mute)(six("ws", "poll")), Options{}, "", "poll: nothing was delivered on either side"},
		{"nothing in the new run", six("ws"), fixture.Each(mute)(six("ws")), Options{CountsOnly: true}, "REGRESSION: 2 findings. Times: not tested (counts only). Suspect: 6 of 12 trials.", ""},
		{"nothing was asked for", fixture.Each(func(t *result.Trial) { mute(t); t.Asked.PublishRate = 0; t.Reasons, t.Validity = nil, result.Valid })(six("ws")),
			fixture.Each(func(t *result.Trial) { mute(t); t.Asked.PublishRate = 0; t.Reasons, t.Validity = nil, result.Valid })(six("ws")), Options{}, "No regression.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.o.Limits == nil {
				tt.o.Limits = wide
			}
			c, err := Compare(tt.base, tt.next, tt.o)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.conclusion(); got != tt.concludes {
				t.Errorf("it concludes\n%s, want\n%s", got, tt.concludes)
			}
			wantSaid(t, c)
		})
	}
}

// wantSaid wants the conclusion in whatever is written, and each untested row
// in it with both of its numbers.
func wantSaid(t *testing.T, c *Comparison) {
	t.Helper()
	var text, markdown, junit bytes.Buffer
	for _, err := range []error{c.Text(&text, true), c.Markdown(&markdown), c.JUnit(&junit)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wantJUnit(t, junit.Bytes(), c)
	var suites struct {
		Out []string `xml:"testsuite>system-out"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suites); err != nil || !strings.Contains(strings.Join(suites.Out, ""), c.conclusion()) {
		t.Errorf("%v: JUnit does not say %q", err, c.conclusion())
	}
	for name, s := range map[string]string{"text": text.String(), "Markdown": markdown.String()} {
		if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(s, `\`, "")), " "), c.conclusion()) {
			t.Errorf("the %s does not say %q:\n%s", name, c.conclusion(), s)
		}
	}
	untested := 0
	for i := range c.Changes {
		if c.Changes[i].Verdict == compare.Untested {
			untested++
		}
	}
	skipped := strings.Count(junit.String(), `<skipped message="untested: `)
	if n := strings.Count(text.String(), "  untested\n"); n != untested || skipped != untested {
		t.Errorf("%d rows untested, %d in the text, %d skipped by JUnit", untested, n, skipped)
	}
}

// What was not tested is shown as it is, where nobody has asked for all rows.
func TestCompareShowsWhatItDidNotTest(t *testing.T) {
	base, next := fixture.TrialsOf(1, "poll", "ws"), fixture.Each(slower)(fixture.TrialsOf(1, "poll", "ws"))
	c, err := Compare(base, next, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text, markdown bytes.Buffer
	if err := c.Text(&text, false); err != nil {
		t.Fatal(err)
	}
	if err := c.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	row := c.row("poll", "poll response, p99")
	was, is := row.print(row.Base.Value), row.print(row.New.Value)
	if want := strings.Join([]string{"poll response, p99", was, is, "+242 % 10 % untested"}, " "); !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
		t.Errorf("no %q in\n%s", want, text.String())
	}
	before, _, _ := strings.Cut(markdown.String(), "<details>")
	if want := "| poll | poll response, p99 | " + was + " | " + is + " | +242 % |"; !strings.Contains(before, want) {
		t.Errorf("no %q in\n%s", want, before)
	}
	for _, s := range []string{text.String(), markdown.String()} {
		if strings.Contains(s, "no change") || strings.Contains(s, "No regression") {
			t.Errorf("it passes for tested:\n%s", s)
		}
	}
}

// The error for runs that cannot be compared names what they were asked for.
func TestCompareNamesWhatParts(t *testing.T) {
	other := func(f func(*result.Trial)) []result.Trial {
		return fixture.Each(func(t *result.Trial) { t.ScenarioHash = "0"; f(t) })(fixture.TrialsOf(1, "ws"))
	}
	for _, tt := range []struct {
		next []result.Trial
		said string
	}{
		{other(func(t *result.Trial) { t.Clients, t.Asked.PollIntervalS = 50, 2 }), "hash 0) (clients: 1000, and 50; poll.interval: 1, and 2); compare"},
		{other(func(t *result.Trial) { t.Asked.SteadyS, t.Flags = 9, []string{"--steady 9s"} }), "(phases.steady: 60, and 9; flags: none, and --steady 9s)"},
		{other(func(*result.Trial) {}), "hash 0); compare"},
		{fixture.TrialsOf(1, "poll"), "(transports: ws, and poll)"},
	} {
		if _, err := Compare(fixture.TrialsOf(1, "ws"), tt.next, Options{}); err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%v, want %q", err, tt.said)
		}
	}
}
