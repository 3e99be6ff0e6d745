package control

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
)

func TestLeft(t *testing.T) {
	plan := shard.Plan{Shards: 1, RampStart: rampStart, RampUp: 2 * time.Second, WarmUp: 2 * time.Second, Steady: 4 * time.Second, Drain: 3 * time.Second}
	for _, c := range []struct {
		begun        bool // in second 3
		k            int
		phase, trial int // s
	}{
		{false, 0, 1, 10},
		{false, 1, 0, 9},
		{false, 60, 0, 9}, // still dialling: the others begin at the earliest
		{true, 1, 1, 10},
		{true, 2, 0, 9},
		{true, 3, 1, 8},
		{true, 4, 0, 7},
		{true, 5, 3, 6},
		{true, 8, 0, 3},
		{true, 9, 2, 2},
		{true, 11, 0, 0},
		{true, 100, 0, 0},
	} {
		w := newWatch(plan, nil, nil, sample{})
		if c.begun {
			w.begin(rampStart + 3e9)
		}
		phase, trial := w.left(c.k)
		if phase != time.Duration(c.phase)*time.Second || trial != time.Duration(c.trial)*time.Second {
			t.Errorf("after second %d (begun: %v) %v of the phase and %v of the trial are left, want %d s and %d s", c.k, c.begun, phase, trial, c.phase, c.trial)
		}
	}
}

func TestServerNow(t *testing.T) {
	now := clock.Now()
	looks := func(ages ...time.Duration) (all []look) {
		for i, age := range ages {
			all = append(all, look{at: now - int64(age), server: 100 + int64(i), serverCPU: time.Duration(i) * 100 * time.Millisecond})
		}
		return all
	}
	const q = sampleInterval
	for _, c := range []struct {
		name    string
		servers []int
		looks   []look
		cores   float64 // 0 for not known
	}{
		{"no look", []int{1}, nil, 0},
		{"not yet a second", []int{1}, looks(3*q, 2*q, q, 0), 0},
		{"a second", []int{1}, looks(4*q, 3*q, 2*q, q, 0), .4},
		{"one was late", []int{1}, looks(5*q, 4*q, 3*q, 2*q, 0), .32},
		{"all at one instant", []int{1}, looks(0, 0, 0, 0, 0), 0},
		{"long ago", []int{1}, looks(time.Hour+4*q, time.Hour+3*q, time.Hour+2*q, time.Hour+q, time.Hour), 0},
		{"a target of no known process", nil, looks(4*q, 3*q, 2*q, q, 0), 0},
	} {
		w := &watch{servers: c.servers, looks: c.looks}
		cores, rss := w.serverNow()
		switch {
		case c.cores == 0 && (cores != nil || rss != nil):
			t.Errorf("%s: it is told", c.name)
		case c.cores != 0 && (cores == nil || *cores < c.cores-.001 || *cores > c.cores+.001 || *rss != 104):
			t.Errorf("%s: %v cores, want %v", c.name, show(cores), c.cores)
		}
	}
}

// Whoever follows a run gets all of it, in order, and what it tells of a second
// is the sum of all shards.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := scenario.Scenario{Transports: []string{"poll", "ws"}, Clients: 50, Payload: 100}
	s.Publish = scenario.Publish{Rate: 50, Arrivals: "constant", Publishers: 5}
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: time.Second, Steady: 3 * time.Second, Drain: 2 * time.Second}
	o := options(t, s)
	o.Grid.Points[0].Shards = 2
	o.Progress = io.Discard
	var news []News
	o.Follow = func(n News) { news = append(news, n) }
	trials, err := Run(t.Context(), o)
	assert.Assert(t, err == nil && len(trials) == 2, "%d trials, %v", len(trials), err)
	if b := news[0].Begun; b == nil || b.Trials != 2 || !slices.Equal(b.Transports, s.Transports) || b.PlannedS < 12 {
		t.Fatalf("it began with %+v", news[0])
	}
	var before *Moment // of the same trial
	var phases []string
	told, ended := 0, 0
	for _, n := range news[1:] {
		trial := trials[min(ended, 1)]
		switch {
		case n.Second != nil:
			m := n.Second
			if m.Transport != trial.Transport || m.Trial != 1 || m.Of != 1 || m.Attempt != 1 || m.ClientsAsked != 50 || m.RateAsked != 50 || m.Missing < 0 {
				t.Errorf("%+v", m)
			}
			if before != nil && before.Phase != "ramp-up" { // which takes as long as it takes
				assert.Check(t, m.RunLeftS <= before.RunLeftS, "%v s are left after %v s", m.RunLeftS, before.RunLeftS)
			}
			before = m
			if len(phases) == 0 || phases[len(phases)-1] != m.Phase {
				phases = append(phases, m.Phase)
			}
			if m.P50 != nil {
				told++
				// What took less time than the steady state has lasted was due in it. A
				// bucket's middle may be 12.5 % off.
				most := max(*m.P50, *cmp.Or(m.P99, m.P50))
				if m.Phase == "steady" && 1.13*most < float64(m.T) && most > 1.13*trial.Latency.Max+25e-6 {
					t.Errorf("%s, second %d: p50 %v, p99 %v; at most %v in all", m.Transport, m.K, show(m.P50), show(m.P99), trial.Latency.Max)
				}
			}
			if m.P99 != nil && *m.P50 > *m.P99 {
				t.Errorf("p50 %v, p99 %v", *m.P50, *m.P99)
			}
		case n.Ended != nil:
			if e := n.Ended; e.Transport != trial.Transport || e.Validity != string(trial.Validity) || e.Lost != trial.Lost || e.Delivered != trial.Delivered || len(e.Reasons) != len(trial.Reasons) {
				t.Errorf("%+v of %+v", e, trial)
			}
			assert.Check(t, before != nil && before.RunLeftS < news[0].Begun.PlannedS, "%+v came last", before)
			ended, before = ended+1, nil
		}
	}
	assert.Check(t, ended == 2 && told >= 4, "%d trials have ended, p50 of %d seconds was told", ended, told)
	for _, want := range []string{"ramp-up", "warm-up", "steady"} {
		assert.Check(t, slices.Contains(phases, want), "phases %q lack %s", phases, want)
	}
}

// A second tells percentiles of all shards, not their counts.
func TestMomentAsJSON(t *testing.T) {
	w := newWatch(shard.Plan{Shards: 2, RampStart: rampStart, Steady: time.Second}, nil, nil, sample{})
	w.tick(shard.Second{K: 0, SecondCounts: result.SecondCounts{Latencies: result.Latencies{7: 10}}, Missing: 2})
	now, whole := w.tick(shard.Second{K: 0, SecondCounts: result.SecondCounts{Latencies: result.Latencies{7: 20, 8: 1}}, Missing: 3})
	r := &runner{Scenario: scenario.Scenario{Rooms: 2, Clients: 4, Publish: scenario.Publish{Rate: 3}}}
	m := r.moment(&result.Trial{Transport: "ws", Trial: 1, Attempt: 1}, w, 0, now)
	assert.Check(t, whole && m.P50 != nil && m.P99 == nil && m.Missing == 5 && m.RateAsked == 6 && m.Latencies == nil, "%+v", m)
	text, err := json.Marshal(News{Second: m})
	assert.Check(t, err == nil && len(text) <= 600, "%d bytes, %v: %s", len(text), err, text)
}
