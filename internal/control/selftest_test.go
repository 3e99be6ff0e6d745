package control

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// These tests prove the instrument: what is known of a target must be what a
// run reports of it.

func options(t *testing.T, s scenario.Scenario) Options {
	s.Name, s.Trials, s.Rooms, s.Seed, s.TimeLimit = "self-test", 1, 1, 1, time.Second
	s.Server.History = 100_000
	return Options{
		Arm:  Arm{Chatserver: chatserver, Dir: filepath.Join(t.TempDir(), "run"), Commit: "test"},
		Grid: scenario.Single(s), Loadgen: shardProgram, Progress: io.Discard,
	}
}

// measureOne runs one trial and reads it back from the results file.
func measureOne(t *testing.T, o Options) result.Trial {
	t.Helper()
	_, err := Run(t.Context(), o)
	assert.NilError(t, err)
	trials, err := result.ReadDir(o.Dir)
	assert.NilError(t, err)
	if len(trials) != 1 || trials[0].Status != result.Complete {
		t.Fatalf("%d trials, the first %s: %v", len(trials), trials[0].Status, trials[0].Reasons)
	}
	return trials[0]
}

// measureUnless measures a trial, again where it has a reason of this code, more
// often than the machine stays busy for, and returns the last.
func measureUnless(t *testing.T, code string, o func() Options) result.Trial {
	t.Helper()
	for try := 1; ; try++ {
		trial := measureOne(t, o())
		if try == 4*tries || !slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == code }) {
			return trial
		}
	}
}

// Of every ten messages the target loses one, repeats one, and swaps one with
// its successor; all are delayed by 40 ms.
func TestKnownFaultsAreReportedExactly(t *testing.T) {
	t.Parallel()
	const clients, delay = 20, 40 * time.Millisecond
	for _, name := range transport.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenario.Scenario{Transports: []string{name}, Clients: clients, Payload: 100}
			s.Publish = scenario.Publish{Rate: 50, Arrivals: "constant", Publishers: 1} // so that ids are in the order of the schedule
			s.Poll.Interval = 100 * time.Millisecond
			s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: 2 * time.Second, Drain: 3 * time.Second}
			trial := measureUnless(t, result.RateNotReached, func() Options {
				o := options(t, s)
				o.Target = serveNull(t, nulltarget.Config{Delay: delay, Fault: nulltarget.Every(10, 10, 10)})
				return o
			})

			// A hundred messages in a row are due in the steady state: ten of each kind.
			const messages, each = 100, 10 * clients
			if trial.Offered != messages || trial.Published != messages {
				t.Fatalf("offered %d, published %d, want %d: %v", trial.Offered, trial.Published, messages, trial.Reasons)
			}
			for name, c := range map[string][2]int64{
				"expected":   {trial.Expected, messages * clients},
				"lost":       {trial.Lost, each},
				"duplicated": {trial.Duplicated, each},
				"reordered":  {trial.Reordered, each},
				"delivered":  {trial.Delivered, messages * clients}, // as many twice as never
			} {
				assert.Check(t, c[0] == c[1], "%s: %d, want %d", name, c[0], c[1])
			}
			if t.Failed() {
				t.Logf("errors %v; %v", trial.Errors, trial.Reasons)
			}
			if least := leastOf(t, trial.LatencyHDR); least < delay-delay/500 { // a histogram has three digits
				t.Errorf("a delivery took %v, the target delays all by %v", least, delay)
			}
			assert.Check(t, trial.StaleShare >= .01, "stale share %.3f with losses and a delay of %v", trial.StaleShare, delay)
			assert.Check(t, trial.Validity != result.Valid, "a trial with losses is not to be called valid")
		})
	}
}

// leastOf is the least value of a histogram.
func leastOf(t *testing.T, text string) time.Duration {
	t.Helper()
	h, err := result.DecodeHistogram(text)
	assert.NilError(t, err)
	return time.Duration(h.Min())
}

// A target that stores every message twice, under ids of their own, delivers
// each of them once more than it should.
func TestMessagesStoredTwiceAreDuplicates(t *testing.T) {
	t.Parallel()
	for _, name := range transport.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial := measureUnless(t, result.RateNotReached, func() Options { return brief(t, nulltarget.Config{Copies: 2}, name) })
			if trial.Published != 20 || trial.Expected != 200 || trial.Lost != 0 || trial.Duplicated != 200 || trial.Delivered != 400 {
				t.Errorf("published %d, expected %d, lost %d, duplicated %d, delivered %d; want 20, 200, 0, 200, 400",
					trial.Published, trial.Expected, trial.Lost, trial.Duplicated, trial.Delivered)
			}
		})
	}
}

// brief is a trial of 10 clients and 20 messages in a second.
func brief(t *testing.T, c nulltarget.Config, transport string) Options {
	s := scenario.Scenario{Transports: []string{transport}, Clients: 10, Payload: 100}
	s.Publish = scenario.Publish{Rate: 20, Arrivals: "constant", Publishers: 1}
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: time.Second, Drain: 3 * time.Second}
	o := options(t, s)
	o.Target = serveNull(t, c)
	return o
}

// A target that takes 200 ms to accept a message accepts five a second from
// one publisher. That more are accepted in the end does not make it twenty.
// There is one transport here for each way to publish.
func TestARateThatIsNotKeptUpIsInvalid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"poll", "ws", "socketio-polling", "socketio-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial := measureOne(t, brief(t, nulltarget.Config{Accept: 200 * time.Millisecond}, name))
			if trial.Validity != result.Invalid || !slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == result.RateNotReached }) {
				t.Errorf("the trial is %s: %v", trial.Validity, trial.Reasons)
			}
		})
	}
}

// A server that stands still for 1.4 s of 2,000 polls a second answers most of
// them late. Counted from when they were sent, only the few that were out show
// it; counted from when they were due, all do. (wrk2's README has 1.27 s
// against 6.04 ms.)
func TestAStalledServerShowsInCorrectedLatency(t *testing.T) {
	const stall = 1400 * time.Millisecond
	server, err := proc.Start(chatserver, "--listen", "127.0.0.1:0", "--exit-with-stdin")
	assert.NilError(t, err)
	defer server.Stop(5 * time.Second)
	said, err := announced(t.Context(), server)
	url := said.URL
	assert.NilError(t, err)
	s := scenario.Scenario{Transports: []string{"poll"}, Clients: 20, Payload: 100}
	s.Publish = scenario.Publish{Rate: 10, Arrivals: "constant", Publishers: 5}
	s.Poll.Interval = 10 * time.Millisecond
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: time.Second, Steady: 6 * time.Second, Drain: 3 * time.Second}
	o := options(t, s)
	o.Target, o.TargetPID = url, server.Pid()
	watch := &phaseWatch{phase: "steady", seen: make(chan struct{})}
	o.Progress, o.Live = watch, true
	go func() {
		<-watch.seen
		syscall.Kill(server.Pid(), syscall.SIGSTOP)
		time.AfterFunc(stall, func() { syscall.Kill(server.Pid(), syscall.SIGCONT) })
	}()
	trial := measureOne(t, o)

	corrected, uncorrected := trial.PollResponse, trial.PollService
	if corrected.P99 == nil || *corrected.P99 < .7*stall.Seconds() {
		t.Errorf("p99 from due to answered is %v s, the server stood still for %v", show(corrected.P99), stall)
	}
	if uncorrected.P99 == nil || *uncorrected.P99 > .2*stall.Seconds() {
		t.Errorf("p99 from sent to answered is %v s: only the 20 polls that were out should show the stall", show(uncorrected.P99))
	}
	if uncorrected.Max < .9*stall.Seconds() {
		t.Errorf("max from sent to answered is %.3f s, the server stood still for %v", uncorrected.Max, stall)
	}
	assert.Check(t, trial.Lost == 0 && trial.Duplicated == 0, "%d lost, %d duplicated", trial.Lost, trial.Duplicated)
	for _, r := range trial.Reasons {
		if r.Code == result.PollLate || r.Code == result.PublishLate {
			t.Logf("the machine was busy: %s", r.Text)
		}
	}
}

func show(p *float64) any {
	if p == nil {
		return "not to be told"
	}
	return *p
}

// phaseWatch closes seen when progress first tells of a phase.
type phaseWatch struct {
	phase string
	once  sync.Once
	seen  chan struct{}
}

func (w *phaseWatch) Write(b []byte) (int, error) {
	if strings.Contains(string(b), ": "+w.phase+" ") {
		w.once.Do(func() { close(w.seen) })
	}
	return len(b), nil
}
