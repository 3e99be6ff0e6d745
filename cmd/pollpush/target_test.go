package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

// A target that is no chat server gets one request and no load.
func TestTargetRefuses(t *testing.T) {
	t.Parallel()
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		said    []string
	}{
		"a page": {answer(200, "text/html; charset=utf-8", "<html>It works!</html>"), []string{
			"is not a chat server", "answered 200 OK with HTML", "docs/contract.md"}},
		"other JSON": {answer(200, "application/json", `{"status": "up"}`), []string{
			"is not a chat server", `with "{\"status\": \"up\"}" instead of a page of messages`, "docs/contract.md"}},
		"JSON that is no object": {answer(200, "application/json", `[1, 2]`), []string{"instead of a page of messages"}},
		"a page without end":     {answer(200, "application/json", `{"messages": []}`), []string{"instead of a page of messages"}},
		"nothing":                {answer(200, "application/json", ``), []string{"instead of a page of messages"}},
		"not found":              {answer(404, "text/plain", "404 page not found"), []string{"answered 404 Not Found"}},
		"unavailable":            {answer(503, "application/json", `{"messages": [], "last": 0}`), []string{"answered 503 Service Unavailable"}},
		"moved": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, []string{"redirects GET /api/rooms/", "/elsewhere: redirects are not followed"}},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []string{"ends the connection without an answer"}},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"messages": [`)
		}, []string{"broke off its answer: unexpected EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.handler(w, r)
			}))
			defer server.Close()
			said := append(c.said, "target "+server.URL)
			wantNoRun(t, dir, pollpush(t, dir, "run", "tiny.yaml", "--target", server.URL), said...)
			if n := asked.Load(); n != 1 {
				t.Errorf("it got %d requests, want 1", n)
			}
		})
	}
}

func TestTargetUnreachable(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	const general = "give a server's base address, as http://127.0.0.1:8080"
	for _, c := range []struct {
		target string
		code   int
		said   string
	}{
		{"http://" + closed.Addr().String(), refused, "connection refused; is the server running there?"},
		{"http://no-such-host.invalid:80", refused, "no-such-host.invalid"},
		{"http://127.0.0.1:99999", badInput, general},
		{"127.0.0.1:8080", badInput, general},
		{"ftp://127.0.0.1:8080", badInput, general},
		{"http://127.0.0.1:8080?room=1", badInput, general},
		{"http://[::1:8080", badInput, general},
		{"nonsense", badInput, general},
		{"http://127.0.0.1:8080/api", badInput, "below a path"},
		{"http://me:secret@127.0.0.1:8080", badInput, "no name and password are sent"},
	} {
		t.Run(c.target, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			e := pollpush(t, dir, "run", "tiny.yaml", "--target", c.target)
			if c.code == refused {
				wantNoRun(t, dir, e, "target ", c.said)
				return
			}
			e.wantExit(t, c.code, "--target: target ", c.said)
		})
	}
}

// While a target keeps silent the program can be interrupted.
func TestInterruptBeforeLoad(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	asked, release := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer server.Close()
	defer close(release)
	p := launch(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--target", server.URL)
	<-asked
	p.signal(syscall.SIGINT)
	p.end().wantExit(t, interrupted, "interrupted before anything was measured")
}

// serve starts a chatserver for the test.
func serve(t *testing.T) (url string, pid int) {
	t.Helper()
	p := launch(t, t.TempDir(), program(t, "chatserver"), "--listen", "127.0.0.1:0")
	p.awaitIn(&p.stdout, "\n")
	var line struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	if err := json.NewDecoder(bufio.NewReader(strings.NewReader(p.stdout.String()))).Decode(&line); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		if e := p.end(); e.code != fine {
			t.Errorf("the chatserver ended with %d: %s", e.code, e.stderr)
		}
	})
	return line.URL, line.PID
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("process known %v", known), func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			url, pid := serve(t)
			args := []string{"run", "tiny.yaml", "--out", "run", "--target", url + "/"} // the slash does not matter
			if known {
				args = append(args, "--target-pid", strconv.Itoa(pid))
			}
			e := pollpush(t, dir, args...)
			trials := wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40})
			if !strings.Contains(e.stderr, "results in run\n") {
				t.Errorf("it did not say where the results are:\n%s", e.stderr)
			}
			for _, trial := range trials {
				if (trial.Server != nil) != known {
					t.Errorf("%s: the server's cost is %+v", trial.Transport, trial.Server)
				}
				if known && (trial.Server.Processes != 1 || trial.Server.RSSPeakBytes == 0) {
					t.Errorf("%s: the server's cost is %+v", trial.Transport, trial.Server)
				}
				if trial.Env.Target != url || trial.Asked.Servers != 0 {
					t.Errorf("%s: target %q, %d servers of its own", trial.Transport, trial.Env.Target, trial.Asked.Servers)
				}
			}
		})
	}
}

// A process is not the one that serves where another listens on the port, whether
// it takes CPU or not.
func TestTargetPIDOfAnother(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	busy := launch(t, dir, "/bin/sh", "-c", "while :; do :; done")
	e := pollpush(t, dir, "run", "tiny.yaml", "--transports", "ws", "--out", "run", "--target", url, "--target-pid", strconv.Itoa(busy.cmd.Process.Pid))
	want := fmt.Sprintf("not process %d of --target-pid: the CPU and memory read are hardly the target's", busy.cmd.Process.Pid)
	if !strings.Contains(e.stderr, want) {
		t.Errorf("stderr:\n%s\nlacks %q", e.stderr, want)
	}
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(trials[0].Reasons, func(r result.Reason) bool { return r.Code == result.NoServerCPU && strings.Contains(r.Text, want) }) {
		t.Errorf("%s: %v", trials[0].Validity, trials[0].Reasons)
	}
}

func TestTargetPIDUnknown(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, _ := serve(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--target", url, "--target-pid", "999999999")
	wantNoRun(t, dir, e, "--target-pid: process 999999999: no such process", "leave the flag out")
}

// A target that dies ends nothing by itself: it is not ours, and what could be
// measured is reported.
func TestTargetDies(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	target := launch(t, dir, program(t, "chatserver"), "--listen", "127.0.0.1:0")
	target.awaitIn(&target.stdout, "\n")
	var line struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal([]byte(target.stdout.String()), &line); err != nil {
		t.Fatal(err)
	}
	p := launchOnTerminal(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--transports", "ws", "--steady", "4s", "--drain", "1s",
		"--out", "run", "--target", line.URL)
	p.await("steady 1 s")
	target.signal(syscall.SIGKILL)
	p.end().wantExit(t, invalidRun, "1 of 1 trials are invalid")
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	// Who comes back before the process has quite gone is lost a second time.
	if trial := trials[0]; trial.Validity != result.Invalid || trial.Connections.Lost < 20 {
		t.Errorf("%s, %d connections lost: %v", trial.Validity, trial.Connections.Lost, trial.Reasons)
	}
}
