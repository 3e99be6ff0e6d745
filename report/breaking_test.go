package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
	"github.com/pollpush/pollpush/report/internal/prose"
)

// What a server or generator could not do is told from what else the machine did.
func TestBreaking(t *testing.T) {
	at := func(clients int, transport string, change func(*result.Trial)) func([]result.Trial) {
		return func(trials []result.Trial) {
			for i := range trials {
				if t := &trials[i]; t.Clients == clients && (transport == "" || t.Transport == transport) {
					change(t)
				}
			}
		}
	}
	foreign := func(t *result.Trial) {
		fixture.Doubt(t, result.Suspect, result.ForeignCPU, "0.3 cores were used by others")
	}
	late := func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.PollLate, "polls were late by 0.2 s") }
	fail := func(t *result.Trial) { t.Status, t.Validity = result.Failed, result.Invalid }
	stop := func(t *result.Trial) { t.Status, t.Validity = result.Partial, result.Invalid }
	for name, c := range map[string]struct {
		change    []func([]result.Trial)
		said      string
		stamps    string
		suspicion string
	}{
		"nothing":          {nil, "No transport broke at any point.", "all 4 points valid", ""},
		"foreign CPU":      {[]func([]result.Trial){at(100, "", foreign), at(500, "", foreign)}, "No transport broke at any point.", "4 of 4 points suspect", "All 4 points are suspect: CPU used by other processes in 8 trials."},
		"late":             {[]func([]result.Trial){at(500, "poll", late)}, "What broke first: poll at 500 clients (polls sent late). The others did not break.", "1 of 4 points invalid", ""},
		"late, disturbed":  {[]func([]result.Trial){at(500, "poll", foreign), at(500, "poll", late)}, "What broke first: poll at 500 clients (polls sent late; CPU used by other processes). The others did not break.", "1 of 4 points invalid", ""},
		"lost":             {[]func([]result.Trial){at(100, "ws", func(t *result.Trial) { t.Lost = 1 })}, "What broke first: ws at 100 clients (messages lost). The others did not break.", "all 4 points valid", ""},
		"both":             {[]func([]result.Trial){at(500, "", late)}, "What broke first: poll and ws at 500 clients (polls sent late).", "2 of 4 points invalid", ""},
		"edge":             {[]func([]result.Trial){at(100, "ws", func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.EdgeLate, "read late") })}, "No transport broke at any point. At 1 of 4 points the measurement was disturbed and is invalid, so it shows nothing.", "1 of 4 points invalid", ""},
		"failed":           {[]func([]result.Trial){at(500, "ws", fail)}, "What broke first: ws at 500 clients (no trial completed). The others did not break.", "1 of 4 points invalid", ""},
		"interrupted":      {[]func([]result.Trial){at(500, "ws", stop)}, "No transport broke at any point. At 1 of 4 points the measurement was disturbed and is invalid, so it shows nothing.", "1 of 4 points invalid", ""},
		"an unknown doubt": {[]func([]result.Trial){at(100, "ws", func(t *result.Trial) { fixture.Doubt(t, result.Suspect, "moon_phase", "the moon") })}, "No transport broke at any point.", "1 of 4 points suspect", "1 of 4 points is suspect: moon phase in 2 trials."},
	} {
		t.Run(name, func(t *testing.T) {
			trials := fixture.SweptFixture{Fixture: fixture.Fixture{Steady: 3, Trials: 2}, Name: "small", Transports: []string{"poll", "ws"},
				ClientsOf: []int{100, 500}, Rates: []float64{1}, Intervals: []float64{1}}.Trials()
			for _, change := range c.change {
				change(trials)
			}
			s := mustSweep(t, trials)
			for _, v := range []struct{ what, got, want string }{
				{"breaking", model.Breaking(s), c.said},
				{"stamps", s.StampCounts(), c.stamps},
				{"suspects", prose.Suspects(s), c.suspicion},
			} {
				assert.Check(t, v.got == v.want, "%s: %q, want %q", v.what, v.got, v.want)
			}
		})
	}
}

func TestDoubtsByReason(t *testing.T) {
	var trials []result.Trial
	for _, name := range fixture.Nine {
		trial := result.Trial{Transport: name, Validity: result.Suspect}
		trial.Reasons = []result.Reason{{Validity: result.Suspect, Code: result.ForeignCPU, Text: "a"}, {Validity: result.Suspect, Code: result.ForeignCPU, Text: "again"}}
		trials = append(trials, trial)
	}
	trials[0].Reasons = append(trials[0].Reasons, result.Reason{Validity: result.Invalid, Code: result.EdgeLate, Text: "b"})
	got := strings.Join(metric.DoubtsByReason(trials), "\n")
	want := "invalid, window edge read late: 1 trial of " + fixture.Nine[0] + "\nsuspect, CPU used by other processes: 9 trials of 9 transports"
	assert.Check(t, got == want, "%s, want %s", got, want)
}

// One sentence names the ends of every metric that decides.
func TestExtremes(t *testing.T) {
	s := mustSweep(t, fixture.Sweeps()["scale"])
	last := s.Points[len(s.Points)-1]
	got := prose.Extremes(s)
	for _, name := range []string{"poll", "sse"} { // invalid, and lossy: neither is fair
		part := last.Side(name)
		assert.Assert(t, !metric.Fair(part), "%s is fair at %s", name, last.Label)
		assert.Check(t, !strings.Contains(got, "("+name+")"), "names %s: %s", name, got)
	}
	if !strings.HasPrefix(got, "At 10,000 clients and 1 message/s, by the medians of ") || !strings.Contains(got, "; server CPU per client and second from ") {
		t.Error(got)
	}
	if got := prose.Extremes(mustSweep(t, slices.DeleteFunc(fixture.Sweeps()["grid"], func(t result.Trial) bool { return t.Transport == "sse" }))); got != "" {
		t.Errorf("two transports have no extremes: %s", got)
	}
}

// A terminal tells many doubts by their reasons.
func TestTextGroupsDoubts(t *testing.T) {
	trials := fixture.Sweeps()["scale"]
	for i := range trials {
		fixture.Doubt(&trials[i], result.Suspect, result.ForeignCPU, "0.3 cores were used by others")
	}
	var text bytes.Buffer
	assert.NilError(t, Text(&text, trials, document.TextOptions{Width: 200}))
	got := text.String()
	for _, want := range []string{"- suspect, CPU used by other processes: 72 trials of 9 transports", "- invalid, poll rate not reached: 4 trials of poll and poll-etag", "reasons for the warnings about 72 trials"} {
		assert.Check(t, strings.Contains(got, want), "does not say %q:\n%s", want, got)
	}
	n := strings.Count(got, "\n- ")
	assert.Check(t, n <= 6, "%d doubts are listed one by one", n)
}
