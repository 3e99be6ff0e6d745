package control

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// vacant is an address of loopback that nobody listens on, at a port that the
// kernel gives to no client.
func vacant(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)))
		if err == nil {
			l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is vacant")
	return ""
}

// What does not come up is refused, with what it said, and nothing is left of it.
func TestStartRefuses(t *testing.T) {
	t.Parallel()
	held, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	t.Cleanup(func() { held.Close() })
	for name, c := range map[string]struct {
		command, path, at string
		within            time.Duration
		want              []string
	}{
		"ends":                  {"echo 'cannot find module' >&2; exit 7", "/healthz", "", time.Minute, []string{"the start command ended, but it must stay in the foreground", "exit status 7; it printed: cannot find module"}},
		"ends well":             {"echo 'in the background'", "/healthz", "", time.Minute, []string{"exit status 0; it printed: in the background"}},
		"no such program":       {"no-such-program --port 1", "/healthz", "", time.Minute, []string{`"no-such-program --port 1": exit status 127; it printed: `, "not found"}},
		"never listens":         {"echo 'waiting for the database'; exec sleep 1000", "/healthz", "", 3 * time.Second, []string{`"echo 'waiting for the database'; exec sleep 1000" was not ready within 3s`, "/healthz does not answer: ", "connection refused; it printed: waiting for the database"}},
		"no such page":          {"exec " + chatserver + " --listen ADDRESS", "/ready", "", 10 * time.Second, []string{"was not ready within 10s", "/ready answers 404 Not Found; it printed: "}},
		"somebody has the port": {"exec sleep 1000", "/healthz", held.Addr().String(), time.Minute, []string{"another server already listens on " + held.Addr().String() + ": stop it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := c.at
			if address == "" {
				address = vacant(t)
			}
			s := &Start{Command: strings.ReplaceAll(c.command, "ADDRESS", address), Ready: "http://" + address + c.path, Within: c.within}
			f := &fleet{}
			_, err := s.up(t.Context(), f, nil)
			assert.Assert(t, err != nil, "it is up")
			_, ok := errors.AsType[*Refusal](err)
			assert.Check(t, ok, "%v is no refusal", err)
			for _, want := range c.want {
				assert.Check(t, strings.Contains(err.Error(), want), "error %q, want %q in it", err, want)
			}
			assert.Check(t, f.end(t.Context(), time.Minute))
			if conn, err := net.Dial("tcp", address); err == nil && c.at == "" {
				conn.Close()
				t.Error("something listens still")
			}
		})
	}
}

// A server that listens on the other loopback address only is at localhost too:
// it is ready, and has the port.
func TestStartAtLocalhost(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "::1"} {
		_, port, _ := net.SplitHostPort(vacant(t))
		address := net.JoinHostPort(ip, port)
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip(err) // a machine without IPv6
		}
		l.Close()
		s, f := &Start{Command: "exec " + chatserver + " --listen " + address, Ready: "http://localhost:" + port + "/healthz", Within: time.Minute}, &fleet{}
		pids, err := s.up(t.Context(), f, nil)
		assert.Check(t, err == nil && len(pids) == 1, "%s: processes %v, %v", address, pids, err)
		if err := s.vacant(t.Context()); err == nil || !strings.Contains(err.Error(), "another server already listens on localhost:"+port) {
			t.Errorf("%s: somebody listens there, and the error is %v", address, err)
		}
		assert.Check(t, f.end(t.Context(), time.Minute))
	}
}

// Who leaves need not wait until a server is up.
func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, f := &Start{Command: "exec sleep 1000", Ready: "http://" + vacant(t), Within: time.Hour}, &fleet{}
	up := make(chan error)
	go func() {
		_, err := s.up(ctx, f, nil)
		up <- err
	}()
	cancel()
	err := <-up
	assert.Check(t, errors.Is(err, context.Canceled), "error %v", err)
	assert.Check(t, f.end(ctx, time.Minute))
}

// The cost of a server is that of all processes that its command has started, and
// is unknown where none of them has the port.
func TestStartedProcesses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command   string
		processes int
	}{
		"one":                   {"exec " + chatserver + " --listen ADDRESS", 1},
		"below a shell":         {chatserver + " --listen ADDRESS; true", 2},
		"with another":          {"sleep 1000 & exec " + chatserver + " --listen ADDRESS", 2},
		"in a group of its own": {"setsid --wait " + chatserver + " --listen ADDRESS --exit-with-stdin", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := vacant(t)
			s := &Start{Command: strings.ReplaceAll(c.command, "ADDRESS", address), Ready: "http://" + address + "/healthz", Within: time.Minute}
			f := &fleet{}
			pids, err := s.up(t.Context(), f, nil)
			assert.Check(t, err == nil && len(pids) == c.processes, "processes %v, %v; want %d", pids, err, c.processes)
			late := result.Trial{}
			served{pids: pids[:min(1, len(pids))]}.judge(&late, f.servers)
			doubted := len(late.Reasons) > 0
			assert.Check(t, doubted == (c.processes > 1), "one of %d processes is known: %v", c.processes, late.Reasons)
			assert.Check(t, f.end(t.Context(), time.Minute))
		})
	}
}

// someLoad is a short trial by WebSocket.
func someLoad() scenario.Scenario {
	p := scenario.Scenario{Transports: []string{"ws"}, Clients: 2, Payload: 100}
	p.Publish = scenario.Publish{Rate: 20, Arrivals: "constant", Publishers: 1}
	p.Poll.Interval = 50 * time.Millisecond
	p.Phases = scenario.Phases{Steady: time.Second, Drain: time.Second}
	return p
}

// Each trial has a server of its own: its command's, at the same address for both
// arms.
func TestInterleaveStarted(t *testing.T) {
	t.Parallel()
	address, dir := vacant(t), t.TempDir()
	arm := func(name string) Arm {
		return Arm{Target: "http://" + address + "/", Dir: filepath.Join(dir, name), Commit: name,
			Start: &Start{Command: chatserver + " --listen " + address + "; true", Ready: "http://" + address + "/healthz", Within: time.Minute}}
	}
	o := options(t, someLoad())
	trials, err := Interleave(t.Context(), o, []Arm{arm("base"), arm("new")})
	assert.NilError(t, err)
	for i, name := range []string{"base", "new"} {
		assert.Assert(t, len(trials[i]) == 1, "%s holds %d trials", name, len(trials[i]))
		e, got := trials[i][0].Env, trials[i][0]
		if e.Target != "http://"+address || !strings.HasPrefix(e.Command, chatserver) || e.Commit != name {
			t.Errorf("%s was measured of %q, started by %q, commit %q", name, e.Target, e.Command, e.Commit)
		}
		if got.Status != result.Complete || got.Lost != 0 || got.Delivered == 0 {
			t.Errorf("%s: %s, %d delivered, %d lost: %v", name, got.Status, got.Delivered, got.Lost, got.Reasons)
		}
		assert.Check(t, got.Server != nil && got.Server.Processes == 2 && got.Server.CPUS() > 0, "%s: the server's cost is %+v", name, got.Server)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("a server is left")
	}
}

// What an arm cannot do is said with its name, before anything is measured.
func TestInterleaveNamesTheArm(t *testing.T) {
	t.Parallel()
	address, dir := vacant(t), t.TempDir()
	arm := func(name, command string) Arm {
		return Arm{Target: "http://" + address, Dir: filepath.Join(dir, name),
			Start: &Start{Command: command, Ready: "http://" + address + "/healthz", Within: time.Minute}}
	}
	o := options(t, someLoad())
	_, err := Interleave(t.Context(), o, []Arm{arm("base", chatserver+" --listen "+address), arm("new", "echo broken; exit 1")})
	wantRefusal(t, err, `new: the start command ended, but it must stay in the foreground while its server runs: "echo broken; exit 1": exit status 1; it printed: broken`)
}
