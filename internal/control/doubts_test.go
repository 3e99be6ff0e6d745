package control

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// These tests make what a trial must be doubted for, and see that it says so.

// few is a trial of 10 clients and 10 messages a second, with half a second of
// warm-up and three of steady state.
func few(t *testing.T, transport string) Options {
	s := scenario.Scenario{Transports: []string{transport}, Clients: 10, Payload: 100}
	s.Publish = scenario.Publish{Rate: 10, Arrivals: "constant", Publishers: 1}
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases = scenario.Phases{RampUp: 100 * time.Millisecond, WarmUp: 500 * time.Millisecond, Steady: 3 * time.Second, Drain: time.Second}
	return options(t, s)
}

// inSteady calls f once, when a second of the steady state has passed.
func inSteady(o *Options, f func()) {
	w := &phaseWatch{phase: "steady", seen: make(chan struct{})}
	o.Progress, o.Live = w, true
	go func() {
		<-w.seen
		f()
	}()
}

// reasonOf finds the first reason of a code.
func reasonOf(t *testing.T, trial result.Trial, code string) result.Reason {
	t.Helper()
	i := slices.IndexFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == code })
	assert.Assert(t, i >= 0, "no reason is %s: %v", code, trial.Reasons)
	return trial.Reasons[i]
}

// A shard that stands still for half a second is noticed: by what it sends too
// late, and by itself where it sends nothing.
func TestAStoppedShardIsNoticed(t *testing.T) {
	t.Parallel()
	const stop = 500 * time.Millisecond
	for _, c := range []struct {
		name, transport string
		publishes       bool     // the shard that is stopped; the other one does
		late            []string // codes that must follow
	}{
		{"receiving only", "ws", false, nil},
		{"publishing", "ws", true, []string{result.PublishLate}},
		{"polling only", "poll", false, []string{result.PollLate}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pids := filepath.Join(t.TempDir(), "pids")
			o := few(t, c.transport)
			o.Grid.Points[0].Shards = 2 // the one publisher is a client of the first
			o.Loadgen = script(t, "echo $$ >>"+pids+"\nexec "+shardProgram)
			inSteady(&o, func() {
				victim := shardsIn(t, pids)
				if len(victim) != 2 {
					t.Errorf("shards %v, want two", victim)
					return
				}
				pid := victim[1]
				if c.publishes {
					pid = victim[0]
				}
				syscall.Kill(pid, syscall.SIGSTOP)
				time.AfterFunc(stop, func() { syscall.Kill(pid, syscall.SIGCONT) })
			})
			trial := measureOne(t, o)
			// It looks every 10 ms, so that its last look may be that old.
			least := (stop - 20*time.Millisecond).Seconds()
			assert.Check(t, trial.PauseS >= least, "the longest pause is %.3f s, a shard was stopped for %v", trial.PauseS, stop)
			r := reasonOf(t, trial, result.GeneratorPaused)
			if r.Validity != result.Invalid || trial.Validity != result.Invalid || !strings.HasPrefix(r.Text, "a shard paused for ") {
				t.Errorf("the trial is %s, by %+v", trial.Validity, r)
			}
			first := trial.Reasons[0]
			assert.Check(t, first.Code == result.GeneratorPaused || first.Code == result.GeneratorCPU, "the first reason is %+v", first)
			for _, code := range c.late {
				if r := reasonOf(t, trial, code); r.Validity != result.Invalid {
					t.Errorf("it was late: %+v", r)
				}
			}
			assert.Check(t, trial.Lost == 0 && trial.Duplicated == 0, "%d lost, %d duplicated", trial.Lost, trial.Duplicated)
		})
	}
}

// shardsIn reads the processes that have put themselves down, in the order in
// which they were started.
func shardsIn(t *testing.T, file string) (pids []int) {
	text, err := os.ReadFile(file)
	assert.Check(t, err)
	for _, f := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// Whatever else the machine does is held against the trial, which is none of
// its own fault: it would be run once more.
func TestForeignLoadIsNoticed(t *testing.T) {
	t.Parallel()
	// It takes what nobody else wants; where there is nothing of that, others
	// are in the way already.
	spin := exec.Command("nice", "-n", "19", "sh", "-c", "while :; do :; done")
	assert.NilError(t, spin.Start())
	defer spin.Wait()
	defer spin.Process.Kill()
	trial := measureOne(t, few(t, "ws"))
	r := reasonOf(t, trial, result.ForeignCPU)
	assert.Check(t, r.Validity == result.Suspect, "foreign load makes a trial %s: %s", r.Validity, r.Text)
	if trial.Env.CPUPressure == nil {
		t.Log("the kernel tells no pressure")
	}
}

// A generator that may hold fewer descriptors than it has clients is at fault
// itself, and says what to do.
func TestOutOfDescriptors(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"ws", "poll"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			const clients, descriptors = 100, 64
			o := few(t, transport)
			o.Grid.Points[0].Clients = clients
			o.Grid.Points[0].Poll.Interval, o.Grid.Points[0].Phases.Steady = time.Second, time.Second
			o.Loadgen = script(t, "ulimit -n "+strconv.Itoa(descriptors)+"\nexec "+shardProgram)
			trial := measureOne(t, o)
			failed := trial.Errors["dial: "+result.OutOfDescriptors]
			if failed < clients-descriptors || failed >= clients {
				t.Errorf("%d dials ran out of descriptors, %d of %d clients cannot have one: %v", failed, clients-descriptors, clients, trial.Errors)
			}
			if first := trial.Reasons[0]; first.Code != result.GeneratorLimits || first.Validity != result.Invalid ||
				!strings.HasPrefix(first.Text, "the generator ran out of descriptors "+strconv.FormatInt(failed, 10)+" times: ") || !strings.Contains(first.Text, "ulimit -n") {
				t.Errorf("the first reason is %+v", first)
			}
			text := reasonOf(t, trial, result.Errors).Text
			assert.Check(t, strings.Contains(text, " errors; the generator's own: dial: out of descriptors "), "errors are told as %q", text)
			text = reasonOf(t, trial, result.Refused).Text
			assert.Check(t, strings.Contains(text, " of 100 clients could not join"), "missing clients are told as %q", text)
		})
	}
}

// What a target refuses is its own fault.
func TestTheTargetsFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fail func(server *httptest.Server, down *atomic.Bool)
		kind []string
	}{
		{"answers 503", func(_ *httptest.Server, down *atomic.Bool) { down.Store(true) }, []string{"status 503", "publish: status 503"}},
		{"listens no more", func(server *httptest.Server, _ *atomic.Bool) {
			server.Listener.Close()
			server.CloseClientConnections()
		}, []string{"dial: refused", "publish: refused"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case down.Load():
					w.WriteHeader(http.StatusServiceUnavailable)
				case r.Method == http.MethodPost:
					w.WriteHeader(http.StatusCreated)
				default:
					w.Header().Set("Content-Type", "application/json")
					w.Write([]byte(`{"messages":[],"last":0}`))
				}
			}))
			defer server.Close()
			o := few(t, "poll")
			o.Target = server.URL
			inSteady(&o, func() { c.fail(server, &down) })
			trial := measureOne(t, o)
			text := reasonOf(t, trial, result.Errors).Text
			for _, kind := range c.kind {
				if trial.Errors[kind] == 0 || result.Fault(kind) != result.TargetSide {
					t.Errorf("%d errors are %q, by %s", trial.Errors[kind], kind, result.Fault(kind))
				}
				_, targets, _ := strings.Cut(text, "the target's: ")
				assert.Check(t, strings.Contains(targets, kind), "that the target is at fault for %q is not told by %q", kind, text)
			}
			if trial.Validity != result.Invalid || slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == result.GeneratorLimits }) {
				t.Errorf("the trial is %s: %v", trial.Validity, trial.Reasons)
			}
		})
	}
}

// A trial's line names whatever came otherwise than once.
func TestVerdictNamesDuplicates(t *testing.T) {
	half := 0.002
	trial := result.Trial{Status: result.Complete, Validity: result.Valid, Counts: result.Counts{Delivered: 110}, Latency: &result.Quantiles{P50: &half}}
	for duplicated, want := range map[int64]string{
		0:  "valid (110 deliveries, 0 lost, half of them within 2 ms)",
		30: "valid (110 deliveries, 0 lost, 30 duplicated, half of them within 2 ms)",
	} {
		trial.Duplicated = duplicated
		assert.Check(t, is.Equal(verdict(&trial), want))
	}
}
