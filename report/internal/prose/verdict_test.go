package prose

import (
	"math"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/axis"
	"github.com/pollpush/pollpush/report/internal/charts"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/model"
)

func said(v document.Verdict) string {
	return strings.Join(append(append(v.Headlines, v.Paragraphs...), v.Notes...), "\n")
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wants []string
		never []string
	}{
		{"usual", []string{
			"At 1,000 clients and 1 message/s, WebSocket needed 1 connection per client and no requests where polling needed 1.01 connections and 60.1 requests per minute.",
			"bandwidth ÷ 7.7", "2.98 ms against 499 ms at the median", "But it needed more: server memory × 1.27", "1 in 10 still does by chance",
		}, []string{"No verdict", "known spread"}},
		{"one", []string{"Each transport has one trial, so the spread is unknown."}, []string{"do not overlap", "on purpose"}},
		{"push", []string{"WebSocket needed 1 connection per client and no requests; it delivered in 2.98 ms (p50)", "so there is no comparison"}, []string{"against"}},
		{"polling", []string{"polling needed 1.01 connections per client and 60.1 requests per minute", "so there is no comparison"}, []string{"against"}},
		{"unpaced", []string{"No transport polled at an interval"}, []string{"against"}},
		{"unknown", []string{"carrier-pigeon needed"}, nil},
		{"quiet", []string{"no messages", "no bandwidth (0 bit/s against 4.00 kbit/s per client)"}, []string{"p50"}},
		{"few", []string{"At 3 clients and 0.1 messages/s", "There were too few deliveries to show a latency."}, nil},
		{"lossy", []string{"ws lost 12 of 60,000 expected deliveries (0.0200 %). A transport with losses wins no comparison.", "is not compared"}, []string{"ms (p50)"}},
		{"invalid", []string{"No verdict: every trial is incomplete or invalid.", "80 ms late"}, []string{"needed"}},
		{"doubted", []string{"No verdict on sse: every trial is invalid", "1 of 3 transports is suspect"}, []string{"server-sent events"}},
		{"frozen", []string{"The server was stopped on purpose for 1.50 s at 8.00 s of the steady state: the latencies include it."}, nil},
		{"partial", []string{"No verdict on ws: no trial completed."}, []string{"WebSocket"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := said(Verdict(setOf(t, fixture.Cases()[tt.name])))
			for _, want := range tt.wants {
				assert.Check(t, strings.Contains(got, want), "the verdict does not say %q:\n%s", want, got)
			}
			for _, bad := range tt.never {
				assert.Check(t, !strings.Contains(got, bad), "the verdict says %q:\n%s", bad, got)
			}
		})
	}
}

// TestVerdictOverlap: where the ranges overlap, a time is no difference,
// however far the medians are apart.
func TestVerdictOverlap(t *testing.T) {
	trials := fixture.Cases()["usual"]
	for i := range trials {
		t := &trials[i]
		cpu := map[string][]float64{"poll": {5, 6, 7}, "ws": {1, 2, 5.5}}[t.Transport][t.Trial-1]
		t.Server.CPUUserS, t.Server.CPUSysS = cpu, 0
	}
	got := said(Verdict(setOf(t, trials)))
	if !strings.Contains(got, "There is no clear difference in server CPU") || strings.Contains(got, "server CPU ÷") {
		t.Errorf("overlapping CPU was told as a difference:\n%s", got)
	}
}

func TestNoMessageWasDue(t *testing.T) {
	trials := fixture.Cases()["few"]
	for i := range trials {
		trials[i].Offered = 0
	}
	got := said(Verdict(setOf(t, trials)))
	assert.Check(t, strings.Contains(got, "The steady state had no message, so it shows no latency") && !strings.Contains(got, "had only"), "the verdict is\n%s", got)
}

func TestLossInTrialSetAside(t *testing.T) {
	trials := fixture.Cases()["usual"]
	fixture.Doubt(&trials[1], result.Invalid, "generator_cpu", "saturated")
	trials[1].Lost = 7
	got := said(Verdict(setOf(t, trials)))
	assert.Check(t, strings.Contains(got, "ws lost 7 deliveries in trial 1"), "a loss in a trial set aside was hidden:\n%s", got)
}

// A transport with losses or duplicates wins no comparison, whichever of its
// attempts they are in.
func TestFaultInAnyAttempt(t *testing.T) {
	faults := map[string]struct {
		do   func(*result.Trial)
		head string
		why  string
	}{
		"lost":     {func(t *result.Trial) { t.Lost = 7 }, "ws lost 7 ", "WebSocket lost deliveries."},
		"repeated": {func(t *result.Trial) { t.Duplicated = 7 }, "ws delivered 7 messages more than once", "WebSocket repeated deliveries."},
		"both":     {func(t *result.Trial) { t.Lost, t.Duplicated = 7, 7 }, "ws lost 7 ", "WebSocket lost and repeated deliveries."},
	}
	for name, fault := range faults {
		for where, attempts := range map[string]func(result.Trial) []result.Trial{
			"used": func(first result.Trial) []result.Trial { fault.do(&first); return []result.Trial{first} },
			"set aside": func(first result.Trial) []result.Trial {
				second := first
				second.Attempt = 2
				fault.do(&first)
				fixture.Doubt(&first, result.Suspect, "messages_lost", "7 deliveries were lost")
				return []result.Trial{first, second}
			},
		} {
			trials := fixture.Usual().Run("poll")
			for _, t := range fixture.Usual().Run("ws") {
				if t.Trial == 2 {
					trials = append(trials, attempts(t)...)
				} else {
					trials = append(trials, t)
				}
			}
			v := Verdict(setOf(t, trials))
			if got := strings.Join(v.Headlines, "\n"); !strings.Contains(got, fault.head) || !strings.Contains(got, "wins no comparison") {
				t.Errorf("%s, %s: the headlines are %q", name, where, got)
			}
			if got, want := strings.Join(v.Paragraphs, "\n"), "WebSocket is not compared with polling: "+fault.why; got != want {
				t.Errorf("%s, %s: the verdict is %q, want %q", name, where, got, want)
			}
		}
	}
}

func TestModel(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"polls, T = 1 s: the tutorial's number", model.PollsPerMinute(1), 60},
		{"polls, T = 5 s", model.PollsPerMinute(5), 12},
		{"empty, λT = 1", model.EmptyShare(1, 1, false), 1 / math.E},
		{"empty, no messages", model.EmptyShare(0, 1, false), 1},
		{"empty, constant 0.25/s", model.EmptyShare(0.25, 1, true), 0.75},
		{"empty, constant 4/s", model.EmptyShare(4, 1, true), 0},
		{"messages per poll, rare", model.MessagesPerPoll(1e-9, 1, false), 1},
		{"messages per poll, λT = 1", model.MessagesPerPoll(1, 1, false), 1 / (1 - 1/math.E)},
		{"messages per poll, constant rare", model.MessagesPerPoll(0.25, 1, true), 1},
		{"messages per poll, constant often", model.MessagesPerPoll(4, 1, true), 4},
		{"staleness, p99", model.Staleness(0.99, 2), 1.98},
		{"stale time, no messages", model.StaleTime(0, 1, false), 0},
		{"stale time, λT = 1", model.StaleTime(1, 1, false), 1 / math.E},
		{"stale time, constant, meets at λT = 1", model.StaleTime(1, 1, true), 0.5},
		{"stale time, constant often", model.StaleTime(4, 1, true), 0.875},
		{"long polls, no messages", model.LongPollsPerMinute(0, 25, 0, false), 2.4},
		{"long polls, often", model.LongPollsPerMinute(1, 25, 0, false), 60},
		{"long polls, λW = 1", model.LongPollsPerMinute(0.04, 25, 0, false), 2.4 / (1 - 1/math.E)},
		{"long polls, constant, two waits for each message", model.LongPollsPerMinute(1./30, 25, 0, true), 4},
		{"long polls, constant, a message with each wait", model.LongPollsPerMinute(0.04, 25, 0, true), 2.4},
		{"heartbeats, no messages", model.HeartbeatsPerMinute(0, 25, 0), 4.8},
		{"heartbeats, often", model.HeartbeatsPerMinute(1, 25, 0), 64.8},
		{"long polls, constant often", model.LongPollsPerMinute(2, 25, 0, true), 120},
		{"long polls, a round trip of 1 s after each wait of 25", model.LongPollsPerMinute(0, 25, 1, false), 60. / 26},
		{"long polls, rare messages hide the round trip", model.LongPollsPerMinute(0.01, 1e9, 0.001, false), 0.6},
		{"long polls, many messages in each round trip", model.LongPollsPerMinute(1e6, 25, 0.01, false), 6000},
		{"long polls, λr = 1", model.LongPollsPerMinute(2, 1e9, 0.5, false), 60 / (0.5 + 0.5/math.E)},
		{"long polls, constant, a message each round trip", model.LongPollsPerMinute(2, 25, 0.5, true), 120},
		{"long polls, constant, two messages each round trip", model.LongPollsPerMinute(4, 25, 0.5, true), 120},
		{"heartbeats, λr = 1", model.HeartbeatsPerMinute(2, 25, 0.5), 60/(0.5+0.5/math.E) + 4.8},
		{"staleness, mean", model.MeanStaleness(2), 1},
		{"polls of all", model.PollsPerSecond(1000, 5), 200},
		{"batch, no messages", model.BatchWait(0.5, 0, 0.05), 0.05},
		{"batch, rare", model.BatchWait(0.5, 1, 0.05), 0.05},
		{"batch, λW = 1", model.BatchWait(0.25, 20, 0.05), 0.025},
		{"batch, λW = 1, the half that waits for all of it", model.BatchWait(0.5, 20, 0.05), 0.05},
		{"batch, often", model.BatchWait(0.5, 1e6, 0.05), 0.0250005},
		{"deliveries", model.DeliveriesPerSecond(2, 500), 1000},
	} {
		assert.Check(t, math.Abs(tt.got-tt.want) <= 1e-6, "%s: %v, want %v", tt.name, tt.got, tt.want)
	}
}

// The mean of the quantiles is the mean, and the median of what is uniform.
func TestStalenessAgreesWithItself(t *testing.T) {
	sum := 0.0
	const n = 10_000
	for i := range n {
		sum += model.Staleness((float64(i)+0.5)/n, 3)
	}
	if got := sum / n; math.Abs(got-model.MeanStaleness(3)) > 1e-9 || model.Staleness(0.5, 3) != model.MeanStaleness(3) {
		t.Errorf("the mean of the quantiles is %v, their median %v, and the mean %v", got, model.Staleness(0.5, 3), model.MeanStaleness(3))
	}
}

// A round trip can only make long polls fewer than messages, and never fewer
// than if each of them came after a whole gap and a whole round trip.
func TestLongPollsBetweenTheirBounds(t *testing.T) {
	for _, rate := range []float64{0.1, 1, 10, 1000} {
		for _, roundTrip := range []float64{0.0001, 0.01, 1} {
			got := model.LongPollsPerMinute(rate, 1e9, roundTrip, false)
			if most, least := 60*rate, 60/(1/rate+roundTrip); got > most*(1+1e-12) || got < least {
				t.Errorf("λ = %v, r = %v: %v long polls a minute, want %v to %v", rate, roundTrip, got, least, most)
			}
		}
	}
}

func TestCurveStopsWhereSamplesEnd(t *testing.T) {
	h, err := metric.Merged(fixture.Usual().Run("ws"))
	assert.NilError(t, err)
	if h.TotalCount() != 180000 {
		t.Fatalf("%d samples merged, want all 180,000", h.TotalCount())
	}
	c := charts.Curve(h)
	if last, want := c[len(c)-1].X, axis.Nines(1-10.0/180000); math.Abs(last-want) > 1e-9 {
		t.Errorf("the line ends at %v nines, want %v", last, want)
	}
}
