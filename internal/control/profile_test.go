package control

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// A run that is asked for profiles has both of each trial's server, of its
// steady state, and they can be held against each other. The same run tells
// what it took to be connected.
func TestRunKeepsProfiles(t *testing.T) {
	const clients = 100
	s := scenario.Scenario{Transports: []string{"poll", "ws"}, Clients: clients, Payload: 100}
	s.Publish = scenario.Publish{Rate: 20, Arrivals: "constant", Publishers: 5}
	s.Poll.Interval = 100 * time.Millisecond
	s.Phases = scenario.Phases{RampUp: 200 * time.Millisecond, WarmUp: time.Second, Steady: 2500 * time.Millisecond, Drain: 2 * time.Second}
	o := options(t, s)
	o.Profile = true
	trials, err := Run(t.Context(), o)
	assert.Assert(t, err == nil && len(trials) >= 2, "%d trials, %v", len(trials), err)
	profiles := map[string]*result.Profiles{}
	for _, trial := range trials {
		if trial.Profiles == nil || trial.Server == nil {
			t.Fatalf("%s: profiles %v, cost %v; %v", trial.Transport, trial.Profiles, trial.Server, trial.Reasons)
		}
		profiles[trial.Transport] = trial.Profiles
		for _, c := range []result.Cost{*trial.Server, trial.Generator} {
			if c.Before == nil || c.Connected == nil || c.Connected.RSSBytes < c.Before.RSSBytes || c.CPUConnectS <= 0 || c.Switches <= 0 || c.Descriptors < clients {
				t.Errorf("%s: %+v, before %+v, connected %+v", trial.Transport, c, c.Before, c.Connected)
			}
		}
		if before, then := trial.Server.Before, trial.Server.Connected; before.HeapBytes == 0 || then.HeapBytes == 0 || then.StackBytes <= before.StackBytes {
			t.Errorf("%s: before %+v, connected %+v", trial.Transport, before, then)
		}
		// One socket on each side for each client, the publishers' among them, and the controller's own.
		server, generator := trial.Server.Connected.SocketBytes, trial.Generator.Connected.SocketBytes
		if os.Geteuid() == 0 && (server < clients*1024 || generator < clients*1024 || trial.Server.Before.SocketBytes > server/20) {
			t.Errorf("%s: sockets take %d bytes of the server's side, %d of the clients'", trial.Transport, server, generator)
		}
	}
	top := func(args ...string) string {
		t.Helper()
		command := exec.Command("go", append([]string{"tool", "pprof", "-top"}, args...)...)
		command.Dir = o.Dir
		out, err := command.CombinedOutput()
		assert.NilError(t, err, "%q: %v\n%s", command.Args, err, out)
		return string(out)
	}
	for name, p := range profiles {
		out := top(p.CPU)
		assert.Check(t, strings.Contains(out, "Type: cpu") && strings.Contains(out, "Duration: 2"), "%s: not two seconds of CPU:\n%s", name, out)
		out = top(p.Heap)
		assert.Check(t, strings.Contains(out, "Type: inuse_space"), "%s: not a heap:\n%s", name, out)
	}
	out := top("-diff_base", profiles["poll"].CPU, profiles["ws"].CPU)
	assert.Check(t, strings.Contains(out, "Type: cpu"), "the difference:\n%s", out)
}

func TestProfilesThatCannotBeTaken(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "profiling is under way", http.StatusInternalServerError)
	}))
	defer refuses.Close()
	stalls := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer stalls.Close()
	for _, c := range []struct {
		name    string
		servers []string
		want    string // part of the error
	}{
		{"nobody is asked", nil, ""},
		{"refused", []string{refuses.URL}, "500 Internal Server Error: \"profiling is under way"},
		{"the second refuses", []string{stalls.URL, refuses.URL}, "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			p := newProfiler(c.servers, t.TempDir(), &result.Trial{Transport: "ws", Trial: 2, Attempt: 1})
			p.take(ctx, time.Second)
			if strings.Contains(c.want, "canceled") {
				cancel()
			}
			defer cancel()
			got, err := p.wait(ctx)
			if got != nil || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", got, err, c.want)
			}
		})
	}
}

// Each of several servers has files of its own.
func TestProfilesOfSeveralServers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.String()) }))
	defer server.Close()
	dir := t.TempDir()
	p := newProfiler([]string{server.URL, server.URL}, dir, &result.Trial{Transport: "ws", Trial: 2, Attempt: 1})
	p.take(t.Context(), 3*time.Second+900*time.Millisecond)
	first, err := p.wait(t.Context())
	assert.NilError(t, err)
	if want := (result.Profiles{CPU: "profiles/ws-2-1.cpu.pb.gz", Heap: "profiles/ws-2-1.heap.pb.gz"}); *first != want {
		t.Errorf("%+v, want %+v", *first, want)
	}
	for file, want := range map[string]string{
		"ws-2-1.cpu.pb.gz": "/debug/pprof/profile?seconds=3", "ws-2-1.heap.pb.gz": "/debug/pprof/heap",
		"ws-2-1.server2.cpu.pb.gz": "/debug/pprof/profile?seconds=3", "ws-2-1.server2.heap.pb.gz": "/debug/pprof/heap",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, "profiles", file)); string(text) != want {
			t.Errorf("%s holds %q (%v), want %q", file, text, err, want)
		}
	}
}

func TestPorts(t *testing.T) {
	got := ports([]string{"http://127.0.0.1:8080", "https://[::1]:443", "http://nowhere", "http://x:70000"})
	assert.Check(t, len(got) == 2 && got[0] == 8080 && got[1] == 443, "%v", got)
}
