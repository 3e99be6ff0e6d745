package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/scenario"
)

func TestInformation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		said []string
	}{
		{"--version", []string{"pollpush test\n"}},
		{"version", []string{"pollpush test\n"}},
		{"help", []string{"Usage: pollpush <command>", "help [<command>]"}},
		{"help run", []string{"Usage: pollpush run", "--target-pid=PID"}},
		{"help serve", []string{"Usage: chatserver"}},
		{"", []string{"Usage: pollpush <command>", "run", "report", "compare", "scenarios", "check", "probe", "calibrate", "serve", "demo"}},
		{"--help", []string{"Usage: pollpush <command>"}},
		{"run --help", []string{"Usage: pollpush run", scenario.Default, "--target-pid=PID", "--time-limit=TIME"}},
		{"report --help", []string{"Usage: pollpush report <dir>"}},
		{"compare --help", []string{"Usage: pollpush compare <base> <new>", "exit 1 on a regression"}},
		{"calibrate --help", []string{"Usage: pollpush calibrate", "results/calibration", "--confirm=N"}},
		{"serve --help", []string{"Usage: chatserver", "--history"}},
		{"serve -- --help", []string{"Usage: chatserver", "--history"}},
		{"demo --help", []string{"Usage: pollpush demo", "--room=NAME"}},
		{"scenarios", append(scenario.Names(), "TAKES", "poll, ws", "2m48s")},
		{"scenarios scale", []string{"# How does each transport scale", "# Takes 14m24s: 2 trials of each transport at 4 points (poll, ", "pollpush run scale", "\nabout: How does"}},
	} {
		e := pollpush(t, t.TempDir(), words(c.args)...)
		if e.wantExit(t, fine); e.stderr != "" {
			t.Errorf("stderr: %s", e.stderr)
		}
		for _, text := range c.said {
			assert.Check(t, strings.Contains(e.stdout, text), "%s: it did not say %q:\n%s", c.args, text, e.stdout)
		}
	}
}

// A scenario is printed as a file that runs: of the same hash, so the same.
func TestPrintedScenarios(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range append(scenario.Names(), "example") {
		e := pollpush(t, dir, "scenarios", name)
		e.wantExit(t, fine)
		assert.Check(t, !strings.Contains(e.stdout, "schema.json"), "%s names a file that is only in a checkout", name)
		own, err := scenario.Load(name, known())
		assert.NilError(t, err)
		again, err := scenario.Parse(name+".yaml", []byte(e.stdout), known())
		assert.NilError(t, err)
		assert.Check(t, is.DeepEqual(again.Points, own.Points), name)
	}
	pollpush(t, dir, "scenarios", "nowhere").wantExit(t, badInput, "no such scenario")
	pollpush(t, dir, "help", "nowhere").wantExit(t, badInput, "unexpected argument nowhere")
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "serve", "--listen", "127.0.0.1:0", "--history", "5")
	line := p.announced()
	assert.Check(t, is.Equal(childIn(t, dir, "chatserver").pid, line.PID), "it says process %d, but it is", line.PID)
	answer, err := http.Get(line.URL + "/api/rooms/a/messages?after=0")
	assert.NilError(t, err)
	answer.Body.Close()
	assert.Check(t, answer.StatusCode == http.StatusOK, answer.Status)
	p.signal(syscall.SIGINT)
	e := p.end()
	if e.wantExit(t, fine); strings.Count(e.stdout, "\n") != 1 {
		t.Errorf("stdout is more than the one line:\n%s", e.stdout)
	}
	wantNoneLeft(t, dir)
}

// The demonstration serves the page, and somebody talks.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "demo", "--listen", "127.0.0.1:0", "--room", "kitchen")
	p.awaitIn(&p.stdout, "Ctrl-C")
	url, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(p.stdout.String(), "Chat:")), "/?room=kitchen\n")
	page, err := http.Get(url)
	if err != nil {
		t.Fatalf("%v; it printed: \n%s", err, p.stdout.String())
	}
	page.Body.Close()
	kind := page.Header.Get("Content-Type")
	assert.Check(t, page.StatusCode == http.StatusOK && strings.HasPrefix(kind, "text/html"), "the page: %s, %s", page.Status, kind)
	talk, err := http.Get(url + "/api/rooms/kitchen/messages?after=0&wait=60s")
	assert.NilError(t, err)
	defer talk.Body.Close()
	body, err := io.ReadAll(talk.Body)
	assert.Check(t, err == nil && strings.Contains(string(body), `"user":"ada"`), "%s (%v): nobody talks", body, err)
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, fine)
	wantNoneLeft(t, dir)
}
