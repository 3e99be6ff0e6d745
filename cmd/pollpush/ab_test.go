package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// header builds the server with one more header on each answer, and returns its
// folder.
var header = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(programs, "header")
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("../../.ci/variant", "header", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

func withHeader(t *testing.T) string {
	t.Helper()
	program(t, "pollpush") // skips where no processes are run
	dir, err := header()
	assert.NilError(t, err)
	return dir
}

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

// readSides reads both sides' results, each of so many trials.
func readSides(t *testing.T, out string, trials int) (base, next []result.Trial) {
	t.Helper()
	for side, list := range map[string]*[]result.Trial{"base": &base, "new": &next} {
		var err error
		if *list, err = result.ReadDir(filepath.Join(out, side)); err != nil || len(*list) != trials {
			t.Fatalf("%s holds %d trials, want %d (%v)", side, len(*list), trials, err)
		}
		wantReport(t, filepath.Join(out, side))
	}
	return base, next
}

// The patches of all variants fit the server as it is.
func TestVariantsApply(t *testing.T) {
	t.Parallel()
	patches, err := filepath.Glob("../../.ci/variants/*.patch")
	assert.Assert(t, err == nil && len(patches) != 0, "there are %d patches (%v)", len(patches), err)
	for _, path := range patches {
		check := exec.Command("git", "apply", "--check", filepath.Join(".ci", "variants", filepath.Base(path)))
		check.Dir = filepath.Join("..", "..")
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", path, err, out)
		}
	}
}

// A header of 30 bytes on every answer to a poll is found from a trial a side,
// by name and size.
func TestAbFindsAHeader(t *testing.T) {
	t.Parallel()
	dir, changed := workplace(t), withHeader(t)
	for try := 1; ; try++ {
		e := pollpush(t, dir, "ab", programs, changed, "tiny.yaml", "--transports", "poll", "--trials", "1", "--counts-only",
			"--time-limit", "1s", "--out", "ab", "--markdown", "ab.md", "--junit", "ab.xml")
		if e.wantJudged(t, regression, "regression: ", "poll: protocol bytes per poll, in went from ", "new header X-Trace of 30 bytes") {
			break
		}
		if try == 3 {
			return // a machine as busy as this lets nothing be found
		}
		assert.NilError(t, os.RemoveAll(filepath.Join(dir, "ab")))
	}
	base, next := readSides(t, filepath.Join(dir, "ab"), 1)
	assert.Check(t, base[0].Env.Commit == "test" && next[0].Env.Commit == "unknown", "commits %q and %q", base[0].Env.Commit, next[0].Env.Commit)
	for _, name := range []string{"ab.md", "ab.xml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		assert.Check(t, err == nil && strings.Contains(string(text), "X-Trace"), "%s does not tell the header (%v):\n%s", name, err, text)
	}
}

// A side whose server does not serve is told as such, and nothing is compared.
func TestAbRefusesABrokenServer(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	script(t, filepath.Join(dir, "broken", "chatserver"), "#!/bin/sh\necho 'out of order' >&2\nexit 1\n")
	e := pollpush(t, dir, "ab", programs, "broken", "tiny.yaml", "--transports", "ws", "--trials", "1", "--time-limit", "1s", "--out", "ab")
	e.wantExit(t, badInput, "out of order")
	readSides(t, filepath.Join(dir, "ab"), 1)
}

// wantJudged checks how a comparison ended, and reports false where the machine
// was too busy for one.
func (e ended) wantJudged(t *testing.T, code int, said ...string) bool {
	t.Helper()
	if e.code == badInput && strings.Contains(e.stderr, "is invalid (") {
		t.Logf("no verdict:\n%s", e.stderr)
		return false
	}
	e.wantExit(t, code, said...)
	return true
}

// Two servers that run already are compared with each other, with what their
// processes cost.
func TestAbOfTargets(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	one, pidOfOne := serve(t)
	other, pidOfOther := serve(t)
	e := pollpush(t, dir, "ab", one, other, "tiny.yaml", "--transports", "ws", "--trials", "1", "--counts-only", "--time-limit", "1s",
		"--target-pid", fmt.Sprintf("%d,%d", pidOfOne, pidOfOther), "--out", "ab")
	e.wantJudged(t, fine)
	base, next := readSides(t, filepath.Join(dir, "ab"), 1)
	for _, side := range []struct {
		trial result.Trial
		url   string
	}{{base[0], one}, {next[0], other}} {
		if side.trial.Env.Target != side.url || side.trial.Server == nil || side.trial.Env.Commit != "test" {
			t.Errorf("measured of %q by pollpush %s, its cost %+v; want %q", side.trial.Env.Target, side.trial.Env.Commit, side.trial.Server, side.url)
		}
	}
}

// Two commands start a server for each trial, both at one address: the sides take
// turns at being first, and nothing is worse. What the folders hold can be
// compared and reported again.
func TestAbOfCommands(t *testing.T) {
	t.Parallel()
	dir, address := workplace(t), vacant(t)
	start := func(program string) string { return program + " --listen " + address + "; true" }
	commands := []string{start(program(t, "chatserver")), start("'" + program(t, "chatserver") + "'")}
	e := pollpush(t, dir, "ab", commands[0], commands[1], "tiny.yaml", "--ready", "http://"+address+"/healthz",
		"--transports", "ws", "--trials", "2", "--counts-only", "--time-limit", "1s", "--out", "ab")
	e.wantJudged(t, fine, "4 trials, about ", "results in ab/base and ab/new")
	base, next := readSides(t, filepath.Join(dir, "ab"), 2)
	for i, trial := range []result.Trial{base[0], next[0]} {
		if trial.Env.Target != "http://"+address || trial.Env.Command != commands[i] || trial.Server == nil || trial.Server.Processes != 2 {
			t.Errorf("measured of %q, started by %q, its cost %+v", trial.Env.Target, trial.Env.Command, trial.Server)
		}
	}
	var order []string
	trials := slices.Concat(base, next)
	slices.SortFunc(trials, func(a, b result.Trial) int { return a.Started.Compare(b.Started) })
	for _, trial := range trials {
		order = append(order, trial.Run)
	}
	got := strings.Join(order, " ")
	assert.Check(t, got == "base new new base" || got == "new base base new", "the order was %s", got)
	wantNoneLeft(t, dir)
	pollpush(t, dir, "compare", "ab/base", "ab/new", "--counts-only").wantExit(t, e.code)
	pollpush(t, dir, "report", "ab/new").wantExit(t, fine)
}

// A server that dies in its trial is named with its last output, and nothing is
// compared.
func TestAbOfACommandThatDies(t *testing.T) {
	t.Parallel()
	dir, address := workplace(t), vacant(t)
	// The first of them is only tried, before the trials.
	start := programs + "/chatserver --listen " + address + " & [ ! -e tried ] || { sleep 1; echo 'out of memory' >&2; exit 9; }; touch tried; wait"
	e := pollpush(t, dir, "ab", start, programs+"/chatserver --listen "+address, "tiny.yaml", "--ready", "http://"+address+"/healthz",
		"--transports", "ws", "--trials", "1", "--time-limit", "1s", "--steady", "3s", "--out", "ab")
	e.wantExit(t, badInput, "exit status 9; it printed: ", "out of memory")
	wantNoneLeft(t, dir)
}

// Interrupted, it keeps what it has measured and compares nothing. That more
// trials are run than the scenario asks for has been said before.
func TestAbInterrupted(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launchOnTerminal(t, dir, program(t, "pollpush"), "ab", programs, programs, "tiny.yaml", "--transports", "ws", "--steady", "1m", "--out", "ab")
	p.await("base, ws, trial 1 of 6: steady 1 s")
	e := p.interrupt(syscall.SIGINT)
	wantNoneLeft(t, dir)
	e.wantExit(t, interrupted, "tiny has trials: 1; running 6 per transport and server instead", "12 trials, about ",
		"interrupted before comparing; the measured trials are in ab/base and ab/new")
	for _, side := range []string{"base", "new"} {
		trials, err := result.ReadDir(filepath.Join(dir, "ab", side))
		if err != nil {
			continue // the other side was first
		}
		wantPartial(t, &trials[0], true)
		wantReport(t, filepath.Join(dir, "ab", side))
		return
	}
	t.Error("neither side holds a trial")
}
