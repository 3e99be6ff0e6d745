package main

import (
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

// folderOf makes a folder that holds a chatserver of this text.
func folderOf(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "chatserver"), text)
	if err := os.Chmod(filepath.Join(dir, "chatserver"), mode); err != nil {
		t.Fatal(err)
	}
	return dir
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
	e := pollpush(t, dir, "ab", programs, changed, "tiny.yaml", "--transports", "poll", "--trials", "1", "--counts-only",
		"--time-limit", "1s", "--out", "ab", "--markdown", "ab.md", "--junit", "ab.xml")
	e.wantExit(t, regression, "regression: ", "poll: protocol bytes per poll, in went from ", "(+30 B", "new header X-Trace of 30 bytes")
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
	e.wantExit(t, fine, "4 trials, about ", "results in ab/base and ab/new")
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
	broken := folderOf(t, "#!/bin/sh\necho 'out of order' >&2\nexit 1\n", 0o755)
	e := pollpush(t, dir, "ab", programs, broken, "tiny.yaml", "--transports", "ws", "--trials", "1", "--steady", "1s", "--time-limit", "1s", "--out", "ab")
	e.wantExit(t, badInput, "out of order")
	readSides(t, filepath.Join(dir, "ab"), 1)
}

// What cannot be measured is refused before anything is.
func TestAbRefuses(t *testing.T) {
	t.Parallel()
	good, empty := folderOf(t, "#!/bin/sh\n", 0o755), t.TempDir()
	for name, c := range map[string]struct {
		args []string
		code int
		said string
	}{
		"no folder":        {[]string{"nowhere", good}, refused, "there is no server in nowhere"},
		"no program":       {[]string{good, empty}, refused, "go build -o"},
		"not a program":    {[]string{good, folderOf(t, "text", 0o644)}, refused, "is not a program"},
		"a file":           {[]string{"tiny.yaml", good}, refused, "there is no server in tiny.yaml"},
		"full folder":      {[]string{good, good, "tiny.yaml", "--out", "full"}, refused, "full/base is not empty"},
		"unknown scenario": {[]string{good, good, "shrot"}, badInput, `did you mean "short"?`},
		"unknown metric":   {[]string{good, good, "--limit", "bites=5%"}, badInput, "--limit bites=5%"},
		"bad override":     {[]string{good, good, "--clients", "0"}, badInput, "--clients 0: must be"},
		"no noise":         {[]string{good, good, "--noise", "nowhere.json"}, refused, "there is no nowhere.json; learn by"},
		"foreign noise":    {[]string{good, good, "--noise", "tiny.yaml"}, badInput, "noise tiny.yaml: is not JSON"},
		"one folder":       {[]string{good}, badInput, "<new>"},
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
