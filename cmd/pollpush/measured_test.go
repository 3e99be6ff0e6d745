package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// expectation is what a run of a scenario with even arrivals must come to.
type expectation struct {
	clients, publishers, rooms int      // publishers in all; no rooms is one
	messages                   int64    // of the steady state, over all rooms
	transports                 []string // poll and ws, if there are none
}

// wantMeasured checks a run that went to its end: all that is counted is
// exact, however busy the machine was.
func wantMeasured(t *testing.T, dir string, e ended, run string, want expectation) []result.Trial {
	t.Helper()
	assert.Assert(t, e.code == fine || e.code == invalidRun, "exit code %d:\n%s", e.code, e.stderr)
	trials, err := result.ReadDir(filepath.Join(dir, run))
	assert.NilError(t, err)
	if want.transports == nil {
		want.transports = []string{"poll", "ws"}
	}
	var measured []string
	for i := range trials {
		measured = append(measured, trials[i].Transport)
	}
	assert.Assert(t, slices.Equal(measured, want.transports), "trials of %v; want one of each of %v", measured, want.transports)
	invalid := false
	for i := range trials {
		wantExact(t, &trials[i], want)
		invalid = invalid || trials[i].Validity == result.Invalid
	}
	assert.Check(t, (e.code == invalidRun) == invalid, "exit code %d, an invalid trial: %v", e.code, invalid)
	wantReport(t, filepath.Join(dir, run))
	wantNoneLeft(t, dir)
	if t.Failed() {
		t.Logf("stderr:\n%s", e.stderr)
	}
	return trials
}

// disturbed reports whether a reason is the machine's doing: a late edge of so
// short a window is a hundredth of its polls, and of its messages.
func disturbed(code string) bool {
	return result.KindOf(code).Timing || code == result.PollsNotReached || code == result.RateNotReached
}

func wantExact(t *testing.T, trial *result.Trial, want expectation) {
	t.Helper()
	is := func(what string, got, want int64) {
		t.Helper()
		assert.Check(t, got == want, "%s: %s: %d, want %d", trial.Transport, what, got, want)
	}
	for _, r := range trial.Reasons {
		assert.Check(t, disturbed(r.Code), "%s: %s: %s", trial.Transport, r.Code, r.Text)
	}
	assert.Check(t, trial.Status == result.Complete, "%s: it is %s", trial.Transport, trial.Status)
	clients, publishers := int64(want.clients), int64(want.publishers)
	deliveries := want.messages * clients / int64(max(1, want.rooms))
	is("clients", int64(trial.Clients), clients)
	is("offered", trial.Offered, want.messages)
	is("sent", trial.Sent, want.messages)
	is("published", trial.Published, want.messages)
	is("expected", trial.Expected, deliveries)
	is("delivered", trial.Delivered, deliveries)
	is("lost", trial.Lost, 0)
	is("duplicated", trial.Duplicated, 0)
	is("reordered", trial.Reordered, 0)
	is("kinds of errors", int64(len(trial.Errors)), 0)
	if deliveries > 0 {
		is("latencies", trial.Latency.N, deliveries)
		is("publish latencies", trial.PublishLatency.N, want.messages)
	}

	held := clients
	var polls, posts int64
	if trial.Asked.Paced {
		polls = int64(math.Round(float64(clients) * trial.WindowS / trial.Asked.PollIntervalS))
	}
	byPost := trial.Asked.Paced || slices.Contains([]string{"longpoll", "sse", "socketio-polling"}, trial.Transport)
	if byPost {
		posts = want.messages
		held += publishers // which post beside their polls
	}
	if trial.Asked.WaitS > 0 || trial.Asked.HeartbeatS > 0 {
		// An answer brings one message or several, or an acknowledgement, as it
		// comes; but ten of 20 messages a second come in one only where a client
		// stood still for half a second.
		polls = min(max(trial.Requests.Total-posts, deliveries/10), deliveries+want.messages)
	}
	is("connections held", trial.Connections.Held, held)
	is("connections opened", trial.Connections.Opened, held)
	is("connections failed", trial.Connections.Failed, 0)
	is("connections lost", trial.Connections.Lost, 0)
	stalled := slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Validity == result.Invalid && disturbed(r.Code) })
	if d := trial.Requests.Total - polls - posts; (d < -clients || d > clients) && !stalled {
		t.Errorf("%s: %d requests, want %d polls and %d posts, give or take one for each client",
			trial.Transport, trial.Requests.Total, polls, posts)
	}
	is("requests without an answer", trial.Requests.Errors, 0)

	// The controller asks again over a connection of its own where an answer was
	// long in coming.
	n := trial.Totals.Connections
	assert.Check(t, n >= held && n <= held+2, "%s: %d connections in all, want %d", trial.Transport, n, held)
	switch theirs := trial.ServerTotals; {
	case theirs == nil: // which has a second to tell them
		assert.Check(t, len(trial.Reasons) > 0, "%s: no totals of the server", trial.Transport)
	case !between(trial.Totals, *theirs, trial.TotalsAfter):
		t.Errorf("%s: the server counted %+v, the generator %+v and then %+v", trial.Transport, *theirs, trial.Totals, trial.TotalsAfter)
	}
}

// between says whether no count is below the first or above the last: heartbeats
// may pass while they are read.
func between(before, counted, after result.Totals) bool {
	in := func(a, b, c int64) bool { return a <= b && b <= c }
	return in(before.Requests, counted.Requests, after.Requests) && in(before.Connections, counted.Connections, after.Connections) &&
		in(before.FramesIn, counted.FramesIn, after.FramesIn) && in(before.FramesOut, counted.FramesOut, after.FramesOut) &&
		in(before.BytesIn, counted.BytesIn, after.BytesIn) && in(before.BytesOut, counted.BytesOut, after.BytesOut)
}

// wantReport checks that all of a report is there.
func wantReport(t *testing.T, run string) {
	t.Helper()
	for _, pattern := range []string{"report.md", "report.html", "charts/*.svg", "charts/*.png"} {
		found, err := filepath.Glob(filepath.Join(run, pattern))
		assert.Check(t, err == nil && len(found) != 0, "there is no %s", pattern)
		for _, path := range found {
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s is empty", path)
			}
		}
	}
}
