package result

import (
	"reflect"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// quotaOf makes a trial of 100 s under a quota, of which generator and server used
// so many CPU-seconds.
func quotaOf(cores float64, shared bool, generator, server float64) func(*Trial) {
	return func(t *Trial) {
		t.Env.CPUQuota, t.Env.QuotaShared = cores, shared
		t.Generator, t.Server = Cost{CPUUserS: generator}, &Cost{CPUUserS: server}
	}
}

// throttled makes a trial under a quota that was used up in so many of its 1000
// periods.
func throttled(periods int64) func(*Trial) {
	return func(t *Trial) {
		t.Env.CPUQuota, t.Env.QuotaShared = .5, true
		t.Env.Throttling = &Throttling{Periods: 1000, Throttled: periods, ThrottledS: .05 * float64(periods)}
	}
}

func TestJudge(t *testing.T) {
	few := func(most float64) *Quantiles { return &Quantiles{Max: most, Mean: most, N: 19} }
	totals := func(change func(*Totals)) func(*Trial) {
		return func(t *Trial) {
			theirs := t.Totals
			change(&theirs)
			t.ServerTotals = &theirs
		}
	}
	failing := func(kinds map[string]int64) func(*Trial) { return func(t *Trial) { t.Errors = kinds } }
	polled := func(n int64) func(*Trial) { return func(trial *Trial) { answered(t, trial, n) } }

	overrun := func(sent int64, cpu float64) func(*Trial) {
		return func(trial *Trial) {
			trial.Asked.PublishRate = 1000
			trial.Offered, trial.Sent, trial.NotSent, trial.Published, trial.WindowPublished = 100_000, sent, 100_000-sent, sent, sent
			delivered(t, trial, 2*sent)
			trial.Generator = Cost{CPUUserS: cpu}
		}
	}
	behind := func(published, share, rate string) Reason {
		return Reason{RateNotReached, Invalid, published + " of 100000 messages due were published (" + share + " %; at least 99 % are required); " + rate + "/s were acknowledged"}
	}

	pause := func(v Validity, took, limit string) Reason {
		return Reason{GeneratorPaused, v, "a shard paused for " + took + " (50 ms is allowed, beyond " + limit +
			" the trial is invalid): messages of its clients were late by up to that time"}
	}

	const busy = ": the machine is too busy for this load"
	for _, c := range []struct {
		name   string
		change func(*Trial)
		want   []Reason
	}{
		{"nothing to say", func(*Trial) {}, nil},

		{"rate just reached", func(t *Trial) { t.Published = 990 }, nil},
		{"rate not reached", func(t *Trial) { t.Published = 989 },
			[]Reason{{RateNotReached, Invalid, "989 of 1000 messages due were published (98.9 %; at least 99 % are required); 10/s were acknowledged"}}},
		{"rate just kept up", func(t *Trial) { t.WindowPublished = 989 }, nil},
		{"rate not kept up", func(t *Trial) { t.WindowPublished = 988 },
			[]Reason{{RateNotReached, Invalid, "only 988 of 1000 messages due in the steady state were acknowledged within it: the requested rate was not sustained"}}},
		{"no message due", func(trial *Trial) {
			trial.Asked.Arrivals, trial.Asked.PublishRate = "poisson", .01
			trial.Offered, trial.Sent, trial.Published, trial.WindowPublished, trial.WindowDeliveries = 0, 0, 0, 0, 3000
			delivered(t, trial, 0)
		},
			[]Reason{{TooFew, Suspect, "no message was due in the steady state, so nothing is known about delivery; use a longer steady state or a higher rate"}}},

		{"pushed just in time", func(t *Trial) { t.Asked.Paced, t.ScheduleLate.Publish = false, late(.005) }, nil},
		{"pushed late", func(t *Trial) { t.Asked.Paced, t.ScheduleLate.Publish = false, late(.0051) },
			[]Reason{{PublishLate, Invalid, "the generator published 5.1 ms late (p99; 5 ms is allowed)" + busy}}},
		{"few pushed just in time", func(t *Trial) { t.Asked.Paced, t.ScheduleLate.Publish = false, few(.005) }, nil},
		{"few pushed late", func(t *Trial) { t.Asked.Paced, t.ScheduleLate.Publish = false, few(.0062) },
			[]Reason{{PublishLate, Invalid, "the generator published 6.2 ms late (p99; 5 ms is allowed)" + busy}}},
		{"posted just in time", func(t *Trial) { t.ScheduleLate.Publish = late(.05) }, nil},
		{"posted late", func(t *Trial) { t.ScheduleLate.Publish = late(.0501) },
			[]Reason{{PublishLate, Invalid, "the generator published 50.1 ms late (p99; 50 ms is allowed)" + busy}}},
		{"nothing known of publishing", func(t *Trial) { t.ScheduleLate.Publish = nil }, nil},

		{"polled just in time", func(t *Trial) { t.ScheduleLate.Poll = late(.05) }, nil},
		{"polled late", func(t *Trial) { t.ScheduleLate.Poll = late(.0501) },
			[]Reason{{PollLate, Invalid, "the generator polled 50.1 ms late (p99; 50 ms is allowed)" + busy}}},
		{"few polled late", func(t *Trial) { t.ScheduleLate.Poll = few(.06) },
			[]Reason{{PollLate, Invalid, "the generator polled 60 ms late (p99; 50 ms is allowed)" + busy}}},
		{"late, but not paced", func(t *Trial) { t.Asked.Paced, t.ScheduleLate.Poll = false, late(1) }, nil},
		{"polls just reached", polled(198), nil},
		{"polls not reached", polled(197), []Reason{{PollsNotReached, Invalid, "197 of 200 polls due were answered (98.5 %; at least 99 % are required); 2/s were answered"}}},
		{"polls not kept up", func(t *Trial) { t.Requests.ByStatus, t.Requests.Total = map[string]int64{"200": 195}, 195 },
			[]Reason{{PollsNotReached, Invalid, "only 195 of 200 polls due in the steady state were answered within it: the requested rate was not sustained"}}},
		{"no poll answered", func(t *Trial) { t.PollResponse, t.PollResponseHDR = nil, "" },
			[]Reason{{PollsNotReached, Invalid, "0 of 200 polls due were answered (0 %; at least 99 % are required); 2/s were answered"}}},
		{"no polls, but not paced", func(t *Trial) { t.Asked.Paced, t.PollResponse, t.PollResponseHDR = false, nil, "" }, nil},

		{"generator just below its limit", func(t *Trial) { t.Generator = Cost{CPUUserS: 300, CPUSysS: 20} }, nil},
		{"generator saturated", func(t *Trial) { t.Generator = Cost{CPUUserS: 300, CPUSysS: 21} },
			[]Reason{{GeneratorCPU, Invalid, "generator saturated: it used 3.21 of the 4 cores that the server left to it (3.2 is allowed: 80 %)"}}},
		{"generator saturated by what the server left", func(t *Trial) {
			t.Generator, t.Server = Cost{CPUUserS: 165}, &Cost{CPUUserS: 100, CPUSysS: 100}
		}, []Reason{{GeneratorCPU, Invalid, "generator saturated: it used 1.65 of the 2 cores that the server left to it (1.6 is allowed: 80 %)"}}},
		{"unknown cores", func(t *Trial) { t.Env.Cores, t.Generator.CPUUserS = 0, 1000 }, nil},
		// Of a quota of two cores the server takes one, if it is held to it.
		{"the quota shared", quotaOf(2, true, 80, 100), nil},
		{"the quota shared, and saturated", quotaOf(2, true, 81, 100),
			[]Reason{{GeneratorCPU, Invalid, "generator saturated: it used 0.81 of the 1 cores that the server left to it of a quota of 2 (0.8 is allowed: 80 %)"}}},
		{"the quota to itself", quotaOf(2, false, 160, 100), nil},
		{"the quota to itself, and saturated", quotaOf(2, false, 161, 100),
			[]Reason{{GeneratorCPU, Invalid, "generator saturated: it used 1.61 of the 2 cores that the server left to it of a quota of 2 (1.6 is allowed: 80 %)"}}},
		{"the server takes the cores beside the quota", quotaOf(2, false, 81, 300),
			[]Reason{{GeneratorCPU, Invalid, "generator saturated: it used 0.81 of the 1 cores that the server left to it (0.8 is allowed: 80 %)"}}},

		{"throttled hardly ever", throttled(10), nil},
		{"throttled", throttled(11),
			[]Reason{{CPUThrottled, Suspect, "the CPU quota of 0.5 cores was used up in 11 of 1000 periods (1.1 %; 1 % is allowed, beyond 10 % the trial is invalid): server and generator had to wait until each ended; raise the quota, or reduce the load"}}},
		{"throttled often", throttled(101),
			[]Reason{{CPUThrottled, Invalid, "the CPU quota of 0.5 cores was used up in 101 of 1000 periods (10.1 %; 1 % is allowed, beyond 10 % the trial is invalid): server and generator had to wait until each ended; raise the quota, or reduce the load"}}},
		{"the generator throttled", func(t *Trial) { throttled(200)(t); t.Env.QuotaShared = false },
			[]Reason{{CPUThrottled, Invalid, "the CPU quota of 0.5 cores was used up in 200 of 1000 periods (20 %; 1 % is allowed, beyond 10 % the trial is invalid): the generator had to wait until each ended; raise the quota, or reduce the load"}}},
		{"nothing to throttle", func(t *Trial) { t.Env.CPUQuota, t.Env.Throttling = .5, &Throttling{} }, nil},

		// 100,000 messages for two clients are 300,000 operations, and 200 polls. 80 % of four cores are 320 s.
		{"never sent, but there is room", overrun(10_000, 32), []Reason{behind("10000", "10", "100")}},
		{"never sent for lack of CPU", overrun(10_000, 33), []Reason{
			{GeneratorCPU, Invalid, "generator saturated: 90000 messages due were never sent; at 1092.7 µs of CPU per message, delivery and poll, the full load would take 3.28 of the 4 cores that the server left to it (3.2 is allowed: 80 %)"},
			behind("10000", "10", "100")}},
		{"never sent, and hardly any other was", overrun(3000, 33), []Reason{behind("3000", "3", "30")}},
		{"never sent, as its publishers never joined", func(t *Trial) {
			overrun(10_000, 33)(t)
			t.Doubt(Refused, Invalid, "1 of 2 clients could not join")
		}, []Reason{{Refused, Invalid, "1 of 2 clients could not join"}, behind("10000", "10", "100")}},
		{"requests without an answer", func(t *Trial) { t.Requests.Total, t.Requests.Errors = 1207, 7 }, []Reason{{Errors, Suspect, "7 of 1207 requests were not answered and were sent again on another connection"}}},
		{"many of them", func(t *Trial) { t.Requests.Total, t.Requests.Errors = 1213, 13 }, []Reason{{Errors, Invalid, "13 of 1213 requests were not answered and were sent again on another connection"}}},

		{"no pause to speak of", func(t *Trial) { t.PauseS = .05 }, nil},
		{"a pause", func(t *Trial) { t.PauseS = .0512 }, []Reason{pause(Suspect, "51.2 ms", "1 s")}},
		{"a pause up to a hundredth", func(t *Trial) { t.PauseS = 1 }, []Reason{pause(Suspect, "1 s", "1 s")}},
		{"a pause of more than a hundredth", func(t *Trial) { t.PauseS = 1.01 }, []Reason{pause(Invalid, "1.01 s", "1 s")}},

		{"a connection refused", func(t *Trial) { t.Connections.Failed = 1 },
			[]Reason{{Refused, Suspect, "failed connection attempts: 1"}}},
		{"a connection lost", func(t *Trial) { t.Connections.Lost = 2 },
			[]Reason{{LostConnections, Suspect, "connections broken by the server or the network: 2"}}},
		{"a message lost", func(trial *Trial) { delivered(t, trial, 1999); trial.Expected, trial.Lost = 2000, 1 },
			[]Reason{{Losses, Suspect, "1 of 2000 deliveries were lost"}}},

		// 1 % of 1,200 requests and 1,000 messages.
		{"an error", failing(map[string]int64{"timeout": 1}), []Reason{{Errors, Suspect, "1 errors; the target's: timeout 1"}}},
		{"errors up to the limit", failing(map[string]int64{"timeout": 10, "publish: no answer": 10, "status 500": 2}),
			[]Reason{{Errors, Suspect, "22 errors; the target's: timeout 10, status 500 2; unclear: publish: no answer 10"}}},
		{"errors beyond the limit", failing(map[string]int64{"timeout": 12, "connection lost": 11}),
			[]Reason{{Errors, Invalid, "23 errors; the target's: timeout 12, connection lost 11"}}},
		{"no errors of a kind", failing(map[string]int64{"timeout": 0}), nil},

		{"a target that works", func(t *Trial) { t.Env.Target, t.Server = "http://x", &Cost{Processes: 1, CPUSysS: 1e-6} }, nil},
		{"a target whose process is not known", func(t *Trial) { t.Env.Target = "http://x" }, nil},
		{"a target that had nothing to do", func(t *Trial) {
			t.Env.Target, t.Server, t.Bytes, t.PhaseBytes, t.WindowDeliveries = "http://x", &Cost{Processes: 1}, Bytes{}, nil, 0
		}, nil},
		{"a target by another's process", func(t *Trial) { t.Env.Target, t.Server = "http://x", &Cost{Processes: 1} },
			[]Reason{{NoServerCPU, Suspect, "the process of --target-pid used no CPU while 900000 bytes passed: is it really the target's?"}}},
		{"a target that none of its command's processes serves", func(t *Trial) {
			t.Env.Target, t.Env.Command, t.Server = "http://x", "npm start", &Cost{Processes: 1}
		}, []Reason{{NoServerCPU, Suspect, "the start command's process group used no CPU while 900000 bytes passed: is it really the target's?"}}},

		{"little steal", func(t *Trial) { t.Env.StealCores = .1 }, nil},
		{"steal", func(t *Trial) { t.Env.StealCores = .11 },
			[]Reason{{Steal, Suspect, "the hypervisor took 0.11 cores (0.1 is allowed)"}}},
		{"hardly more steal", func(t *Trial) { t.Env.StealCores = .10004 },
			[]Reason{{Steal, Suspect, "the hypervisor took 0.10004 cores (0.1 is allowed)"}}},
		{"a clock slewed", func(t *Trial) { t.Env.ClockDrift = new(-500e-6) }, nil},
		{"a clock that drifts", func(t *Trial) { t.Env.ClockDrift = new(-501e-6) },
			[]Reason{{ClockDrift, Suspect, "the monotonic clock and the raw clock diverged by 501 ppm (500 is allowed, the most that NTP corrects): every duration is wrong by that share"}}},
		{"few others", func(t *Trial) { t.Env.ForeignCores = new(.1) }, nil},
		{"mostly a browser", func(t *Trial) { t.Env.ForeignCores, t.Env.Watching = new(.25), &Watching{.2} },
			[]Reason{{ForeignCPU, Suspect, "other processes used 0.25 cores (0.1 is allowed), at least 0.20 of them for watching, by the browser that shows the live page on this machine: open the page on another machine, or run without --live"}}},
		{"a browser among others", func(t *Trial) { t.Env.ForeignCores, t.Env.Watching = new(.25), &Watching{.1} },
			[]Reason{{ForeignCPU, Suspect, "other processes used 0.25 cores (0.1 is allowed), at least 0.10 of them for watching, by the browser that shows the live page on this machine"}}},
		{"perhaps a browser", func(t *Trial) { t.Env.ForeignCores, t.Env.Watching = new(.25), &Watching{} },
			[]Reason{{ForeignCPU, Suspect, "other processes used 0.25 cores (0.1 is allowed); the live page was open, and its browser may be the cause if it runs on this machine: open the page on another machine, or run without --live"}}},
		{"others", func(t *Trial) { t.Env.ForeignCores = new(.25) },
			[]Reason{{ForeignCPU, Suspect, "other processes used 0.25 cores (0.1 is allowed)"}}},

		{"the server agrees", totals(func(*Totals) {}), nil},
		{"frames are not compared", totals(func(n *Totals) { n.FramesIn, n.FramesOut = 7, 8 }), nil},
		{"requests differ", totals(func(n *Totals) { n.Requests++ }),
			[]Reason{{Mismatch, Invalid, "requests: the generator counted 1300 before and 1300 after the server counted 1301"}}},
		{"connections differ", totals(func(n *Totals) { n.Connections-- }),
			[]Reason{{Mismatch, Invalid, "connections: the generator counted 4 before and 4 after the server counted 3"}}},
		{"bytes nearly more", func(t *Trial) { t.ServerTotals = new(t.Totals); t.Totals.BytesIn, t.Totals.BytesOut = 613_050, 311_550 }, nil},
		{"bytes nearly fewer", func(t *Trial) { t.ServerTotals = new(t.Totals); t.Totals.BytesIn, t.Totals.BytesOut = 606_950, 308_450 }, nil},
		{"bytes in more", func(t *Trial) { t.ServerTotals = new(t.Totals); t.Totals.BytesIn = 613_051 },
			[]Reason{{Mismatch, Invalid, "bytes to the clients: the generator counted 613051, the server 610000 (0.5 % is allowed)"}}},
		{"bytes out fewer", func(t *Trial) { t.ServerTotals = new(t.Totals); t.Totals.BytesOut = 308_449 },
			[]Reason{{Mismatch, Invalid, "bytes from the clients: the generator counted 308449, the server 310000 (0.5 % is allowed)"}}},

		// Of a trial without an end, no more is said than that.
		{"partial", func(t *Trial) { t.Status, t.Published, t.Env.StealCores = Partial, 0, 1 },
			[]Reason{{NotComplete, Invalid, "the trial is partial: its numbers cover only the part that ran"}}},
		{"failed", func(t *Trial) { t.Status = Failed; t.Doubt(NotComplete, Invalid, "the server died") },
			[]Reason{{NotComplete, Invalid, "the server died"}}},

		{"doubted before", func(t *Trial) { t.Doubt(Broken, Invalid, "3 of %d", 4) }, []Reason{{Broken, Invalid, "3 of 4"}}},
		{"does not add up", func(t *Trial) { t.Reordered = 2001 },
			[]Reason{{Broken, Invalid, "broken invariants: reordered 2001 > delivered 2000 − duplicated 0"}}},
		{"suspect twice", func(t *Trial) { t.Connections.Lost, t.Env.StealCores = 1, 1 }, []Reason{
			{Steal, Suspect, "the hypervisor took 1 cores (0.1 is allowed)"},
			{LostConnections, Suspect, "connections broken by the server or the network: 1"}}},
		{"invalid, then suspect", func(t *Trial) { t.PauseS, t.Env.StealCores = 1.01, 1 }, []Reason{
			pause(Invalid, "1.01 s", "1 s"),
			{Steal, Suspect, "the hypervisor took 1 cores (0.1 is allowed)"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := sound(t, c.change)
			trial.Judge()
			for _, r := range trial.Reasons {
				if k := r.Kind(); r.Validity == Suspect && k.Suspect == "" || r.Validity == Invalid && k.Invalid == "" {
					t.Errorf("the table has no word on when %s makes a trial %s", r.Code, r.Validity)
				}
			}
			if len(trial.Reasons)+len(c.want) > 0 && !reflect.DeepEqual(trial.Reasons, c.want) {
				t.Errorf("reasons %+v\nwant    %+v", trial.Reasons, c.want)
			}
			want := Valid
			for _, r := range c.want {
				if want == Valid || r.Validity == Invalid {
					want = r.Validity
				}
			}
			assert.Check(t, trial.Validity == want, "the trial is %s, want %s", trial.Validity, want)
		})
	}
}

// What is judged can be read, unless its numbers are broken.
func TestJudgedIsSound(t *testing.T) {
	for _, change := range []func(*Trial){
		func(t *Trial) {},
		func(t *Trial) { t.Env.StealCores = 1 },
		func(t *Trial) { t.Connections.Failed = 1 },
		func(t *Trial) { t.Status, t.WindowS = Partial, 0 },
		func(t *Trial) { t.Status = Failed },
	} {
		trial := sound(t, change)
		trial.Judge()
		assert.Check(t, trial.Check())
	}
}

// The limits hold for the intervals that scenarios ask for.
func TestPollLimitFollowsTheInterval(t *testing.T) {
	for _, interval := range []time.Duration{100 * time.Millisecond, time.Second, 10 * time.Second} {
		for _, c := range []struct {
			share float64
			want  Validity
		}{{.049, Valid}, {.051, Invalid}} {
			p99 := c.share * interval.Seconds()
			trial := sound(t, func(trial *Trial) {
				trial.Asked.PollIntervalS = interval.Seconds()
				trial.Asked.WarmUpS = interval.Seconds()
				polls := int64(200 / interval.Seconds())
				answered(t, trial, polls)
				trial.Requests, trial.Totals.Requests = Requests{Total: polls, ByStatus: map[string]int64{"200": polls}}, polls
				trial.ScheduleLate.Poll = late(p99)
			})
			trial.Judge()
			assert.Check(t, trial.Validity == c.want, "interval %v, %v s late: %s, want %s", interval, p99, trial.Validity, c.want)
		}
	}
}

// Of a short window a hundredth is less than a busy machine does by itself.
func TestPauseLimitOfAShortWindow(t *testing.T) {
	for _, c := range []struct {
		pause float64
		want  Validity
	}{{.05, Valid}, {.051, Suspect}, {.1, Suspect}, {.101, Invalid}, {.512, Invalid}} {
		trial := &Trial{WindowS: 2, PauseS: c.pause}
		trial.judgePause()
		assert.Check(t, is.Equal(worst(trial.Reasons), c.want), "a pause of %v s in 2 s", c.pause)
	}
}

// Five seconds between polls, and a window of 5 s: the deliveries that are
// lacking are (T − W)² ÷ 2TS of all.
func TestShortWarmUps(t *testing.T) {
	for _, c := range []struct {
		warmUp, window, rate float64
		want                 Validity
	}{
		{5, 5, 10, Valid}, {6, 5, 10, Valid}, {0, 5, 0, Valid},
		{1, 5, 10, Invalid},                        // 16 ÷ 50
		{4, 5, 10, Suspect},                        // 1 ÷ 50
		{4, 10.1, 10, Valid}, {0, 50, 10, Suspect}, // 1 ÷ 101, 25 ÷ 500
	} {
		trial := &Trial{WindowS: c.window, Asked: Asked{PollIntervalS: 5, WarmUpS: c.warmUp, PublishRate: c.rate, Paced: true}}
		trial.judgeWarmUp()
		assert.Check(t, is.Equal(worst(trial.Reasons), c.want), "warm-up %v s, window %v s", c.warmUp, c.window)
	}
}
