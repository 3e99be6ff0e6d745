package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/scenario"
)

func TestInformation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		said []string
	}{
		{"--version", []string{"pollpush test\n"}},
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
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			e := pollpush(t, t.TempDir(), strings.Fields(c.args)...)
			e.wantExit(t, fine)
			if e.stderr != "" {
				t.Errorf("stderr: %s", e.stderr)
			}
			for _, text := range c.said {
				if !strings.Contains(e.stdout, text) {
					t.Errorf("it did not say %q:\n%s", text, e.stdout)
				}
			}
		})
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	for _, stop := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(stop.String(), func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			p := launch(t, dir, program(t, "pollpush"), "serve", "--listen", "127.0.0.1:0", "--history", "5")
			p.awaitIn(&p.stdout, "\n")
			var line struct {
				URL string `json:"url"`
				PID int    `json:"pid"`
			}
			if err := json.Unmarshal([]byte(p.stdout.String()), &line); err != nil {
				t.Fatal(err)
			}
			if pid := childIn(t, dir, "chatserver").pid; pid != line.PID {
				t.Errorf("it says process %d, but it is %d", line.PID, pid)
			}
			answer, err := http.Get(line.URL + "/api/rooms/a/messages?after=0")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %s (%v)", answer.Status, body, err)
			}
			p.signal(stop)
			e := p.end()
			e.wantExit(t, fine)
			if strings.Count(e.stdout, "\n") != 1 {
				t.Errorf("stdout is more than the one line:\n%s", e.stdout)
			}
			wantNoneLeft(t, dir)
		})
	}
}

// The demonstration serves the page, and somebody talks.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "demo", "--listen", "127.0.0.1:0", "--room", "kitchen")
	p.awaitIn(&p.stdout, "Ctrl-C")
	url, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(p.stdout.String(), "The chat:")), "/?room=kitchen\n")
	page, err := http.Get(url)
	if err != nil {
		t.Fatalf("%v; it said:\n%s", err, p.stdout.String())
	}
	page.Body.Close()
	if kind := page.Header.Get("Content-Type"); page.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
		t.Errorf("the page: %s, %s", page.Status, kind)
	}
	talk, err := http.Get(url + "/api/rooms/kitchen/messages?after=0&wait=60s")
	if err != nil {
		t.Fatal(err)
	}
	defer talk.Body.Close()
	if body, err := io.ReadAll(talk.Body); err != nil || !strings.Contains(string(body), `"user":"ada"`) {
		t.Errorf("%s (%v): nobody talks", body, err)
	}
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, fine)
	wantNoneLeft(t, dir)
}

func TestDemoRefuses(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	taken := strings.TrimPrefix(url, "http://")
	pollpush(t, dir, "demo", "--listen", taken).wantExit(t, refused, taken, "address already in use")
	bad := pollpush(t, dir, "demo", "--listen", "127.0.0.1:0", "--room", "a b")
	bad.wantExit(t, badInput, "--room a b", "a room's name is")
	if bad.stdout != "" {
		t.Errorf("stdout: %s", bad.stdout)
	}
	wantNoneLeft(t, dir)
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	taken := strings.TrimPrefix(url, "http://")
	pollpush(t, dir, "serve", "--listen", taken).wantExit(t, refused, taken, "address already in use", "--listen")
	pollpush(t, dir, "serve", "--history", "0").wantExit(t, badInput, "--history 0: want at least 1 message")
	pollpush(t, dir, "serve", "--histroy", "5").wantExit(t, badInput, "--histroy", "see chatserver --help")
}
