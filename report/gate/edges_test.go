package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// By hand: where 0.8 messages are due within the longest delay on average, no
// more than 3 are in 99 of 100 cases; of 1.2 polls 4; of 0.006 messages none.
func TestEdges(t *testing.T) {
	at := func(s float64) *result.Quantiles { return &result.Quantiles{Max: s, N: 1} }
	ws := result.Trial{Clients: 20, WindowS: 2, PauseS: 0.01, PublishLatency: at(0.02), Latency: at(0.03), Counts: result.Counts{WindowPublished: 40, WindowDeliveries: 800},
		Asked: result.Asked{PublishRate: 20, Rooms: 1}, Bytes: result.Bytes{In: 120_000, Out: 4000},
		Totals: result.Totals{FramesOut: 49}, Series: []result.Second{{SecondCounts: result.SecondCounts{Published: 20}}, {SecondCounts: result.SecondCounts{Published: 26}}}}
	deflated, roomy, still, even := ws, ws, ws, ws
	even.Asked.Arrivals = "constant"
	deflated.Bytes.Layers.In.Compression = -1
	roomy.Asked.Rooms, roomy.Asked.PublishRate = 4, 5
	still.PauseS, still.PublishLatency, still.Latency, still.Totals = 0, nil, nil, result.Totals{}
	poll := result.Trial{Clients: 200, WindowS: 14, PauseS: 0.001, PublishLatency: at(0.004), Latency: at(1), PollResponse: at(0.005),
		Counts: result.Counts{WindowPublished: 14, WindowDeliveries: 2700,
			Requests: result.Requests{Total: 2800, ByStatus: map[string]int64{"200": 2786, "201": 14}}},
		Asked: result.Asked{PublishRate: 1, Rooms: 1, Paced: true, PollIntervalS: 1},
		Bytes: result.Bytes{In: 1_200_000, Out: 400_000, Layers: result.Layers{In: result.Layer{Protocol: 400_000}}}}
	stalled := poll
	stalled.PauseS = 3
	for _, tt := range []struct {
		name                       string
		trial                      *result.Trial
		requests, perPoll, in, out float64
	}{
		{"ws", &ws, 0, 0, 3.0/800 + 18.0/120_000, 60.0/800 + 3.0/40 + 18.0/4000},
		{"compressed", &deflated, 0, 0, 3.0/800 + 18.0/120_000 + 1600.0/120_000, 60.0/800 + 3.0/40 + 18.0/4000},
		{"four rooms", &roomy, 0, 0, 3.0/800 + 18.0/120_000, 15.0/800 + 3.0/40 + 18.0/4000},
		{"evenly spaced", &even, 0, 0, 1.0/800 + 18.0/120_000, 20.0/800 + 1.0/40 + 18.0/4000},
		{"nothing is late", &still, 0, 0, 0, 0},
		{"poll", &poll, 4.0/2800 + 0.001/14, 0, (4.0/2800 + 0.001/14 + 12.0/2700) / 3, 4.0/2800 + 0.001/14 + 12.0/2700},
		{"all clients late", &stalled, 208.0/2800 + 3.0/14, 8.0 / 2786, (208.0/2800 + 3.0/14 + 600.0/2700) / 3, 208.0/2800 + 3.0/14 + 600.0/2700},
	} {
		for name, v := range map[string][2]float64{
			"requests": {metric.Requests.Edge(tt.trial), tt.requests}, "protocol bytes per poll": {metric.ProtocolPerPoll.Edge(tt.trial), tt.perPoll},
			"bytes in": {metric.BytesIn.Edge(tt.trial), tt.in}, "bytes out": {metric.BytesOut.Edge(tt.trial), tt.out},
		} {
			if math.Abs(v[0]-v[1]) > 1e-12 {
				t.Errorf("%s: %s can differ by %v, want %v", tt.name, name, v[0], v[1])
			}
		}
	}
}

// window counts what falls between two edges, each read a little late.
type window struct{ from, to float64 }

func (w window) has(at float64) bool { return at >= w.from && at < w.to }

// played is a trial of 100 clients over 14 s as a machine would have it that is
// late by up to so many seconds: the schedule is always the same, what happens
// when is not. A delivery has so many bytes, and a poll's answer so many more.
func played(transport string, r *rand.Rand, late, delivery, head float64) result.Trial {
	const clients, steady, postOut, pollOut, postIn, ackIn = 100, 14.0, 280, 140, 400, 12
	t := fixture.Copied(fixture.Drawn()[transport][0])
	t.Series, t.Trial, t.Asked.Trials, t.Clients, t.Asked.SteadyS = nil, 1, 1, clients, steady
	schedule := rand.New(rand.NewPCG(8, 1))
	delay := func(most *float64) float64 {
		d := late * math.Pow(r.Float64(), 6) // seldom near the most
		*most = max(*most, d)
		return d
	}
	var pause, posted, answered float64
	w := window{delay(&pause), steady + delay(&pause)}
	var accepted []float64
	var published, deliveries, requests, polls int64
	var in, out, protocol float64
	for due := -2.0; due < steady+1; due += schedule.ExpFloat64() {
		sent := due + delay(&posted)
		if w.has(sent) {
			out += postOut
		}
		acked := sent + delay(&posted)
		posted = max(posted, acked-due)
		accepted = append(accepted, acked)
		if w.has(acked) {
			published++
			if in += ackIn; transport == "poll" {
				in, protocol, requests = in+postIn-ackIn, protocol+postIn, requests+1
			}
		}
		for range clients {
			if seen := acked + delay(&answered); transport == "ws" && w.has(seen) {
				answered = max(answered, seen-due)
				deliveries++
				in += delivery
			}
		}
	}
	slices.Sort(accepted)
	for range clients {
		got := 0
		for due := schedule.Float64() - 2; transport == "poll" && due < steady+1; due++ {
			sent := due + delay(&answered)
			if w.has(sent) {
				out += pollOut
			}
			at := sent + delay(&answered)
			answered = max(answered, at-due)
			until, _ := slices.BinarySearch(accepted, sent)
			if w.has(at) {
				requests, polls = requests+1, polls+1
				deliveries += int64(until - got)
				protocol += head
				in += head + delivery*float64(until-got)
			}
			got = max(got, until)
		}
	}
	t.PauseS, t.WindowS = pause, w.to-w.from
	t.PublishLatency.Max, t.Latency.Max = posted, answered
	if t.PollResponse != nil {
		t.PollResponse.Max = answered
	}
	t.WindowPublished, t.WindowDeliveries = published, deliveries
	t.Requests = result.Requests{Total: requests, ByStatus: map[string]int64{"200": polls, "201": requests - polls}}
	t.Bytes = result.Bytes{In: int64(in), Out: int64(out), Layers: result.Layers{In: result.Layer{Protocol: int64(protocol), Text: int64(in) - int64(protocol)}, Out: result.Layer{Protocol: int64(out)}}}
	return t
}

// Equal servers have equal counts, but for the edges of the window, on a machine
// that is calm and on one that is not; and what has changed is found on either.
func TestCountsBySimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 35))
	const rounds = 200
	for _, tt := range []struct {
		name                 string
		late, delivery, head float64 // of the new server
		finds                map[string]string
	}{
		{"the same, calm", 0.005, 280, 150, nil},
		{"the same, busy", 0.08, 280, 150, nil},
		{"messages 10 % larger, calm", 0.005, 308, 150, map[string]string{"poll": "bytes per delivery, in", "ws": "bytes per delivery, in"}},
		{"messages 10 % larger, busy", 0.08, 308, 150, map[string]string{"ws": "bytes per delivery, in"}},
		{"a header of 30 bytes, calm", 0.005, 280, 180, map[string]string{"poll": "protocol bytes per poll, in"}},
		{"a header of 30 bytes, busy", 0.08, 280, 180, map[string]string{"poll": "protocol bytes per poll, in"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			alarms, strict := 0, 0
			for range rounds {
				for _, transport := range []string{"poll", "ws"} {
					base := []result.Trial{played(transport, r, tt.late, 280, 150)}
					next := []result.Trial{played(transport, r, tt.late, tt.delivery, tt.head)}
					c, err := Compare(base, next, Options{CountsOnly: true})
					if err != nil {
						t.Fatal(err)
					}
					found := strings.Join(c.Regressions(), "; ")
					switch want := tt.finds[transport]; {
					case tt.finds == nil && found != "":
						alarms++
						t.Log(found)
					case !strings.Contains(found, want):
						t.Fatalf("%s is not found in %q: %s", want, found, transport)
					}
					if slices.ContainsFunc(c.Changes, func(c compare.Change) bool { return c.Edges > 0 && math.Abs(c.Relative()) > c.Limit }) {
						strict++
					}
				}
			}
			if alarms > rounds/100 {
				t.Errorf("%d false alarms in %d comparisons of equal servers", alarms, 2*rounds)
			}
			t.Logf("%d false alarms; %d with the limits alone", alarms, strict)
		})
	}
}

// A trial that stalled widens its own limit, and that of no other.
func TestEdgesOfOneStalledTrial(t *testing.T) {
	more := func(percent int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Requests.Total += t.Requests.Total * percent / 100 }
	}
	stalled := func(trial int, before func(*result.Trial)) func(*result.Trial) {
		return func(t *result.Trial) {
			if before(t); t.Trial == trial {
				t.PauseS = 2
			}
		}
	}
	of := func(trial int, change func(*result.Trial)) func(*result.Trial) {
		return func(t *result.Trial) {
			if t.Trial == trial {
				change(t)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		next   func(*result.Trial)
		want   compare.Verdict
		worst  bool
		widest float64 // that the edges may be
	}{
		{"no more", stalled(3, more(0)), compare.Same, false, 0.001},
		{"more in all", stalled(3, more(3)), compare.Worse, false, 0.001},
		{"more in the stalled one", of(3, stalled(3, more(4))), compare.Same, false, 0.001},
		{"much more in the stalled one", of(3, stalled(3, more(20))), compare.Worse, true, 0.1},
		{"more in the stalled one, and less so in another", func(t *result.Trial) {
			of(3, stalled(3, more(5)))(t)
			of(4, more(4))(t)
		}, compare.Worse, true, 0.001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{}, six("poll"), fixture.Each(tt.next))
			if row := c.row("poll", "requests per client"); row.Verdict != tt.want || row.Worst != tt.worst || row.Edges > tt.widest {
				t.Errorf("%s, worst %v, edges %v", row.Verdict, row.Worst, row.Edges)
			}
		})
	}
}
