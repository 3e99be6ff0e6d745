package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

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
	p.end().wantExit(t, interrupted, "interrupted before any trial was measured")
}

// announcement is the line that a server prints of itself.
type announcement struct {
	URL         string `json:"url"`
	PID         int    `json:"pid"`
	Certificate string `json:"certificate"`
}

// announced waits for that line.
func (p *process) announced() (line announcement) {
	p.Helper()
	p.awaitIn(&p.stdout, "\n")
	if err := json.Unmarshal([]byte(p.stdout.String()), &line); err != nil {
		p.Fatal(err)
	}
	return line
}

// serveBy starts a chatserver with these flags for the test.
func serveBy(t *testing.T, flags ...string) announcement {
	t.Helper()
	p := launch(t, t.TempDir(), program(t, "chatserver"), append(flags, "--listen", "127.0.0.1:0")...)
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		e := p.end()
		assert.Check(t, e.code == fine, "the chatserver ended with %d: %s", e.code, e.stderr)
	})
	return p.announced()
}

func serve(t *testing.T) (url string, pid int) {
	t.Helper()
	line := serveBy(t)
	return line.URL, line.PID
}

func TestTarget(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	url, pid := serve(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--target", url+"/", "--target-pid", strconv.Itoa(pid)) // the slash does not matter
	assert.Check(t, strings.Contains(e.stderr, "results in run\n"), "it did not say where the results are:\n%s", e.stderr)
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 20}) {
		if trial.Server == nil || trial.Server.Processes != 1 || trial.Server.RSSPeakBytes == 0 {
			t.Errorf("%s: the server's cost is %+v", trial.Transport, trial.Server)
		}
		if trial.Env.Target != url || trial.Asked.Servers != 0 {
			t.Errorf("%s: target %q, %d servers of its own", trial.Transport, trial.Env.Target, trial.Asked.Servers)
		}
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
	want := fmt.Sprintf("not process %d of --target-pid: CPU and memory are probably not the target's", busy.cmd.Process.Pid)
	if !strings.Contains(e.stderr, want) {
		t.Errorf("stderr:\n%s\nlacks %q", e.stderr, want)
	}
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.NilError(t, err)
	if !slices.ContainsFunc(trials[0].Reasons, func(r result.Reason) bool { return r.Code == result.NoServerCPU && strings.Contains(r.Text, want) }) {
		t.Errorf("%s: %v", trials[0].Validity, trials[0].Reasons)
	}
}

// A target that dies ends nothing by itself: it is not ours, and what could be
// measured is reported.
func TestTargetDies(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	target := launch(t, dir, program(t, "chatserver"), "--listen", "127.0.0.1:0")
	p := launchOnTerminal(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--transports", "ws", "--steady", "8s", "--drain", "1s",
		"--out", "run", "--target", target.announced().URL)
	p.await("steady 1 s")
	target.signal(syscall.SIGKILL)
	p.end().wantExit(t, invalidRun, "1 of 1 trial is invalid")
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.NilError(t, err)
	// Who comes back before the process has quite gone is lost a second time.
	if trial := trials[0]; trial.Validity != result.Invalid || trial.Connections.Lost < 20 {
		t.Errorf("%s, %d connections lost: %v", trial.Validity, trial.Connections.Lost, trial.Reasons)
	}
}
