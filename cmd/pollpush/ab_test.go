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
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// variant builds the server with one thing changed, and returns its folder.
func variant(t *testing.T, name string) string {
	t.Helper()
	program(t, "pollpush") // skips where no processes are run
	dir := t.TempDir()
	if out, err := exec.Command("../../.ci/variant", name, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// serverIn makes a folder that holds a chatserver of this text.
func serverIn(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "chatserver"), text)
	if err := os.Chmod(filepath.Join(dir, "chatserver"), mode); err != nil {
		t.Fatal(err)
	}
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
	sides := map[string][]result.Trial{}
	for _, side := range []string{"base", "new"} {
		list, err := result.ReadDir(filepath.Join(out, side))
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != trials {
			t.Errorf("%s holds %d trials, want %d", side, len(list), trials)
		}
		wantReport(t, filepath.Join(out, side))
		sides[side] = list
	}
	return sides["base"], sides["new"]
}

// The patches of all variants fit the server as it is.
func TestVariantsApply(t *testing.T) {
	t.Parallel()
	patches, err := filepath.Glob("../../.ci/variants/*.patch")
	if err != nil || len(patches) == 0 {
		t.Fatalf("there are %d patches (%v)", len(patches), err)
	}
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
	dir, changed := workplace(t), variant(t, "header")
	for try := 1; ; try++ {
		e := pollpush(t, dir, "ab", programs, changed, "tiny.yaml", "--transports", "poll", "--trials", "1", "--counts-only",
			"--time-limit", "1s", "--out", "ab", "--markdown", "ab.md", "--junit", "ab.xml")
		if e.wantJudged(t, regression, "regression: ", "poll: protocol bytes per poll, in went from ", "new header X-Trace of 30 bytes") {
			break
		}
		if try == 3 {
			return // a machine as busy as this lets nothing be found
		}
		if err := os.RemoveAll(filepath.Join(dir, "ab")); err != nil {
			t.Fatal(err)
		}
	}
	base, next := readSides(t, filepath.Join(dir, "ab"), 1)
	if base[0].Env.Commit != "test" || next[0].Env.Commit != "unknown" {
		t.Errorf("commits %q and %q", base[0].Env.Commit, next[0].Env.Commit)
	}
	for _, name := range []string{"ab.md", "ab.xml"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), "X-Trace") {
			t.Errorf("%s does not tell the header (%v):\n%s", name, err, text)
		}
	}
}

// One server against itself: the sides take turns at being first, and nothing
// is worse.
func TestAbTakesTurns(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := pollpush(t, dir, "ab", programs, programs, "tiny.yaml", "--transports", "ws", "--trials", "2", "--counts-only",
		"--steady", "1s", "--time-limit", "1s", "--out", "ab")
	e.wantJudged(t, fine, "this is an A/A test", "4 trials, about ", "results in ab/base and ab/new")
	base, next := readSides(t, filepath.Join(dir, "ab"), 2)
	var order []string
	trials := slices.Concat(base, next)
	slices.SortFunc(trials, func(a, b result.Trial) int { return a.Started.Compare(b.Started) })
	for _, trial := range trials {
		order = append(order, trial.Run)
	}
	if got := strings.Join(order, " "); got != "base new new base" && got != "new base base new" {
		t.Errorf("the order was %s", got)
	}
}

// A side whose server does not serve is told as such, and nothing is compared.
func TestAbRefusesABrokenServer(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	broken := serverIn(t, "#!/bin/sh\necho 'out of order' >&2\nexit 1\n", 0o755)
	e := pollpush(t, dir, "ab", programs, broken, "tiny.yaml", "--transports", "ws", "--trials", "1", "--steady", "1s", "--time-limit", "1s", "--out", "ab")
	e.wantExit(t, badInput, "out of order")
	readSides(t, filepath.Join(dir, "ab"), 1)
}

// What cannot be measured is refused before anything is.
func TestAbRefuses(t *testing.T) {
	t.Parallel()
	good, empty := serverIn(t, "#!/bin/sh\n", 0o755), t.TempDir()
	for name, c := range map[string]struct {
		args []string
		code int
		said string
	}{
		"no folder":        {[]string{"nowhere", good}, refused, "there is no server in nowhere"},
		"no program":       {[]string{good, empty}, refused, "go build -o"},
		"not a program":    {[]string{good, serverIn(t, "text", 0o644)}, refused, "is not a program"},
		"a file":           {[]string{"tiny.yaml", good}, refused, "there is no server in tiny.yaml"},
		"full folder":      {[]string{good, good, "tiny.yaml", "--out", "full"}, refused, "full/base is not empty"},
		"unknown scenario": {[]string{good, good, "shrot"}, badInput, `did you mean "short"?`},
		"unknown metric":   {[]string{good, good, "--limit", "bites=5%"}, badInput, "--limit bites=5%"},
		"bad override":     {[]string{good, good, "--clients", "0"}, badInput, "--clients 0: must be"},
		"no noise":         {[]string{good, good, "--noise", "nowhere.json"}, refused, "there is no nowhere.json; learn by"},
		"foreign noise":    {[]string{good, good, "--noise", "tiny.yaml"}, badInput, "noise tiny.yaml: is not JSON"},
		"one folder":       {[]string{good}, badInput, "<new>"},

		"no port nor scheme":    {[]string{"127.0.0.1:3000", good}, refused, "the URL of a server that runs, or the command that starts one with --ready URL"},
		"no URL":                {[]string{"http://[::1:80", "http://127.0.0.1:1"}, badInput, `"http://[::1:80" is no URL of a server: give both as http://127.0.0.1:8080`},
		"a URL and a folder":    {[]string{"http://127.0.0.1:1", good}, badInput, "is no URL of a server: give both"},
		"a socket's URL":        {[]string{"http://127.0.0.1:1", "ws://127.0.0.1:1"}, badInput, `"ws://127.0.0.1:1" is no URL of a server`},
		"nobody there":          {[]string{"http://127.0.0.1:1", "http://127.0.0.1:1"}, refused, "base: target http://127.0.0.1:1 does not answer"},
		"http and https":        {[]string{"http://127.0.0.1:1", "https://127.0.0.1:1"}, badInput, "one of them is https"},
		"one process":           {[]string{"http://127.0.0.1:1", "http://127.0.0.1:2", "--target-pid", "1"}, badInput, "--target-pid: give the ids of both servers' processes"},
		"process 0":             {[]string{"http://127.0.0.1:1", "http://127.0.0.1:2", "--target-pid", "1,0"}, badInput, "--target-pid: give the ids"},
		"processes of folders":  {[]string{good, good, "--target-pid", "1,2"}, badInput, "--target-pid: goes with the URLs of two servers"},
		"trust of folders":      {[]string{good, good, "--target-ca", "tiny.yaml"}, badInput, "--target-ca"},
		"a flag of ours":        {[]string{"http://127.0.0.1:1", "http://127.0.0.1:2", "--history", "5"}, badInput, "--history 5: does not go with servers that are no chatserver"},
		"TLS by a flag":         {[]string{"true", "true", "--ready", "http://127.0.0.1:1", "--tls", "true"}, badInput, "whose URL says it"},
		"ready at no URL":       {[]string{"true", "true", "--ready", "127.0.0.1:3000"}, badInput, `--ready "127.0.0.1:3000": give an address of the server with its port, as http://127.0.0.1:3000/healthz`},
		"ready at no port":      {[]string{"true", "true", "--ready", "http://127.0.0.1/healthz"}, badInput, "with its port"},
		"ready in no time":      {[]string{"true", "true", "--ready", "http://127.0.0.1:1", "--ready-within", "0s"}, badInput, "--ready-within 0s: must be more than 0s"},
		"a URL as a command":    {[]string{"true", "http://127.0.0.1:1", "--ready", "http://127.0.0.1:1"}, badInput, `"http://127.0.0.1:1" is no command`},
		"no command":            {[]string{"", "true", "--ready", "http://127.0.0.1:1"}, badInput, `"" is no command`},
		"a command that ends":   {[]string{"echo 'out of order' >&2; exit 1", "true", "--ready", "http://127.0.0.1:1"}, refused, "base: the start command ended"},
		"what such a one says":  {[]string{"echo 'out of order' >&2; exit 1", "true", "--ready", "http://127.0.0.1:1"}, refused, "it said: out of order"},
		"a command never ready": {[]string{"exec sleep 1000", "true", "--ready", "http://127.0.0.1:1", "--ready-within", "100ms"}, refused, "was not ready within 100ms: http://127.0.0.1:1 does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			write(t, filepath.Join(dir, "full", "base", "notes.txt"), "precious")
			e := pollpush(t, dir, append([]string{"ab"}, c.args...)...)
			e.wantExit(t, c.code, c.said)
			if strings.Contains(e.stderr, "trial 1") {
				t.Error("a trial was begun")
			}
		})
	}
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

// Two commands start a server for each trial, both at one address; a header more
// is found. What the folders hold can be compared and reported again.
func TestAbOfCommands(t *testing.T) {
	t.Parallel()
	dir, changed, address := workplace(t), variant(t, "header"), vacant(t)
	start := func(folder string) string { return folder + "/chatserver --listen " + address + "; true" }
	e := pollpush(t, dir, "ab", start(programs), start(changed), "tiny.yaml", "--ready", "http://"+address+"/healthz",
		"--transports", "poll", "--trials", "1", "--counts-only", "--time-limit", "1s", "--out", "ab")
	e.wantJudged(t, regression, "poll: protocol bytes per poll, in went from ", "new header X-Trace of 30 bytes")
	base, next := readSides(t, filepath.Join(dir, "ab"), 1)
	for i, trial := range []result.Trial{base[0], next[0]} {
		if want := start([]string{programs, changed}[i]); trial.Env.Target != "http://"+address || trial.Env.Command != want {
			t.Errorf("measured of %q, started by %q; want %q", trial.Env.Target, trial.Env.Command, want)
		}
		if trial.Server == nil || trial.Server.Processes != 2 {
			t.Errorf("the server's cost is %+v", trial.Server)
		}
	}
	wantNoneLeft(t, dir)
	pollpush(t, dir, "compare", "ab/base", "ab/new", "--counts-only").wantExit(t, e.code)
	pollpush(t, dir, "report", "ab/new").wantExit(t, fine)
}

// A port that somebody has is nobody's to measure: nothing is started there.
func TestAbOfCommandsWhosePortIsTaken(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	start := "touch started; exec sleep 1000"
	e := pollpush(t, dir, "ab", start, start, "tiny.yaml", "--ready", url, "--out", "ab")
	e.wantExit(t, refused, "base: another server listens at "+strings.TrimPrefix(url, "http://")+" already: end it")
	if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
		t.Error("it was started")
	}
}

// A server that dies in its trial is named with its last output, and nothing is
// compared.
func TestAbOfACommandThatDies(t *testing.T) {
	t.Parallel()
	dir, address := workplace(t), vacant(t)
	// The first of them is only tried, before the trials.
	start := programs + "/chatserver --listen " + address + " & [ ! -e tried ] || { sleep 1; echo 'out of memory' >&2; exit 9; }; touch tried; wait"
	e := pollpush(t, dir, "ab", start, programs+"/chatserver --listen "+address, "tiny.yaml", "--ready", "http://"+address+"/healthz",
		"--transports", "ws", "--trials", "1", "--time-limit", "1s", "--steady", "10s", "--out", "ab")
	e.wantExit(t, badInput, "exit status 9; it said: ", "out of memory")
	wantNoneLeft(t, dir)
}

// Interrupted, it leaves no server of a command's.
func TestAbOfCommandsInterrupted(t *testing.T) {
	t.Parallel()
	dir, address := workplace(t), vacant(t)
	start := "trap '' TERM; touch up; sleep 1000 & " + programs + "/chatserver --listen " + address
	p := launch(t, dir, program(t, "pollpush"), "ab", start, start, "tiny.yaml", "--ready", "http://"+address+"/nowhere", "--out", "ab")
	for up := false; !up; {
		_, err := os.Stat(filepath.Join(dir, "up"))
		up = err == nil
	}
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, interrupted, "interrupted before anything was measured")
	wantNoneLeft(t, dir)
}

// Interrupted, it keeps what it has measured and compares nothing. That more
// trials are run than the scenario asks for has been said before.
func TestAbInterrupted(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launchOnTerminal(t, dir, program(t, "pollpush"), "ab", programs, programs, "tiny.yaml", "--transports", "ws", "--steady", "1m", "--out", "ab")
	p.await("ws, trial 1 of 6: steady 1 s")
	e := p.interrupt(syscall.SIGINT)
	wantNoneLeft(t, dir)
	e.wantExit(t, interrupted, "tiny says trials: 1; here 6 of each transport are run on each side", "12 trials, about ",
		"interrupted, nothing was compared; what was measured is in ab/base and ab/new")
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
