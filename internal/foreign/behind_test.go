package foreign

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// runAgainst runs the scenario short against a target and returns its trials.
func runAgainst(t *testing.T, target string, flags ...string) []result.Trial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	out := filepath.Join(t.TempDir(), "run")
	args := []string{"run", "short", "--target", target, "--out", out, "--trials", "1", "--time-limit", "1s", "--clients", "20", "--rate", "5/s",
		"--arrivals", "constant", "--publishers", "2", "--ramp-up", "200ms", "--warm-up", "500ms", "--steady", "3s"}
	run := exec.CommandContext(ctx, program(t, "pollpush"), append(args, flags...)...)
	said, err := run.CombinedOutput()
	trials, readErr := result.ReadDir(out)
	assert.NilError(t, readErr, "%v, %v:\n%s", err, readErr, said)
	return trials
}

// nginx says of each tenth answer that it closes the connection: clients poll
// on, at their times, over new ones, and Socket.IO's sessions go on.
func TestBehindNginxThatClosesConnections(t *testing.T) {
	t.Parallel()
	s := ours(t)
	url := nginx(t, `map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
		server { listen LISTEN; keepalive_requests 10; location / {
			proxy_pass `+s.url+`; proxy_http_version 1.1; proxy_buffering off;
			proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; } }`)
	for _, transports := range []string{"poll,poll-etag,longpoll", "sse,ws,ws-deflate", "ws-batch,socketio-polling,socketio-ws"} {
		t.Run(transports, func(t *testing.T) {
			t.Parallel()
			for _, trial := range runAgainst(t, url, "--transports", transports, "--interval", "200ms") {
				if len(trial.Errors) > 0 || trial.Connections.Lost > 0 || trial.Published != 15 || trial.Delivered != 300 || trial.Lost+trial.Duplicated > 0 {
					t.Errorf("%s: errors %v, %+v, %d published, %d delivered, %d lost, %d duplicated", trial.Transport, trial.Errors, trial.Connections,
						trial.Published, trial.Delivered, trial.Lost, trial.Duplicated)
				}
				asks := trial.Asked.Paced || trial.Asked.WaitS+trial.Asked.HeartbeatS > 0
				assert.Check(t, asks == (trial.Connections.Reconnects >= 20), "%s: %d reconnects", trial.Transport, trial.Connections.Reconnects)
				if trial.Asked.Paced {
					assert.Check(t, trial.PollResponse.N == 300, "%s: %d polls are answered, 300 were due", trial.Transport, trial.PollResponse.N)
				}
			}
		})
	}
}

// HAProxy answers 504 for a long poll that waits longer than it does.
func TestLongPollsBehindHAProxy(t *testing.T) {
	t.Parallel()
	s := ours(t)
	url := haproxy(t, `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 1500ms
listen all
  bind fd@3
  server one `+s.address()+"\n")
	flags := []string{"--transports", "longpoll", "--rate", "1/3s"}
	trial := runAgainst(t, url, flags...)[0]
	n := trial.Errors["status 504"]
	assert.Check(t, n >= 20 && int64(len(trial.Errors)) == 1, "errors %v, want 504 for each client", trial.Errors)
	said := ""
	for _, r := range trial.Reasons {
		said += r.Text + "\n"
	}
	assert.Check(t, strings.Contains(said, "poll.wait") && strings.Contains(said, "25 s"), "nothing is said of a shorter wait:\n%s", said)
	if trial := runAgainst(t, url, append(flags, "--wait", "1s")...)[0]; len(trial.Errors) > 0 || trial.Lost > 0 || trial.Asked.WaitS != 1 {
		t.Errorf("with a wait of 1 s: errors %v, %d lost, %v s asked for", trial.Errors, trial.Lost, trial.Asked.WaitS)
	}
}
