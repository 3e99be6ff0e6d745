package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/internal/testkit"
)

// awaitChild waits until a child has stopped or goes on, as what says.
func awaitChild(t *testing.T, pid, what int) {
	t.Helper()
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, what|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			assert.Check(t, err, "waiting for process %d", pid)
			return
		}
	}
}

// frozen is two children that stand still for so long in the steady state of a
// plan that has just begun. That they do passes unseen if it is short.
func frozen(t *testing.T, ctx context.Context, length time.Duration) (*freeze, *sync.WaitGroup) {
	w := newWatch(shard.Plan{Steady: time.Hour, Shards: 1}, nil, nil, sample{})
	f := &freeze{watch: w, asked: scenario.Server{Freeze: length}}
	for range 2 {
		p, err := proc.Start(script(t, "while read line; do :; done"))
		assert.NilError(t, err)
		t.Cleanup(func() {
			p.Stdin.Close()
			if err := p.WaitOrKill(time.Minute); errors.Is(err, proc.ErrKilled) {
				t.Error(err)
			}
			p.Stdout.Close()
		})
		f.servers = append(f.servers, p)
	}
	over := &sync.WaitGroup{}
	f.start(ctx, over)
	w.begin(clock.Now())
	return f, over
}

func TestFreezeStopsAllServersForItsTime(t *testing.T) {
	t.Parallel()
	const length = 200 * time.Millisecond
	f, over := frozen(t, t.Context(), length)
	over.Wait()
	since := clock.Now() - f.watch.begun
	assert.Check(t, since >= int64(length), "it was over after %v", time.Duration(since))
	for _, p := range f.servers {
		awaitChild(t, p.Pid(), unix.WCONTINUED)
	}
	assert.Check(t, f.problem)
}

func TestFreezeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	f, over := frozen(t, ctx, time.Hour)
	for _, p := range f.servers {
		awaitChild(t, p.Pid(), unix.WSTOPPED)
	}
	f.servers[0].Kill() // whose end is noticed elsewhere
	<-f.servers[0].Ended()
	f.servers = f.servers[1:]
	interrupt()
	over.Wait()
	awaitChild(t, f.servers[0].Pid(), unix.WCONTINUED)
	assert.Check(t, f.problem)
}

func TestFreezeIsJudged(t *testing.T) {
	w := &watch{plan: shard.Plan{Steady: 20 * time.Second}}
	for _, c := range []struct {
		f    freeze
		code string
	}{
		{freeze{watch: w, off: 99 * time.Millisecond}, ""},
		{freeze{watch: w, off: 101 * time.Millisecond}, result.EdgeLate},
		{freeze{watch: w, problem: errors.New("not permitted")}, result.Broken},
	} {
		var trial result.Trial
		c.f.judge(&trial)
		if got := len(trial.Reasons); got != min(1, len(c.code)) || got == 1 && (trial.Reasons[0].Code != c.code || trial.Reasons[0].Validity != result.Invalid) {
			t.Errorf("off by %v, %v: %v", c.f.off, c.f.problem, trial.Reasons)
		}
	}
}

// A server that stands still is not left behind by an interrupt, nor does it
// hold that up.
func TestInterruptWhileTheServerIsFrozen(t *testing.T) {
	s := scenario.Scenario{Transports: []string{"ws"}, Clients: 10, Payload: 100}
	s.Publish = scenario.Publish{Rate: 10, Arrivals: "constant", Publishers: 1}
	s.Poll.Interval = time.Second
	s.Phases = scenario.Phases{WarmUp: 100 * time.Millisecond, Steady: time.Hour, Drain: time.Second}
	s.Server.Freeze = time.Hour
	o := options(t, s)
	watch := &phaseWatch{phase: "warm-up", seen: make(chan struct{})}
	o.Progress, o.Live = watch, true
	ctx, interrupt := context.WithCancel(t.Context())
	interrupted := make(chan testkit.Moment, 1)
	go func() {
		<-watch.seen
		for _, pid := range children(t) {
			if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err != nil {
				t.Error(err)
			} else if string(name) == "chatserver\n" {
				awaitChild(t, pid, unix.WSTOPPED)
			}
		}
		interrupted <- testkit.Now()
		interrupt()
	}()
	trials, err := Run(ctx, o)
	took := (<-interrupted).Calm()
	assert.Assert(t, err == nil && len(trials) == 1 && trials[0].Status == result.Partial, "%d trials, %v", len(trials), err)
	assert.Check(t, took <= promised, "it took %v", took)
	left := children(t)
	assert.Check(t, len(left) == 0, "processes %v are left behind", left)
}

// Two servers are stopped for a quarter of the steady state, at its very
// beginning: what is due in the first four fifths of that time takes longer
// than the last fifth, on both of them.
func TestFreezeOfTwoServers(t *testing.T) {
	t.Parallel()
	s := scenario.Scenario{Transports: []string{"ws"}, Clients: 2, Payload: 100}
	s.Publish = scenario.Publish{Rate: 50, Arrivals: "constant", Publishers: 1}
	s.Poll.Interval = time.Second
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: 2 * time.Second, Drain: 3 * time.Second}
	s.Server.Freeze = 500 * time.Millisecond
	o := options(t, s)
	o.Grid.Points[0].Rooms = 2
	r := &runner{Options: o, Scenario: o.Grid.Points[0], machine: proc.ReadMachine(), size: size{shards: 1, servers: 2}, began: time.Now(), say: &progress{w: o.Progress}}
	trial := r.trial(t.Context(), "ws", 1, 1)
	if trial.Status != result.Complete || trial.Asked.Servers != 2 || trial.Offered != 200 || trial.Lost != 0 {
		t.Fatalf("%s, %d servers, %d offered, %d lost: %v", trial.Status, trial.Asked.Servers, trial.Offered, trial.Lost, trial.Reasons)
	}
	// Of 100 messages in each room those of the first 0.4 s, 20, and fewer where
	// the freeze came late.
	n := above(t, trial.PublishLatencyHDR, 95*time.Millisecond)
	assert.Check(t, n >= 30, "%d messages took as long as the freeze makes 40 of both servers' take", n)
}

// above counts the samples of a histogram above a limit.
func above(t *testing.T, text string, limit time.Duration) (n int64) {
	t.Helper()
	h, err := result.DecodeHistogram(text)
	assert.NilError(t, err)
	for _, b := range h.Distribution() {
		if b.From > int64(limit) {
			n += b.Count
		}
	}
	return n
}

func TestATargetIsNotFrozen(t *testing.T) {
	s := scenario.Scenario{Transports: []string{"ws"}, Clients: 1}
	s.Server.Freeze = time.Second
	o := options(t, s)
	o.Target = "http://127.0.0.1:1"
	_, err := Run(t.Context(), o)
	const want = "the scenario stops the server for 1s (server.freeze), but only pollpush's own chatserver can be stopped: omit the target, or use another scenario"
	refusal, ok := errors.AsType[*Refusal](err)
	assert.Check(t, ok && fmt.Sprint(refusal) == want, "error %v", err)
}

// A server stands still for 1 of 10 seconds in which 50 clients say 20 messages
// a second each. Of the 10,000, a tenth is due in that time and waits for what
// is left of it: from 0 to 1 s, evenly. Half of these are beyond p95, which is
// 0.5 s then, and a tenth beyond p99, 0.9 s. Counted from when they were sent,
// only the 50 that were out show it: half of a hundredth.
func TestAFrozenServerShowsInCorrectedLatency(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"poll", "ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario.Scenario{Transports: []string{name}, Clients: 50, Payload: 100}
			s.Publish = scenario.Publish{Rate: 20, Arrivals: "constant", Publishers: 1}
			s.Poll.Interval = time.Second
			s.Phases = scenario.Phases{RampUp: 500 * time.Millisecond, WarmUp: time.Second, Steady: 10 * time.Second, Drain: 5 * time.Second}
			s.Server.FreezeAt, s.Server.Freeze = 4*time.Second, time.Second
			trial := measureUnless(t, result.EdgeLate, func() Options { // as of a freeze that came late
				o := options(t, s)
				o.Grid.Points[0].Rooms = 50
				return o
			})
			if trial.Offered != 10_000 || trial.Sent != 10_000 || trial.Published != 10_000 || trial.Lost != 0 || trial.Duplicated != 0 {
				t.Errorf("offered %d, sent %d, published %d, want 10,000; lost %d, duplicated %d",
					trial.Offered, trial.Sent, trial.Published, trial.Lost, trial.Duplicated)
			}
			calm := undisturbed(t, &trial)
			within := func(what, histogram string, q, least, most float64) {
				h, err := result.DecodeHistogram(histogram)
				assert.NilError(t, err)
				got := time.Duration(h.ValueAtQuantile(q)).Seconds()
				t.Logf("%s, p%v: %.3f s", what, q, got)
				if got < least || got > most && calm {
					t.Errorf("%s, p%v: %.3f s, want %.2f to %.2f s", what, q, got, least, most)
				}
			}
			corrected := map[string]string{"publish latency": trial.PublishLatencyHDR}
			if name == "ws" { // a poll waits for its interval as well
				corrected["delivery latency"] = trial.LatencyHDR
			}
			for what, h := range corrected {
				within(what, h, 95, .42, .65)
				within(what, h, 99, .82, 1)
				within(what, h, 100, .97, 1.2)
			}
			// What waited counts in the second in which it was seen: after second 5, in
			// which the server stood still.
			longest := map[bool]float64{}
			for _, s := range trial.Series {
				if s.Phase == "steady" && len(s.Latencies) > 0 {
					_, high := result.LatencyBounds(len(s.Latencies) - 1)
					longest[s.T > 5] = max(longest[s.T > 5], high)
				}
			}
			assert.Check(t, longest[true] > .97, "after the freeze all seconds have latencies below %v s", longest[true])
			assert.Check(t, name == "poll" || longest[false] < .5 || !calm, "before, one has %v s", longest[false])
			within("publish service", trial.PublishServiceHDR, 99, 0, .1)
			within("publish service", trial.PublishServiceHDR, 100, .8, 1.2)
		})
	}
}
