package result

import (
	"math"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	wantCheck(t, "a sound trial", "")
	for _, c := range []struct {
		name   string
		change func(*Trial)
		want   string // lines
	}{
		{"no run", func(t *Trial) { t.Run = "" }, "run, scenario and transport must be named"},
		{"trial 0", func(t *Trial) { t.Trial = 0 }, "trial 0, attempt 1: both count from 1"},
		{"attempt 0", func(t *Trial) { t.Attempt = 0 }, "trial 1, attempt 0: both count from 1"},
		{"no clients", func(t *Trial) { t.Clients = 0 }, "clients = 0: at least 1"},
		{"unknown status", func(t *Trial) { t.Status, t.Validity = "done", Invalid; t.Doubt("x", Invalid, "x") },
			`status "done" is not complete, partial or failed`},
		{"unknown validity", func(t *Trial) { t.Validity = "fine" },
			"validity \"fine\" is not valid, suspect or invalid\nvalidity \"fine\", but by its reasons \"valid\""},
		{"better than its reasons", func(t *Trial) { t.Doubt(Steal, Suspect, "x") }, `validity "valid", but by its reasons "suspect"`},
		{"worse than its reasons", func(t *Trial) { t.Validity = Invalid }, `validity "invalid", but by its reasons "valid"`},
		{"partial and valid", func(t *Trial) { t.Status = Partial }, "a partial trial must be invalid, not valid"},
		{"failed and suspect", func(t *Trial) { t.Status, t.Validity = Failed, Suspect; t.Doubt(Steal, Suspect, "x") },
			"a failed trial must be invalid, not suspect"},

		{"offered", func(t *Trial) { t.Offered++ }, "offered 1001 ≠ sent 1000 + not sent 0"},
		{"not sent", func(t *Trial) { t.NotSent = 1 }, "offered 1000 ≠ sent 1000 + not sent 1"},
		{"expected", func(t *Trial) { t.Expected-- }, "expected 1999 ≠ delivered 2000 − duplicated 0 + lost 0"},
		{"lost", func(t *Trial) { t.Lost = 3 }, "expected 2000 ≠ delivered 2000 − duplicated 0 + lost 3"},
		{"request errors", func(t *Trial) { t.Requests.Errors = 2 }, "requests 1200 ≠ 1200 by status + 2 errors"},
		{"by status", func(t *Trial) { t.Requests.ByStatus["500"] = 5 }, "requests 1200 ≠ 1205 by status + 0 errors"},

		{"counts below 0", func(t *Trial) { t.Offered, t.Sent, t.Published = -1, -1, -1 },
			"offered = -1: below 0\npublished = -1: below 0\nsent = -1: below 0"},
		{"negative bytes", func(t *Trial) { t.Schema, t.Bytes = 2, Bytes{In: -1, Out: -2} }, "bytes.in = -1: below 0\nbytes.out = -2: below 0"},

		{"negative window", func(t *Trial) { t.WindowS = -1 }, "window_s = -1: below 0\na complete trial without a window"},
		{"endless window", func(t *Trial) { t.WindowS = math.Inf(1) }, "window_s = +Inf: at most 2^53"},
		{"window of NaN", func(t *Trial) { t.WindowS = math.NaN() }, "window_s = NaN: below 0\na complete trial without a window"},
		{"no window", func(t *Trial) { t.WindowS = 0 }, "a complete trial without a window"},
		{"stale above 1", func(t *Trial) { t.StaleShare = 1.5 }, "stale_share = 1.5: from 0 to 1"},
		{"stale of NaN", func(t *Trial) { t.StaleShare = math.NaN() }, "stale_share = NaN: below 0"},

		{"throttled in more periods than there are", func(t *Trial) { t.Env.Throttling = &Throttling{Periods: 5, Throttled: 6} }, "cpu_throttling: 6 of 5 periods"},

		{"histogram without n", func(t *Trial) { t.Latency = nil }, "latency_hdr: a histogram without its percentiles"},
		{"n without histogram", func(t *Trial) { t.PollResponseHDR = "" }, "poll_response_hdr: percentiles without their histogram"},
		{"garbage", func(t *Trial) { t.PublishLatencyHDR = "?" }, "publish_latency_hdr: is not a histogram: illegal base64 data at input byte 0"},
		{"several", func(t *Trial) { t.Clients, t.Offered, t.Latency = 0, 1, nil },
			"clients = 0: at least 1\noffered 1 ≠ sent 1000 + not sent 0\nlatency_hdr: a histogram without its percentiles"},
	} {
		wantCheck(t, c.name, c.want, c.change)
	}
}

func TestCheckAllows(t *testing.T) {
	for name, change := range map[string]func(*Trial){
		"losses and duplicates": func(trial *Trial) {
			delivered(t, trial, 1997)
			trial.Expected, trial.Delivered, trial.Lost, trial.Duplicated, trial.Validity = 2000, 2002, 3, 5, Suspect
			trial.Doubt(Losses, Suspect, "x")
		},
		"not all sent": func(t *Trial) { t.Sent, t.NotSent, t.Published = 995, 5, 990 },
		"failed requests": func(t *Trial) {
			t.Requests.Total, t.Requests.Errors, t.Validity = 1207, 7, Suspect
			t.Doubt(Errors, Suspect, "x")
		},
		"failed before all": func(t *Trial) {
			*t = Trial{Run: "r", Scenario: "s", Transport: "ws", Trial: 1, Attempt: 1, Clients: 1, Status: Failed, Validity: Invalid,
				Reasons: []Reason{{NotComplete, Invalid, "the server died"}}}
		},
		"never stale":  func(t *Trial) { t.StaleShare = 0 },
		"always stale": func(t *Trial) { t.StaleShare = 1 },
	} {
		wantCheck(t, name, "", change)
	}
}

// An empty histogram is as good as none.
func TestCheckAllowsAnEmptyHistogram(t *testing.T) {
	empty := func(trial *Trial) { trial.PollServiceHDR = textOf(t, histogram(t, time.Second, 0)) }
	wantCheck(t, "empty", "", empty)
	wantCheck(t, "with percentiles", "poll_service_s.n = 1, but the histogram holds 0", empty, func(t *Trial) { t.PollService = &Quantiles{N: 1} })
}
