package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
)

// noisy is a run whose times stray: each trial as a whole by half of the noise,
// and each number by itself by the rest.
func noisy(base []result.Trial, r *rand.Rand, sigma float64) []result.Trial {
	out := make([]result.Trial, len(base))
	for i := range base {
		whole := math.Exp(sigma / 2 * r.NormFloat64())
		by := func() float64 { return whole * math.Exp(sigma*math.Sqrt(0.75)*r.NormFloat64()) }
		t := fixture.Copied(base[i])
		t.Latency, t.PublishLatency, t.PollResponse = fixture.Scaled(t.Latency, by()), fixture.Scaled(t.PublishLatency, by()), fixture.Scaled(t.PollResponse, by())
		t.Fanout.T100 *= by()
		t.StaleShare = min(1, t.StaleShare*by())
		dearer(by())(&t)
		t.Server.RSSStartBytes = t.Server.RSSIdleBytes + int64(float64(t.Server.RSSStartBytes-t.Server.RSSIdleBytes)*by())
		t.Server.RSSPeakBytes = int64(float64(t.Server.RSSPeakBytes) * by())
		t.Requests.Empty = min(t.Requests.ByStatus["200"], int64(float64(t.Requests.Empty)*by()))
		out[i] = t
	}
	return out
}

// alike are six trials of each transport, one like the other.
func alike() (out []result.Trial) {
	for _, name := range []string{"poll", "ws"} {
		t := six(name)[0]
		for t.Trial = 1; t.Trial <= 6; t.Trial++ {
			out = append(out, t)
		}
	}
	return out
}

func compared(t *testing.T, base, next []result.Trial, o Options) *Comparison {
	t.Helper()
	c, err := Compare(base, next, o)
	assert.NilError(t, err)
	return c
}

// Where nothing has changed, false alarms stay within what is promised, though any
// change counts, so that chance alone decides: a limit can only make them fewer.
// What has changed is found.
func TestTimesBySimulation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 11))
	base, none := alike(), map[string]float64{}
	for _, id := range MetricIDs() {
		none[id] = 0
	}
	const rounds, changed = 500, 200
	alarms, missed := 0, 0
	for range rounds {
		c := compared(t, noisy(base, r, 0.1), noisy(base, r, 0.1), Options{Limits: none})
		if slices.ContainsFunc(c.Changes, func(c compare.Change) bool { return c.Verdict == compare.Worse || c.Verdict == compare.Better }) {
			alarms++
		}
	}
	for range changed {
		c := compared(t, noisy(base, r, 0.03), only("ws", dearer(1.15))(noisy(base, r, 0.03)), Options{})
		if !strings.Contains(strings.Join(c.Regressions(), "\n"), "ws: server CPU per delivery") {
			missed++
		}
	}
	t.Logf("%d false alarms in %d, missed %d of %d", alarms, rounds, missed, changed)
	assert.Check(t, alarms <= rounds/20, "%d false alarms in %d comparisons of equal runs; at most 5 %% are promised", alarms, rounds)
	assert.Check(t, missed <= changed/20, "%d of %d times 15 %% more CPU was not found", missed, changed)
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
		x := r.Float64()
		d := late * x * x * x * x * x * x // seldom near the most
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
	t.Parallel()
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
					c := compared(t, []result.Trial{played(transport, r, tt.late, 280, 150)}, []result.Trial{played(transport, r, tt.late, tt.delivery, tt.head)}, Options{CountsOnly: true})
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
			assert.Check(t, alarms <= rounds/100, "%d false alarms in %d comparisons of equal servers", alarms, 2*rounds)
			t.Logf("%d false alarms; %d with the limits alone", alarms, strict)
		})
	}
}
