package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
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

// An address that is none, or cannot be had, ends the command before anything is
// started.
func TestLiveRefusals(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		flag string
		code int
		said string
	}{
		{"--live=9000", badInput, `"9000" is not an address: write HOST:PORT`},
		{"--live=localhost:http", badInput, "is not an address"},
		{"--live=127.0.0.1:70000", badInput, "is not an address"},
		{"--live=", badInput, "is not an address"},
		{"--live=" + taken.Addr().String(), refused, "--live=" + taken.Addr().String() + ": the page cannot be served there: "},
		{"--live=192.0.2.1:9000", refused, "name another address, or --live alone for a free port"},
	} {
		dir := workplace(t)
		before := filesIn(t, dir)
		pollpush(t, dir, "run", "tiny.yaml", "--out", "run", c.flag).wantExit(t, c.code, c.said)
		wantSameFiles(t, dir, before)
	}
	pollpush(t, workplace(t), "run", "--live", "127.0.0.1:9000").wantExit(t, badInput, "as in --live=127.0.0.1:9000")
}

// A run that is followed has the exit code and the results of any other, and
// tells its last state before it ends.
func TestLiveRun(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "run", "--live", "tiny.yaml", "--out", "run")
	p.await("tiny: 2 trials")
	_, url, _ := strings.Cut(p.stderr.String(), "Live: ")
	url, _, _ = strings.Cut(url, "\n")
	answer, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var last string
	seconds, ended := map[string]int{}, 0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
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
		if news.Second != nil {
			seconds[news.Second.Transport]++
		}
		if news.Ended != nil {
			ended++
		}
	}
	if want := `{"over":{"text":"Report: run/report.html"}}`; last != want {
		t.Errorf("the last event is %s, want %s", last, want)
	}
	if seconds["poll"] < 3 || seconds["ws"] < 3 || ended != 2 {
		t.Errorf("%v seconds, %d trials have ended", seconds, ended)
	}
	trials := wantMeasured(t, dir, p.end(), "run", expectation{clients: 20, publishers: 4, messages: 40})
	if flags := trials[0].Flags; len(flags) > 0 {
		t.Errorf("the results tell of flags %q", flags)
	}
	for path, text := range filesIn(t, filepath.Join(dir, "run")) {
		if filepath.Ext(path) != ".html" && strings.Contains(text, url) {
			t.Errorf("%s tells of the page", path)
		}
	}
}

// An interrupt ends the page as well.
func TestLiveInterrupt(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "run", "--live", "tiny.yaml", "--out", "run", "--steady", "1m")
	p.await("tiny: 2 trials")
	_, url, _ := strings.Cut(p.stderr.String(), "Live: ")
	url, _, _ = strings.Cut(url, "\n")
	answer, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	p.signal(syscall.SIGINT)
	all, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(all), `{"over":{"text":"It was interrupted.`) {
		t.Errorf("%v: %s", err, all)
	}
	p.end().wantExit(t, interrupted)
}
