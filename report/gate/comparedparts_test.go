package gate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// What a run was to measure, and did not, is no pass and no regression: it is
// refused.
func TestCompareRefusesPartialRuns(t *testing.T) {
	planned := func(transports []string, points ...string) func([]result.Trial) []result.Trial {
		return fixture.Each(func(t *result.Trial) { t.Asked.Transports, t.Asked.Points = transports, points })
	}
	both := []string{"poll", "ws"}
	whole := planned(both, "9f2c41d07a55")
	swept := planned(both, "000000000100", "000000000300", "000000001000")
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		said       string // empty where they are compared
	}{
		{"whole runs", whole(fixture.TrialsOf(3, "poll", "ws")), whole(fixture.TrialsOf(3, "poll", "ws")), ""},
		{"no trial of a transport", whole(fixture.TrialsOf(3, "poll", "ws")), whole(fixture.TrialsOf(3, "poll")), "new run: ws has 0 of 3 trials: the run is partial; continue it with `pollpush run --resume DIR`"},
		{"nor in the base", whole(fixture.TrialsOf(3, "ws")), whole(fixture.TrialsOf(3, "poll", "ws")), "base: poll has 0 of 3 trials"},
		{"nor in either", whole(fixture.TrialsOf(3, "ws")), whole(fixture.TrialsOf(3, "ws")), "base: poll has 0 of 3 trials"},
		{"one transport was asked for", whole(fixture.TrialsOf(3, "poll", "ws")), planned(both[:1])(fixture.TrialsOf(3, "poll")), ""},
		{"no trial at two points", swept(fixture.ByClients(100, 300, 1000)), swept(fixture.ByClients(300)), "new run: has no trial at 2 points of its plan (hash 000000000100, 000000001000): the run is partial"},
		{"all points", swept(fixture.ByClients(100, 300, 1000)), swept(fixture.ByClients(1000, 300, 100)), ""},
		{"an old run, which does not say", fixture.TrialsOf(3, "poll", "ws"), fixture.TrialsOf(3, "poll"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compare(tt.base, tt.next, Options{CountsOnly: true})
			if (err == nil) != (tt.said == "") || err != nil && !strings.Contains(err.Error(), tt.said) {
				t.Errorf("%v, want %q", err, tt.said)
			}
		})
	}
}

// A server that answers sooner is asked more often, where a client asks again at
// once: that is no regression as such, and never one on another machine.
func TestCompareWhatHangsOnTheRoundTrip(t *testing.T) {
	sooner := func(by float64, more func(*result.Trial)) func([]result.Trial) []result.Trial {
		return only("socketio-polling", func(t *result.Trial) {
			t.Requests.Total += int64(by * float64(t.Requests.Total))
			moreIn(t, int64(by*float64(t.Bytes.In)))
			t.Requests.ByStatus = map[string]int64{"200": t.Requests.ByStatus["200"] * 2} // no more bytes for each
			more(t)
		})
	}
	none := func(*result.Trial) {}
	six, three := six("poll", "socketio-polling"), fixture.TrialsOf(3, "poll", "socketio-polling")
	for _, tt := range []struct {
		name    string
		base    []result.Trial
		change  func([]result.Trial) []result.Trial
		want    compare.Verdict
		regress bool
	}{
		{"7 % more", six, sooner(0.07, none), compare.Same, false},
		{"15 % more", six, sooner(0.15, none), compare.Worse, true},
		{"15 % more, in three trials", three, sooner(0.15, none), compare.Untested, false},
		{"15 % more, elsewhere", six, sooner(0.15, func(t *result.Trial) { t.Env.Kernel = "6.13.0" }), compare.Worse, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{}, tt.base, tt.change)
			for _, mt := range []string{"requests per client", "bytes per delivery, in"} {
				if row := c.row("socketio-polling", mt); row.Verdict != tt.want || row.Regressed() != tt.regress {
					t.Errorf("%s is %+v, want %s", mt, row, tt.want)
				}
				if row := c.row("poll", mt); row.Metric.Kind != metric.Exact {
					t.Errorf("%s of poll is not counted", mt)
				}
			}
			if (len(c.Regressions()) > 0) != tt.regress {
				t.Errorf("regressions %q", c.Regressions())
			}
			if notes := strings.Join(c.notes(), "\n"); !strings.Contains(notes, "Of socketio-polling, where a client asks again") {
				t.Errorf("notes %q", c.notes())
			}
		})
	}
	c := compared(t, Options{CountsOnly: true}, six, sooner(0.15, none))
	for mt, told := range map[string]bool{"requests per client": false, "bytes per delivery, in": false, "bytes per delivery, out": false,
		"protocol bytes per poll, in": true, "connections per client": true, "lost": true, "duplicated": true} {
		if row := c.row("socketio-polling", mt); (row.Verdict != compare.Untested) != told {
			t.Errorf("of counts alone, %s is %+v", mt, row)
		}
	}
}

// Trials that are fewer than half are hidden by no median, in counts; and what
// the base does itself is not worse.
func TestCompareCountsTheWorstTrial(t *testing.T) {
	in := func(percent ...int64) func([]result.Trial) []result.Trial {
		return only("ws", func(t *result.Trial) {
			if t.Trial <= len(percent) {
				moreIn(t, t.Bytes.In*(percent[t.Trial-1]-100)/100)
			}
		})
	}
	held := func(clients ...int64) func([]result.Trial) []result.Trial {
		return only("ws", func(t *result.Trial) {
			if t.Trial <= len(clients) {
				t.Connections.HeldMean += float64(clients[t.Trial-1])
			}
		})
	}
	const inWorst, heldWorst = "ws: bytes per delivery, in (worst trial) went from ", "ws: connections per client (worst trial) went from "
	for _, tt := range []struct {
		name       string
		base, next func([]result.Trial) []result.Trial
		metric     string
		want       compare.Verdict
		said       string
	}{
		{"two of six have three times the bytes", in(), in(300, 300), "bytes per delivery, in", compare.Worse, inWorst + "154 B to 462 B (+308 B, +200 %, limit 2 %)"},
		{"one of six has 3 % more", in(), in(103), "bytes per delivery, in", compare.Worse, inWorst},
		{"one of six has 1 % more", in(), in(101), "bytes per delivery, in", compare.Same, ""},
		{"the base's own spread", in(100, 110, 104), in(110, 104, 100), "bytes per delivery, in", compare.Same, ""},
		{"all have more than most of the base", in(110), in(110, 110, 110, 110, 110, 110), "bytes per delivery, in", compare.Worse, "ws: bytes per delivery, in went from 154 B to 169 B"},
		{"most have fewer, one has more", in(), in(50, 50, 50, 50, 50, 150), "bytes per delivery, in", compare.Worse, inWorst},
		{"most have fewer, one has as many", in(), in(50, 50, 50, 50, 50, 100), "bytes per delivery, in", compare.Better, ""},
		{"a connection more in one", held(), held(2), "connections per client", compare.Worse, heldWorst},
		{"a connection fewer in one", held(), held(0, -2), "connections per client", compare.Worse, heldWorst},
		{"connections as the base has them", held(2, -2), held(0, 2, -2), "connections per client", compare.Same, ""},
		{"fewer connections astray", held(2, -2), held(), "connections per client", compare.Same, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compare(tt.base(six("poll", "ws")), tt.next(six("poll", "ws")), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if row := c.row("ws", tt.metric); row.Verdict != tt.want {
				t.Errorf("%+v, want %s", row, tt.want)
			}
			if r := strings.Join(c.Regressions(), "\n"); (r == "") != (tt.said == "") || !strings.Contains(r, tt.said) {
				t.Errorf("regressions %q, want %q", r, tt.said)
			}
		})
	}
}

// What has lost or repeated deliveries wins no comparison, and that stands
// before all else.
func TestCompareLossesWinNothing(t *testing.T) {
	cheaper := func(lost, repeated int64) func([]result.Trial) []result.Trial {
		return only("ws", func(t *result.Trial) {
			dearer(0.5)(t)
			t.Bytes.In /= 2
			if t.Trial == 2 {
				t.Lost, t.Duplicated = lost, repeated
			}
		})
	}
	lossy := only("ws", func(t *result.Trial) { t.Lost = 10 })
	whole := only("ws", func(*result.Trial) {})
	for _, tt := range []struct {
		name       string
		base, next func([]result.Trial) []result.Trial
		want       compare.Verdict
		said       string
	}{
		{"nothing", whole, cheaper(0, 0), compare.Better, ""},
		{"lost in the new run", whole, cheaper(50, 0), compare.Same, "ws: 50 of 360,000 deliveries lost in the new run"},
		{"repeated in the new run", whole, cheaper(0, 1), compare.Same, "ws: 1 of 360,000 deliveries repeated in the new run"},
		{"in both", lossy, cheaper(50, 3), compare.Same, "ws: 60 of 360,000 deliveries lost in the base; 50 of 360,000 deliveries lost and 3 of 360,000 deliveries repeated in the new run"},
		{"lost in the base", lossy, cheaper(0, 0), compare.Same, "ws: 60 of 360,000 deliveries lost in the base"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compare(tt.base(six("poll", "ws")), tt.next(six("poll", "ws")), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, mt := range []string{"server CPU per delivery", "bytes per delivery, in"} {
				if row := c.row("ws", mt); row.Verdict != tt.want {
					t.Errorf("%s: %+v, want %s", mt, row, tt.want)
				}
			}
			var text, markdown bytes.Buffer
			if err := c.Text(&text, false); err != nil {
				t.Fatal(err)
			}
			if err := c.Markdown(&markdown); err != nil {
				t.Fatal(err)
			}
			begins := strings.Join(strings.Fields(text.String()), " ")
			if strings.HasPrefix(begins, "⚠ "+tt.said) != (tt.said != "") || strings.HasPrefix(markdown.String(), "**⚠ "+tt.said+"**\n") != (tt.said != "") {
				t.Errorf("it does not begin with %q:\n%s\n%s", tt.said, text.String(), markdown.String())
			}
			if noted := strings.Contains(strings.Join(c.notes(), "\n"), "ws: no other number is called better"); noted != (tt.said != "") {
				t.Errorf("notes %q", c.notes())
			}
		})
	}
	c, err := Compare(lossy(six("ws")), six("ws"), Options{})
	if err != nil || c.row("ws", "lost").Verdict != compare.Better {
		t.Errorf("losses that are gone are not better: %v, %+v", err, c.row("ws", "lost"))
	}
}

// No row leaves without a word.
func TestCompareSaysWhatIsNotTold(t *testing.T) {
	without := only("ws", func(t *result.Trial) { t.Server = nil })
	elsewhere := fixture.Each(func(t *result.Trial) { t.Env.Kernel = "6.13.0" })
	rare := func(trials ...int) func([]result.Trial) []result.Trial {
		return only("ws", func(t *result.Trial) {
			if slices.Contains(trials, t.Trial) {
				t.Latency.P99 = nil
			}
		})
	}
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		fails      string
		warns      string
		concludes  string
	}{
		{"new in the new run", without(six("poll", "ws")), six("poll", "ws"), "", "", "Times: 4 of 26 rows not tested (not in the base: ws server-cpu-per-delivery, ws server-cpu-of-one-core, ws server-memory-per-client, ws server-memory-peak)."},
		{"no server any more", six("poll", "ws"), without(six("poll", "ws")), "ws: server CPU per delivery is missing: no trial of the new run tells it", "", ""},
		{"no server any more, elsewhere", six("poll", "ws"), without(elsewhere(six("poll", "ws"))), "", "ws: server CPU per delivery is missing", "Counts: no regression, 7 warnings. Times: not tested (the runs are not of one machine)."},
		{"no server in either", without(six("poll", "ws")), without(six("poll", "ws")), "", "", "No regression in what was tested. Server cost: not measured (ws)."},
		{"p99 in three of six", six("poll", "ws"), rare(1, 3, 5)(six("poll", "ws")), "", "ws: delivery latency, p99 is told by 3 of 6 trials of the new run, and by 6 of 6 of the base", "Times: 1 of 26 rows not tested (needs 4 trials per side; here 6 and 3: ws delivery-latency-p99)."},
		{"p99 in four of six", six("poll", "ws"), rare(1, 3)(six("poll", "ws")), "", "", ""},
		{"p99 in three of six in both", rare(1, 3, 5)(six("poll", "ws")), rare(2, 4, 6)(six("poll", "ws")), "", "", "(needs 4 trials per side; here 3 and 3: ws delivery-latency-p99)."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compare(tt.base, tt.next, Options{Limits: wide})
			if err != nil {
				t.Fatal(err)
			}
			for _, list := range []struct {
				got  []string
				want string
			}{{c.Regressions(), tt.fails}, {c.Warnings(), tt.warns}} {
				if got := strings.Join(list.got, "\n"); (got == "") != (list.want == "") || !strings.Contains(got, list.want) {
					t.Errorf("found %q, want %q", got, list.want)
				}
			}
			if got := c.conclusion(); !strings.Contains(got, tt.concludes) {
				t.Errorf("it concludes %q, want %q", got, tt.concludes)
			}
		})
	}
}

// Numbers in relation to another transport are so to one and the same.
func TestCompareRelatesToOneTransport(t *testing.T) {
	elsewhere := func(trials []result.Trial) []result.Trial {
		return fixture.Each(func(t *result.Trial) { t.Env.Kernel = "6.13.0" })(trials)
	}
	etag := func(trials []result.Trial) []result.Trial {
		return only("poll", func(t *result.Trial) { t.Transport = "poll-etag" })(trials)
	}
	both := append(six("poll", "ws"), etag(six("poll"))...)
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		to         string // empty where nothing is related
	}{
		{"the first", six("poll", "ws"), both, "poll"},
		{"one that both have", both, etag(six("poll", "ws")), "poll-etag"},
		{"none that both have", six("poll", "ws"), etag(six("poll", "ws")), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compare(tt.base, elsewhere(again(tt.next)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ch := range c.Changes {
				if ch.Metric.Kind == metric.Related {
					_, to, _ := strings.Cut(ch.Metric.Name, ", to ")
					got = append(got, to)
				}
			}
			slices.Sort(got)
			if want := slices.DeleteFunc([]string{tt.to}, func(s string) bool { return s == "" }); !slices.Equal(slices.Compact(got), want) {
				t.Errorf("related to %s, want %q", fmt.Sprint(got), tt.to)
			}
		})
	}
}

// Where connections end and are opened again, how many there are depends on
// timing: they gate as times do, and as counts elsewhere.
func TestConnectionsThatAreRenewed(t *testing.T) {
	renewed := fixture.Each(func(t *result.Trial) { t.Connections.Reconnects = 40 })
	once := func(trials []result.Trial) []result.Trial { trials[2].Connections.Reconnects = 1; return trials }
	held := func(percent int64) func([]result.Trial) []result.Trial {
		return fixture.Each(func(t *result.Trial) { t.Connections.HeldMean = t.Connections.HeldMean * float64(percent) / 100 })
	}
	alternately := fixture.Each(func(t *result.Trial) {
		if t.Trial%2 == 0 {
			t.Connections.HeldMean = t.Connections.HeldMean * 3 / 4
		}
	})
	for _, tt := range []struct {
		name       string
		base, next []result.Trial
		o          Options
		want       compare.Verdict
		limit      float64
	}{
		{"none renewed, 5 % fewer", six("poll"), held(95)(six("poll")), Options{}, compare.Worse, 0.001},
		{"none renewed, fewer in some", six("poll"), alternately(six("poll")), Options{}, compare.Worse, 0.001},
		{"5 % fewer", renewed(six("poll")), held(95)(renewed(six("poll"))), Options{}, compare.Same, 0.1},
		{"5 % fewer, renewed in the new run alone", six("poll"), held(95)(renewed(six("poll"))), Options{}, compare.Same, 0.1},
		{"5 % fewer, one renewed in one trial of the base", once(six("poll")), held(95)(six("poll")), Options{}, compare.Same, 0.1},
		{"fewer in some", renewed(six("poll")), alternately(renewed(six("poll"))), Options{}, compare.Same, 0.1},
		{"a third fewer, few trials", renewed(fixture.TrialsOf(1, "poll")), held(67)(renewed(fixture.TrialsOf(1, "poll"))), Options{}, compare.Untested, 0.1},
		{"a third fewer, counts only", renewed(six("poll")), held(67)(renewed(six("poll"))), Options{CountsOnly: true}, compare.Untested, 0.1},
		{"a third fewer", renewed(six("poll", "ws")), fixture.Each(slower)(held(67)(renewed(six("poll", "ws")))), Options{}, compare.Worse, 0.1},
		{"a limit of one's own", renewed(six("poll")), held(95)(renewed(six("poll"))), Options{Limits: map[string]float64{"connections-per-client": 0.3}}, compare.Same, 0.3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compare(tt.base, tt.next, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			row := c.row("poll", "connections per client")
			if row.Verdict != tt.want || row.Limit != tt.limit {
				t.Errorf("%s with a limit of %v, want %s with %v", row.Verdict, row.Limit, tt.want, tt.limit)
			}
			if noted := strings.Contains(strings.Join(c.notes(), "\n"), "compared as a time"); noted != (tt.limit != 0.001) {
				t.Errorf("notes %q", c.notes())
			}
		})
	}
}
