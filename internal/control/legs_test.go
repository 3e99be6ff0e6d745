package control

import (
	"math"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
)

// acceptedAfter is a message that a server accepted so many µs after its due
// time.
func acceptedAfter(us int64, m shard.Message) shard.Message {
	m.Accepted = us
	return m
}

func TestLegs(t *testing.T) {
	const ms = 1000 // µs
	whole := []shard.Message{
		acceptedAfter(2*ms, messageOf(0, 1, 10*ms, 22*ms)), acceptedAfter(4*ms, messageOf(0, 2, 14*ms, 34*ms)), acceptedAfter(1*ms, messageOf(1, 1, 2*ms)),
	}
	// The second shard's clients got the first message too, and it tells the same.
	other := []shard.Message{acceptedAfter(2*ms, messageOf(0, 1, 5*ms))}
	none := 0.0
	for _, c := range []struct {
		name         string
		env          result.Env
		a, b         []shard.Message
		accept, legs []float64 // ms; nil where there are none
	}{
		{"both shards", result.Env{ClockStepS: &none}, whole, other, []float64{2, 4, 1}, []float64{8, 20, 10, 30, 1, 3}},
		{"a target beside it", result.Env{ClockStepS: &none, Target: "http://127.0.0.1:8080"}, whole, other, []float64{2, 4, 1}, []float64{8, 20, 10, 30, 1, 3}},
		{"a small step", result.Env{ClockStepS: new(-.0009)}, whole, nil, []float64{2, 4, 1}, []float64{8, 20, 10, 30, 1}},
		{"below nothing by the server's milliseconds", result.Env{ClockStepS: &none},
			[]shard.Message{acceptedAfter(-300, messageOf(0, 1, 200)), acceptedAfter(1100, messageOf(0, 2, 700))}, nil,
			[]float64{0, 1.1}, []float64{.5, 0}},

		{"no message", result.Env{ClockStepS: &none}, nil, nil, nil, nil},
		{"one that does not tell", result.Env{ClockStepS: &none}, whole, []shard.Message{messageOf(0, 3, 5*ms)}, nil, nil},
		{"a target elsewhere", result.Env{ClockStepS: &none, Target: "http://192.0.2.1"}, whole, other, nil, nil},
		{"the wall clock set", result.Env{ClockStepS: new(.0011)}, whole, other, nil, nil},
		{"the wall clock not read", result.Env{}, whole, other, nil, nil},
		{"a clock that is behind", result.Env{ClockStepS: &none}, []shard.Message{acceptedAfter(-1001, messageOf(0, 1, 5*ms))}, nil, nil, nil},
		{"a clock that is ahead", result.Env{ClockStepS: &none}, []shard.Message{acceptedAfter(6001, messageOf(0, 1, 5*ms))}, nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := &result.Trial{Env: c.env}
			g := merger{t: trial, messages: map[place][]int64{}, accepted: map[place]int64{}}
			g.add(&shard.Result{Messages: c.a})
			g.add(&shard.Result{Messages: c.b})
			g.legs()
			for _, leg := range []struct {
				name string
				q    *result.Quantiles
				text string
				want []float64
			}{{"accept", trial.AcceptLatency, trial.AcceptLatencyHDR, c.accept}, {"delivery", trial.DeliveryLeg, trial.DeliveryLegHDR, c.legs}} {
				var values []int64
				for _, v := range leg.want {
					values = append(values, max(1, int64(math.Round(v*1e6))))
				}
				if values == nil {
					assert.Check(t, leg.q == nil && leg.text == "", "%s: %+v, want none", leg.name, leg.q)
					continue
				}
				want, err := result.DecodeHistogram(histogramText(t, time.Hour, values...))
				assert.NilError(t, err)
				got, err := result.DecodeHistogram(leg.text)
				assert.Check(t, err == nil && got.Equals(want), "%s: %+v (%v), want %v", leg.name, leg.q, err, leg.want)
			}
		})
	}
}

func TestClocks(t *testing.T) {
	const s = int64(time.Second)
	var e result.Env
	clocks(&e, clock.Reading{Monotonic: 5 * s, Raw: 4 * s, Wall: 1000 * s}, clock.Reading{Monotonic: 15*s + 2e6, Raw: 14 * s, Wall: 1009 * s})
	assert.Check(t, e.ClockDrift != nil && math.Abs(*e.ClockDrift-200e-6) <= 1e-12, "drift %v, want 200 ppm", show(e.ClockDrift))
	assert.Check(t, e.ClockStepS != nil && math.Abs(*e.ClockStepS+1.002) <= 1e-9, "step %v, want -1.002 s", show(e.ClockStepS))
}

// The two legs of real deliveries are together what the deliveries took, and
// each holds what is known to be in it.
func TestLegsMakeUpTheDelivery(t *testing.T) {
	t.Parallel()
	const accept, delay = 30 * time.Millisecond, 50 * time.Millisecond
	for _, name := range []string{"poll", "ws", "sse"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario.Scenario{Transports: []string{name}, Clients: 10, Payload: 100, Shards: 2}
			s.Publish = scenario.Publish{Rate: 10, Arrivals: "constant", Publishers: 4}
			s.Poll.Interval = 100 * time.Millisecond
			s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: time.Second, Steady: 2 * time.Second, Drain: 3 * time.Second}
			o := options(t, s)
			o.Target = serveNull(t, nulltarget.Config{Accept: accept, Delay: delay})
			trial := measureOne(t, o)
			if step := trial.Env.ClockStepS; step == nil || math.Abs(*step) > clockError.Seconds() {
				t.Logf("the wall clock was set meanwhile, by %v s: there are no legs", show(step))
				return
			}
			a, d := trial.AcceptLatency, trial.DeliveryLeg
			assert.Assert(t, a != nil && d != nil, "no legs: accept %v, delivery %v", a, d)
			if a.N != trial.Published || d.N != trial.Latency.N {
				t.Errorf("legs of %d messages and %d deliveries, want %d and %d", a.N, d.N, trial.Published, trial.Latency.N)
			}
			// Every message has the same number of deliveries. Microseconds are cut
			// off twice, and a histogram has 3 digits.
			all := trial.Latency.Mean
			if math.Abs(a.Mean+d.Mean-all) > .002*all+2e-6 {
				t.Errorf("%.3f ms to acceptance and %.3f ms from there to the clients are not %.3f ms", 1000*a.Mean, 1000*d.Mean, 1000*all)
			}
			acknowledged := trial.PublishLatency.Mean
			sent := acknowledged - trial.PublishService.Mean
			near := .0005 + .002*(acknowledged+all) // the server tells milliseconds
			if a.Mean < sent+accept.Seconds()-near || a.Mean > acknowledged+near {
				t.Errorf("%.3f ms to acceptance, for which the target takes %v; sent after %.3f ms, acknowledged after %.3f ms",
					1000*a.Mean, accept, 1000*sent, 1000*acknowledged)
			}
			assert.Check(t, d.Mean >= delay.Seconds()-near, "%.3f ms from acceptance to the clients, the target holds messages for %v", 1000*d.Mean, delay)
		})
	}
}
