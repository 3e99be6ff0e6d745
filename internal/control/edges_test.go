package control

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	// A child that another test starts meanwhile would hold the file open for
	// writing: it could not be executed.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	assert.NilError(t, os.WriteFile(path, []byte(text), 0o755))
}

// children are the processes that this one has started.
func children(t *testing.T) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	assert.Check(t, err)
	for _, e := range entries {
		text, _ := os.ReadFile("/proc/self/task/" + e.Name() + "/children") // the thread may be gone
		for _, f := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// The edges are read on time whether the server answers or stands still.
func TestEdgesDoNotWaitForMetrics(t *testing.T) {
	for _, stalls := range []bool{false, true} {
		t.Run("stalls "+strconv.FormatBool(stalls), func(t *testing.T) {
			release := make(chan struct{})
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked++; stalls && asked == 1 {
					select {
					case <-release:
					case <-r.Context().Done():
					}
					return
				}
				w.Write([]byte(metricPrefix + "http_requests_total 1\n"))
			}))
			defer server.Close()
			defer close(release)
			w := newWatch(shard.Plan{RampStart: clock.Now(), Steady: 200 * time.Millisecond}, nil, newScrapers([]string{server.URL}, nil), sample{})
			defer w.metrics.close()
			w.begin(clock.Now() + int64(150*time.Millisecond))
			assert.NilError(t, w.readEdges(context.Background()))
			for i, e := range w.edges {
				if e.off < 0 || e.off > 2900*time.Millisecond { // the scraper's own patience is 3 s
					t.Errorf("edge %d was read %v off", i, e.off)
				}
			}
			assert.Check(t, w.edges[0].metrics.ok != stalls && w.edges[1].metrics.ok, "metrics: %v, %v", w.edges[0].metrics.ok, w.edges[1].metrics.ok)
		})
	}
}

func TestEdgesOffTheirInstants(t *testing.T) {
	const ms = time.Millisecond
	const from, to = rampStart + 5e9, rampStart + 9e9 // 4 s: 20 ms are allowed
	whole := &shard.Result{From: from, To: to}
	cost := func(off string) string {
		return "cost was read " + off + " away from an edge of the steady state (20 ms is allowed)"
	}
	counts := func(off string) string {
		return "a shard read its counts " + off + " away from an edge of the steady state (20 ms is allowed)"
	}
	for _, c := range []struct {
		name    string
		steady  time.Duration
		edges   [2]time.Duration
		stopped bool
		shards  []*shard.Result
		want    []string
	}{
		{"on time", 4 * time.Second, [2]time.Duration{20 * ms, 20 * ms}, false, []*shard.Result{whole, {From: from + 20e6, To: to - 20e6}, nil}, nil},
		{"cost late at the start", 4 * time.Second, [2]time.Duration{20*ms + 100_000, 0}, false, []*shard.Result{whole}, []string{cost("20.1 ms")}},
		{"cost late at the end", 4 * time.Second, [2]time.Duration{0, 1400 * ms}, false, []*shard.Result{whole}, []string{cost("1.4 s")}},
		{"a shard late", 4 * time.Second, [2]time.Duration{}, false, []*shard.Result{whole, {From: from + 30e6, To: to}}, []string{counts("30 ms")}},
		{"a shard early", 4 * time.Second, [2]time.Duration{}, false, []*shard.Result{{From: from, To: to - 30e6}}, []string{counts("30 ms")}},
		{"both", 4 * time.Second, [2]time.Duration{21 * ms, 0}, false, []*shard.Result{{From: from, To: to + 22e6}}, []string{cost("21 ms"), counts("22 ms")}},
		{"short: 10 ms", time.Second, [2]time.Duration{9 * ms, 11 * ms}, false, nil,
			[]string{"cost was read 11 ms away from an edge of the steady state (10 ms is allowed)"}},
		{"broken off", 4 * time.Second, [2]time.Duration{0, -2 * time.Second}, true, []*shard.Result{{Stopped: true, From: from, To: to - 2e9}}, nil},
		{"broken off before it began", 4 * time.Second, [2]time.Duration{}, true, []*shard.Result{{Stopped: true}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watching(true)
			w.plan.Steady, w.stopped = c.steady, c.stopped
			w.edges[0].off, w.edges[1].off = c.edges[0], c.edges[1]
			var members []*member
			for _, r := range c.shards {
				members = append(members, &member{result: r})
			}
			var trial result.Trial
			w.judgeEdges(&trial, members)
			assert.Assert(t, len(trial.Reasons) == len(c.want), "%+v, want %q", trial.Reasons, c.want)
			for i, r := range trial.Reasons {
				assert.Check(t, r.Text == c.want[i] && r.Code == result.EdgeLate && r.Validity == result.Invalid, "%+v, want %q", r, c.want[i])
			}
		})
	}
}
