package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestLiveFlag(t *testing.T) {
	for _, c := range []struct {
		args    []string
		address string
		names   []string
	}{
		{nil, "", []string{"chat-1k"}},
		{[]string{"--live"}, liveAddress, []string{"chat-1k"}},
		{[]string{"--live", "short"}, liveAddress, []string{"short"}},
		{[]string{"--live=127.0.0.1:9000", "short"}, "127.0.0.1:9000", []string{"short"}},
		{[]string{"short", "--live=[::1]:9000"}, "[::1]:9000", []string{"short"}},
		{[]string{"--live=:9000"}, ":9000", []string{"chat-1k"}},
	} {
		commands, err := parsed(t, append([]string{"run"}, c.args...)...)
		if got := commands.Run; err != nil || got.Live.address != c.address || !slices.Equal(got.Scenarios, c.names) {
			t.Errorf("%q: %q of %q, %v", c.args, got.Live.address, got.Scenarios, err)
		}
	}
}

// followed launches a run with a live page, and opens its events.
func followed(t *testing.T, dir, args string) (p *process, url string, events *http.Response) {
	t.Helper()
	p = launch(t, dir, program(t, "pollpush"), words("run --live tiny.yaml --out run --transports ws "+args)...)
	p.await("tiny: 1 trial,")
	_, url, _ = strings.Cut(p.stderr.String(), "Live: ")
	url, _, _ = strings.Cut(url, "\n")
	events, err := http.Get(url + "events")
	assert.NilError(t, err)
	t.Cleanup(func() { events.Body.Close() })
	return p, url, events
}

// A run that is followed has the exit code and the results of any other, and
// tells its last state before it ends.
func TestLiveRun(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p, url, events := followed(t, dir, "--steady 2s")
	var last string
	seconds, ended := 0, 0
	for lines := bufio.NewScanner(events.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		last = data
		var news struct {
			Second *struct{ Transport string }
			Ended  *struct{ Validity string }
		}
		if err := json.Unmarshal([]byte(data), &news); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if news.Second != nil && news.Second.Transport == "ws" {
			seconds++
		}
		if news.Ended != nil {
			ended++
		}
	}
	want := `{"over":{"interrupted":false,"reports":[{"path":"run/report.html"}]}}`
	assert.Check(t, last == want, "the last event is %s, want %s", last, want)
	assert.Check(t, seconds >= 3 && ended == 1, "%d seconds, %d trials have ended", seconds, ended)
	trials := wantMeasured(t, dir, p.end(), "run", expectation{clients: 20, publishers: 4, messages: 40, transports: []string{"ws"}})
	assert.Check(t, is.Equal(strings.Join(trials[0].Flags, " "), "--transports ws --steady 2s"), "the results tell of flags")
	for path, text := range filesIn(t, filepath.Join(dir, "run")) {
		assert.Check(t, filepath.Ext(path) == ".html" || !strings.Contains(text, url), "%s tells of the page", path)
	}
}

// An interrupt ends the page as well.
func TestLiveInterrupt(t *testing.T) {
	t.Parallel()
	p, _, events := followed(t, workplace(t), "--steady 1m")
	p.signal(syscall.SIGINT)
	all, err := io.ReadAll(events.Body)
	assert.Check(t, err == nil && strings.Contains(string(all), `{"over":{"interrupted":true,"reports":[`), "%v: %s", err, all)
	p.end().wantExit(t, interrupted)
}

// On a terminal the page stays after the run and serves the report, until an
// interrupt, which is none of the run any more.
func TestLivePageStays(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := onTerminal(t, dir, 80, words("LC_ALL=C.UTF-8 TERM=xterm"), words("run --live tiny.yaml --out run --transports ws --steady 2s")...)
	p.awaitIn(&p.stdout, "Live page: ")
	_, url, _ := strings.Cut(p.stdout.String(), "Live: ")
	url, _, _ = strings.Cut(url, "\r\n")
	for path, want := range map[string]string{
		"events":                `{"over":{"interrupted":false,"reports":[{"path":"run/report.html","link":"reports/1/report.html"}],"links_until":`,
		"reports/1/report.html": "<title>", "reports/1/summary.csv": "transport",
	} {
		answer, err := http.Get(url + path)
		assert.NilError(t, err)
		all, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		assert.Check(t, err == nil && answer.StatusCode == http.StatusOK && strings.Contains(string(all), want), "%s: %s, %v: %.300s", path, answer.Status, err, all)
	}
	p.signal(syscall.SIGINT)
	e := p.end()
	assert.Check(t, e.code == fine || e.code == invalidRun, "exit code %d:\n%s", e.code, e.stdout) // a busy machine makes trials invalid
}
