package gate

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

const (
	cpuRow  = "ws server-cpu-per-delivery"
	inRow   = "ws bytes-per-delivery-in"
	heldRow = "ws connections-per-client"
	pollRow = "poll requests-per-client"
)

func TestVerdicts(t *testing.T) {
	requests := func(percent int64) change {
		return only("poll", func(t *result.Trial) { t.Requests.Total += t.Requests.Total * percent / 100 })
	}
	runTests(t, []test{
		{name: "nothing changed", rows: inRow, want: compare.Same},
		{name: "3 % more requests", next: requests(3), rows: pollRow, want: compare.Worse,
			fails: "poll: requests per client went from 60.1/min to 61.9/min (+1.8/min, +3.0 %, limit 2 %)"},
		{name: "1 % more requests", next: requests(1), rows: pollRow, want: compare.Same},
		{name: "requests from none", next: only("ws", func(t *result.Trial) { t.Requests.Total = 50 }), rows: "ws requests-per-client", want: compare.Worse, fails: "from zero"},
		{name: "fewer bytes", next: only("ws", percentIn(50)), rows: inRow, want: compare.Better},
		{name: "deliveries lost in one trial", next: only("ws", ofTrial(6, func(t *result.Trial) { t.Lost = 3 })), rows: "ws lost", want: compare.Worse,
			fails: "ws: lost went from 0 to 0.5 (+0.5, from zero, limit 0 %)"},
		{name: "a connection gone", next: only("ws", func(t *result.Trial) { t.Connections.HeldMean -= 2 }), rows: heldRow, want: compare.Worse, fails: "limit ±0.1 %"},
		{name: "a count gone", next: only("ws", func(t *result.Trial) { t.WindowDeliveries = 0 }), rows: inRow, want: compare.Worse,
			fails: "ws: bytes per delivery, in is missing: no trial of the new run has it (it was 154 B)", warns: "ws: server CPU per delivery is missing"},
		{name: "twice the CPU", next: only("ws", dearer(2)), rows: cpuRow, want: compare.Worse, fails: "ws: server CPU per delivery went from "},
		{name: "hardly more CPU than the limit", next: only("ws", dearer(1.10004)), rows: cpuRow, want: compare.Worse, fails: ", +10.004 %, limit 10 %, "},
		{name: "half the CPU", next: only("ws", dearer(0.5)), rows: cpuRow, want: compare.Better},
		{name: "CPU of half of the trials", rows: cpuRow, want: compare.Same, next: only("ws", func(t *result.Trial) {
			if t.Trial%2 == 0 {
				dearer(2)(t)
			}
		})},
		{name: "5 % more CPU, within the limit", next: only("ws", dearer(1.05)), rows: cpuRow, want: compare.Same},
		{name: "twice the CPU, elsewhere", next: inTurn(each(elsewhere), each(dearer(2))), rows: cpuRow, want: compare.Worse, warns: "ws: server CPU per delivery went from"},
		{name: "twice the CPU, elsewhere, of ws alone", next: inTurn(each(elsewhere), only("ws", dearer(2))), rows: cpuRow + "-to-poll", want: compare.Worse,
			warns: "ws: server CPU per delivery, to poll went from"},
		{name: "twice the CPU, profiled", next: each(func(t *result.Trial) { dearer(2)(t); t.Profiles = &result.Profiles{} }), rows: cpuRow, want: compare.Worse, warns: "ws: server CPU per delivery"},
		{name: "times gone", next: only("ws", func(t *result.Trial) { t.Latency = nil }), rows: "ws delivery-latency-p50", want: compare.Untested, warns: "delivery latency, p50 is missing"},
		{name: "three trials", trials: of(3, "poll", "ws"), next: each(func(t *result.Trial) { dearer(5)(t); t.Requests.Total *= 2 }), options: Options{Limits: wide},
			rows: cpuRow, want: compare.Untested, fails: "poll: requests per client", concludes: "REGRESSION: 1 finding. Times: not tested (needs 4 trials per side; here 3 and 3)."},
		// After the correction.
		{name: "one row alone", next: only("ws", func(t *result.Trial) { t.Server.RSSPeakBytes *= 2 }), options: Options{Limits: wide}, rows: "ws server-memory-peak", want: compare.Untested,
			notes:     "2 of them must change together; 7 trials per side can show one alone",
			concludes: "No regression in what was tested. Times: 1 of 26 rows not tested (needs 7 trials per side for one row alone: ws server-memory-peak)."},
	})
}

// Limits of flags go before the scenario's, and those before the metric's own.
func TestLimits(t *testing.T) {
	scenario := each(func(t *result.Trial) {
		t.Limits = map[string]float64{"requests-per-client": 0.5, "bytes-per-delivery-in": 0.2}
		t.Requests.Total += t.Requests.Total / 10
		moreIn(t, t.Bytes.In/10)
	})
	runTests(t, []test{
		{name: "of all three", trials: of(6, "poll"), next: scenario, options: Options{Limits: map[string]float64{"bytes-per-delivery-in": 0.05}},
			fails: "protocol bytes per poll", notes: "runs have different limits", check: func(t *testing.T, c *Comparison) {
				for id, want := range map[string]float64{"requests-per-client": 0.5, "bytes-per-delivery-in": 0.05, "bytes-per-delivery-out": 0.02} {
					assert.Check(t, is.Equal(c.row("poll", id).Limit, want), "%s has the limit", id)
				}
				r := c.Regressions()
				assert.Check(t, len(r) == 2 && strings.Contains(r[0], "bytes per delivery, in"), "regressions %q", r)
			}},
		{name: "of no metric", options: Options{Limits: map[string]float64{"latency": 1}}, refused: `"latency", which is no metric; there are requests-per-client`},
	})
}

func TestCountsOnly(t *testing.T) {
	late := each(func(t *result.Trial) {
		fixture.Doubt(t, result.Invalid, result.PollLate, "polls were late")
		dearer(9)(t)
		t.Requests.Total *= 2
	})
	counts := Options{CountsOnly: true}
	runTests(t, []test{
		{name: "invalid trials, with times", next: late, refused: "new run: poll trial 1 is invalid for its timing (polls were late)"},
		{name: "invalid trials", next: late, options: counts, fails: "poll: requests per client", warns: anything, check: func(t *testing.T, c *Comparison) {
			for _, r := range c.rows() {
				if r.Gates != (r.Metric.Kind == metric.Exact) || (r.Verdict == compare.Untested) == r.Gates {
					t.Errorf("%s of %s is compared", r.ID, r.Transport)
				}
			}
			if n := c.row("ws", "server-cpu-per-delivery").New.N; n > 0 || len(c.Regressions()) != 1 {
				t.Errorf("%d trials that are invalid for their timing tell the cost; regressions %q", n, c.Regressions())
			}
		}},
		{name: "what is not compared is shown", next: only("ws", dearer(9)), options: counts, rows: cpuRow, want: compare.Untested, check: func(t *testing.T, c *Comparison) {
			r := c.row("ws", "server-cpu-per-delivery")
			assert.Check(t, r.change() == "+800 %" && !r.Tested(), "%+v", r.Change)
		}},
	})
}

// A clean second attempt hides no loss of the first; a loss that the base has
// as well is none.
func TestAttemptsSetAside(t *testing.T) {
	repeated := func(trials []result.Trial) (out []result.Trial) {
		for _, t := range trials {
			if t.Transport == "ws" && t.Trial == 2 {
				first := t
				first.Lost, first.Duplicated = 3, 6
				fixture.Doubt(&first, result.Suspect, "messages_lost", "3 deliveries were lost")
				t.Attempt = 2
				out = append(out, first)
			}
			out = append(out, t)
		}
		return out
	}
	runTests(t, []test{
		{name: "in the new run", next: repeated, rows: "ws lost, ws duplicated", want: compare.Worse, fails: "ws: lost", check: func(t *testing.T, c *Comparison) {
			lost, again := c.row("ws", "lost"), c.row("ws", "duplicated")
			if lost.Base.Value != 0 || lost.New.Value != 0.5 || again.New.Value != 1 { // for each of six trials
				t.Errorf("%+v, %+v", lost.Change, again.Change)
			}
			if got, want := strings.Join(said(c.Faults, faults), "\n"), "ws: 3 of 420,000 deliveries lost and 6 of 420,000 deliveries repeated in the new run"; got != want {
				t.Errorf("headlines %q, want %q", got, want)
			}
		}},
		{name: "in both", base: repeated, next: repeated},
	})
}

// A server that answers sooner is asked more often, where a client asks again at
// once: that is no regression as such, and never one on another machine.
func TestRoundTripsThatSetTheCount(t *testing.T) {
	sooner := func(percent int64) change {
		return only("socketio-polling", func(t *result.Trial) {
			t.Requests.Total += percent * t.Requests.Total / 100
			percentIn(100 + percent)(t)
			t.Requests.ByStatus = map[string]int64{"200": t.Requests.ByStatus["200"] * 2} // no more bytes for each
		})
	}
	both := of(6, "poll", "socketio-polling")
	const rows, note = "socketio-polling requests-per-client, socketio-polling bytes-per-delivery-in", "For socketio-polling, whose clients ask again"
	counted := func(t *testing.T, c *Comparison) {
		for _, id := range []string{"requests-per-client", "bytes-per-delivery-in"} {
			assert.Check(t, c.row("poll", id).Metric.Kind == metric.Exact, "%s of poll is not counted", id)
		}
	}
	counts := Options{CountsOnly: true}
	runTests(t, []test{
		{name: "7 % more", trials: both, next: sooner(7), rows: rows, want: compare.Same, notes: note, check: counted},
		{name: "15 % more", trials: both, next: sooner(15), rows: rows, want: compare.Worse, fails: "socketio-polling: requests", notes: note},
		{name: "15 % more, in three trials", trials: of(3, "poll", "socketio-polling"), next: sooner(15), rows: rows, want: compare.Untested, notes: note},
		{name: "15 % more, elsewhere", trials: both, next: inTurn(sooner(15), only("socketio-polling", elsewhere)), rows: rows, want: compare.Worse, warns: anything, notes: note},
		{name: "times of counts alone", trials: both, next: sooner(15), options: counts, rows: rows + ", socketio-polling bytes-per-delivery-out", want: compare.Untested},
		{name: "counts alone", trials: both, next: sooner(15), options: counts, rows: "socketio-polling connections-per-client, socketio-polling lost, socketio-polling duplicated", want: compare.Same},
		{name: "bytes per poll", trials: both, next: sooner(15), options: counts, rows: "socketio-polling protocol-bytes-per-poll-in", want: compare.Better},
	})
}

// Trials that are fewer than half are hidden by no median, in counts; and what
// the base does itself is not worse.
func TestWorstTrial(t *testing.T) {
	in := func(percent ...int64) change {
		return only("ws", func(t *result.Trial) {
			if t.Trial <= len(percent) {
				percentIn(percent[t.Trial-1])(t)
			}
		})
	}
	held := func(clients ...float64) change {
		return only("ws", func(t *result.Trial) {
			if t.Trial <= len(clients) {
				t.Connections.HeldMean += clients[t.Trial-1]
			}
		})
	}
	const inWorst, heldWorst = "ws: bytes per delivery, in (worst trial) went from ", "ws: connections per client (worst trial) went from "
	runTests(t, []test{
		{name: "two of six have three times the bytes", next: in(300, 300), rows: inRow, want: compare.Worse, fails: inWorst + "154 B to 462 B (+308 B, +200 %, limit 2 %)"},
		{name: "one of six has 3 % more", next: in(103), rows: inRow, want: compare.Worse, fails: inWorst},
		{name: "one of six has 1 % more", next: in(101), rows: inRow, want: compare.Same},
		{name: "the base's own spread", base: in(100, 110, 104), next: in(110, 104, 100), rows: inRow, want: compare.Same},
		{name: "all have more than most of the base", base: in(110), next: in(110, 110, 110, 110, 110, 110), rows: inRow, want: compare.Worse, fails: "ws: bytes per delivery, in went from 154 B to 169 B"},
		{name: "most have fewer, one has more", next: in(50, 50, 50, 50, 50, 150), rows: inRow, want: compare.Worse, fails: inWorst},
		{name: "most have fewer, one has as many", next: in(50, 50, 50, 50, 50, 100), rows: inRow, want: compare.Better},
		{name: "a connection more in one", next: held(2), rows: heldRow, want: compare.Worse, fails: heldWorst},
		{name: "a connection fewer in one", next: held(0, -2), rows: heldRow, want: compare.Worse, fails: heldWorst},
		{name: "connections as the base has them", base: held(2, -2), next: held(0, 2, -2), rows: heldRow, want: compare.Same},
		{name: "fewer connections astray", base: held(2, -2), rows: heldRow, want: compare.Same},
	})
}

// A trial that stalled widens its own limit, and that of no other.
func TestStalledTrial(t *testing.T) {
	more := func(percent int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Requests.Total += t.Requests.Total * percent / 100 }
	}
	stalled := each(ofTrial(3, func(t *result.Trial) { t.PauseS = 2 }))
	row := func(worst bool, widest float64) func(*testing.T, *Comparison) {
		return func(t *testing.T, c *Comparison) {
			r := c.row("poll", "requests-per-client")
			assert.Check(t, r.Worst == worst && r.Edges <= widest, "worst %v, edges %v", r.Worst, r.Edges)
		}
	}
	poll := of(6, "poll")
	runTests(t, []test{
		{name: "no more", trials: poll, next: stalled, rows: pollRow, want: compare.Same, check: row(false, 0.001)},
		{name: "more in all", trials: poll, next: inTurn(stalled, each(more(3))), rows: pollRow, want: compare.Worse, fails: anything, check: row(false, 0.001)},
		{name: "more in the stalled one", trials: poll, next: inTurn(stalled, each(ofTrial(3, more(4)))), rows: pollRow, want: compare.Same, check: row(false, 0.001)},
		{name: "much more in the stalled one", trials: poll, next: inTurn(stalled, each(ofTrial(3, more(20)))), rows: pollRow, want: compare.Worse, fails: anything, check: row(true, 0.1)},
		{name: "more in the stalled one, and less so in another", trials: poll, next: inTurn(stalled, each(ofTrial(3, more(5))), each(ofTrial(4, more(4)))),
			rows: pollRow, want: compare.Worse, fails: anything, check: row(true, 0.001)},
	})
}

// What has lost or repeated deliveries wins no comparison, and that stands
// before all else.
func TestLossesWinNothing(t *testing.T) {
	cheaper := func(lost, repeated int64) change {
		return only("ws", func(t *result.Trial) {
			dearer(0.5)(t)
			t.Bytes.In /= 2
			if t.Trial == 2 {
				t.Lost, t.Duplicated = lost, repeated
			}
		})
	}
	lossy := only("ws", func(t *result.Trial) { t.Lost = 10 })
	const rows, note = cpuRow + ", " + inRow, "ws: no other number counts as better"
	begins := func(headline string) func(*testing.T, *Comparison) {
		return func(t *testing.T, c *Comparison) {
			text, markdown := written(t, c)
			if !strings.HasPrefix(onOneLine(text), "⚠ "+headline) || !strings.HasPrefix(markdown, "**⚠ "+headline+"**\n") {
				t.Errorf("it does not begin with %q:\n%s\n%s", headline, text, markdown)
			}
		}
	}
	runTests(t, []test{
		{name: "nothing", next: cheaper(0, 0), rows: rows, want: compare.Better, check: func(t *testing.T, c *Comparison) {
			if text, _ := written(t, c); strings.HasPrefix(text, "⚠") || strings.Contains(strings.Join(c.notes(), "\n"), note) {
				t.Errorf("it tells of losses:\n%s", text)
			}
		}},
		{name: "lost in the new run", next: cheaper(50, 0), rows: rows, want: compare.Same, fails: anything, notes: note, check: begins("ws: 50 of 360,000 deliveries lost in the new run")},
		{name: "repeated in the new run", next: cheaper(0, 1), rows: rows, want: compare.Same, fails: anything, notes: note, check: begins("ws: 1 of 360,000 deliveries repeated in the new run")},
		{name: "in both", base: lossy, next: cheaper(50, 3), rows: rows, want: compare.Same, fails: anything, notes: note,
			check: begins("ws: 60 of 360,000 deliveries lost in the base; 50 of 360,000 deliveries lost and 3 of 360,000 deliveries repeated in the new run")},
		{name: "lost in the base", base: lossy, next: cheaper(0, 0), rows: rows, want: compare.Same, notes: note, check: begins("ws: 60 of 360,000 deliveries lost in the base")},
		{name: "losses that are gone", base: lossy, rows: "ws lost", want: compare.Better},
	})
}

// Numbers in relation to another transport are so to one and the same.
func TestRelatedToOneTransport(t *testing.T) {
	etag := only("poll", func(t *result.Trial) { t.Transport = "poll-etag" })
	andEtag := func(trials []result.Trial) []result.Trial { return append(trials, etag(six("poll"))...) }
	related := func(to ...string) func(*testing.T, *Comparison) {
		return func(t *testing.T, c *Comparison) {
			found := map[string]bool{}
			for _, r := range c.rows() {
				if _, name, ok := strings.Cut(r.Metric.Name, ", to "); ok {
					found[name] = true
				}
			}
			if len(found) != len(to) || len(to) > 0 && !found[to[0]] {
				t.Errorf("related to %v, want %q", found, to)
			}
		}
	}
	runTests(t, []test{
		{name: "the first", next: inTurn(each(elsewhere), andEtag), warns: anything, check: related("poll")},
		{name: "one that both have", base: andEtag, next: inTurn(each(elsewhere), etag), fails: "poll: the new run has no trial of it", warns: anything, check: related("poll-etag")},
		{name: "none that both have", next: inTurn(each(elsewhere), etag), fails: "poll: the new run has no trial of it", warns: anything, check: related()},
	})
}

// Where connections end and are opened again, how many there are depends on
// timing: they gate as times do, and as counts elsewhere.
func TestRenewedConnections(t *testing.T) {
	renewed := each(func(t *result.Trial) { t.Connections.Reconnects = 40 })
	once := only("poll", ofTrial(3, func(t *result.Trial) { t.Connections.Reconnects = 1 }))
	held := func(percent float64) change {
		return each(func(t *result.Trial) { t.Connections.HeldMean *= percent / 100 })
	}
	alternately := each(func(t *result.Trial) {
		if t.Trial%2 == 0 {
			t.Connections.HeldMean *= 0.75
		}
	})
	const row, note = "poll connections-per-client", "compared as a time"
	limit := func(want float64) func(*testing.T, *Comparison) {
		return func(t *testing.T, c *Comparison) {
			assert.Check(t, is.Equal(c.row("poll", "connections-per-client").Limit, want), "a limit of")
			if want == 0.001 && strings.Contains(strings.Join(c.notes(), "\n"), note) {
				t.Errorf("notes %q", c.notes())
			}
		}
	}
	poll := of(6, "poll")
	counts := Options{CountsOnly: true}
	own := Options{Limits: map[string]float64{"connections-per-client": 0.3}}
	runTests(t, []test{
		{name: "none renewed, 5 % fewer", trials: poll, next: held(95), rows: row, want: compare.Worse, fails: anything, check: limit(0.001)},
		{name: "none renewed, fewer in some", trials: poll, next: alternately, rows: row, want: compare.Worse, fails: anything, check: limit(0.001)},
		{name: "5 % fewer", trials: poll, base: renewed, next: inTurn(held(95), renewed), rows: row, want: compare.Same, notes: note, check: limit(0.1)},
		{name: "5 % fewer, renewed in the new run alone", trials: poll, next: inTurn(held(95), renewed), rows: row, want: compare.Same, notes: note, check: limit(0.1)},
		{name: "5 % fewer, one renewed in one trial of the base", trials: poll, base: once, next: held(95), rows: row, want: compare.Same, notes: note, check: limit(0.1)},
		{name: "fewer in some", trials: poll, base: renewed, next: inTurn(alternately, renewed), rows: row, want: compare.Same, notes: note, check: limit(0.1)},
		{name: "a third fewer, few trials", trials: of(1, "poll"), base: renewed, next: inTurn(held(67), renewed), rows: row, want: compare.Untested, notes: note, check: limit(0.1)},
		{name: "a third fewer, counts only", trials: poll, base: renewed, next: inTurn(held(67), renewed), options: counts, rows: row, want: compare.Untested, notes: note, check: limit(0.1)},
		{name: "a third fewer", base: renewed, next: inTurn(held(67), renewed, each(slower)), rows: row, want: compare.Worse, fails: anything, notes: note, check: limit(0.1)},
		{name: "a limit of one's own", trials: poll, base: renewed, next: inTurn(held(95), renewed), options: own, rows: row, want: compare.Same, notes: note, check: limit(0.3)},
	})
}
