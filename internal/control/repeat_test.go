package control

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/nulltarget"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

func TestOnlyNoiseIsWorthARepeat(t *testing.T) {
	for _, c := range []struct {
		name     string
		validity result.Validity
		codes    []string
		want     bool
	}{
		{"valid", result.Valid, nil, false},
		{"steal", result.Suspect, []string{result.Steal}, true},
		{"foreign load", result.Suspect, []string{result.ForeignCPU}, true},
		{"pressure", result.Suspect, []string{result.CPUPressure}, true},
		{"a pause", result.Suspect, []string{result.GeneratorPaused}, false},
		{"a pause by others", result.Suspect, []string{result.ForeignCPU, result.GeneratorPaused}, true},
		{"both", result.Suspect, []string{result.Steal, result.ForeignCPU}, true},
		{"few samples as well", result.Suspect, []string{result.TooFew, result.Steal}, true},
		{"few samples", result.Suspect, []string{result.TooFew}, false},
		{"losses", result.Suspect, []string{result.Losses}, false},
		{"errors", result.Suspect, []string{result.Errors}, false},
		{"lost connections", result.Suspect, []string{result.LostConnections}, false},
		{"losses and noise", result.Suspect, []string{result.Losses, result.Steal}, false},
		{"noise and losses", result.Suspect, []string{result.ForeignCPU, result.Losses}, false},
		{"published late", result.Invalid, []string{result.PublishLate}, true},
		{"polled late by others", result.Invalid, []string{result.PollLate, result.Steal}, true},
		{"a long pause", result.Invalid, []string{result.GeneratorPaused}, true},
		{"late, and losses", result.Invalid, []string{result.PublishLate, result.Losses}, false},
		{"late, and saturated", result.Invalid, []string{result.PublishLate, result.GeneratorCPU}, false},
		{"throttled, which stays so", result.Suspect, []string{result.CPUThrottled, result.ForeignCPU}, false},
		{"counts that differ", result.Invalid, []string{result.Mismatch, result.Steal}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := result.Trial{Validity: c.validity}
			for _, code := range c.codes {
				trial.Doubt(code, c.validity, "because of %s", code)
			}
			assert.Check(t, is.Equal(disturbed(&trial), c.want))
		})
	}
}

func TestATrialIsRepeatedOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		attempt int
		code    string
		limit   time.Duration
		want    bool
	}{
		{"the first", 1, result.Steal, time.Hour, true},
		{"the second", 2, result.Steal, time.Hour, false},
		{"undisturbed", 1, result.Losses, time.Hour, false},
		{"no time left", 1, result.Steal, time.Second, false},
	} {
		s := scenario.Scenario{Transports: []string{"ws"}, Trials: 1, TimeLimit: c.limit}
		s.Phases.Steady = time.Minute
		r := &runner{Scenario: s, began: time.Now()}
		trial := result.Trial{Attempt: c.attempt, Validity: result.Suspect}
		trial.Doubt(c.code, result.Suspect, "")
		assert.Check(t, is.Equal(r.repeats(&trial), c.want), c.name)
	}
}

// A failed trial says why once.
func TestAFailedTrialHasOneCause(t *testing.T) {
	s := scenario.Scenario{Transports: []string{"poll"}, Clients: 1}
	s.Poll.Interval = time.Second
	o := options(t, s)
	o.Loadgen = script(t, "echo no luck >&2; exit 1")
	trials, err := Run(t.Context(), o)
	assert.Assert(t, err == nil && len(trials) == 1, "%d trials, %v", len(trials), err)
	n := 0
	for _, r := range trials[0].Reasons {
		if r.Code == result.NotComplete {
			n++
		}
	}
	if first := trials[0].Reasons[0]; n != 1 || trials[0].Status != result.Failed || !strings.Contains(first.Text, "no luck") {
		t.Errorf("%s: %+v", trials[0].Status, trials[0].Reasons)
	}
}

func TestIdleOutlastsTheQuiet(t *testing.T) {
	for _, c := range []struct {
		interval   time.Duration
		publishers int
		rate       float64
		arrivals   string
		want       time.Duration
	}{
		{time.Second, 1, 1, "constant", 2 * time.Minute},
		{time.Second, 1, 0, "constant", 2 * time.Minute},
		{5 * time.Minute, 1, 1, "constant", 10 * time.Minute},
		{time.Second, 60, .1, "constant", 20 * time.Minute},
		{time.Second, 60, .1, "poisson", 200 * time.Minute},
		{time.Second, 100, 1e-9, "constant", 24 * time.Hour},
		{1000 * time.Hour, 1, 1, "constant", 24 * time.Hour},
	} {
		s := scenario.Scenario{Poll: scenario.Poll{Interval: c.interval}}
		s.Publish = scenario.Publish{Rate: c.rate, Arrivals: c.arrivals, Publishers: c.publishers}
		assert.Check(t, is.Equal(idle(s), c.want), "%+v", c)
	}
}

func TestCheckTransports(t *testing.T) {
	null := serveNull(t, nulltarget.Config{})
	rest := httptest.NewServer(http.NotFoundHandler())
	defer rest.Close()
	for _, c := range []struct {
		name, target string
		transports   []string
		want         string
	}{
		{"all", null, transport.Names(), ""},
		{"no polls", rest.URL, []string{"poll", "ws"}, "target " + rest.URL + " does not offer the transport poll: the server answered 404: 404 page not found"},
		{"no WebSocket", rest.URL, []string{"ws", "poll"}, "target " + rest.URL + " does not offer the transport ws: the server answered 404: 404 page not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkTransports(t.Context(), c.target, nil, c.transports)
			if c.want == "" {
				assert.Check(t, err)
				return
			}
			wantRefusal(t, err, c.want+"; omit it from --transports, or see "+contract.Page)
		})
	}
}

// What trying a target brings about has happened before its counts are read.
func TestCheckTransportsLeavesNothingUnderWay(t *testing.T) {
	server, err := proc.Start(chatserver, "--listen", "127.0.0.1:0", "--exit-with-stdin")
	assert.NilError(t, err)
	defer server.Stop(promised)
	said, err := announced(t.Context(), server)
	url := said.URL
	assert.NilError(t, err)
	metrics := newScrapers([]string{url}, nil)
	defer metrics.close()
	for n := int64(1); n <= 20; n++ {
		assert.NilError(t, checkTransports(t.Context(), url, nil, []string{"poll", "ws"}))
		got := metrics.scrape(t.Context()).counted().FramesOut
		assert.Assert(t, got == n, "the server has %d close frames of %d clients", got, n)
	}
}

// A target that accepts and keeps silent holds nobody up who wants to leave.
func TestCheckTransportsEndsWithItsContext(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			http.NotFound(w, r)
			return
		}
		leave()
		<-r.Context().Done()
	}))
	defer server.Close()
	wantRefusal(t, checkTransports(ctx, server.URL, nil, []string{"ws"}),
		"target "+server.URL+" does not offer the transport ws: context canceled; omit it from --transports, or see "+contract.Page)
}
