package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// patience bounds every wait; no test measures time but that of the shutdown.
const patience = 2 * time.Minute

var program, bareProgram string

func TestMain(m *testing.M) {
	testkit.Main(m, func(folder string) {
		program, bareProgram = filepath.Join(folder, "chatserver"), filepath.Join(folder, "bare")
	}, nil, "cmd/chatserver", "cmd/chatserver/testdata/bare")
}

type process struct {
	*exec.Cmd
	URL    string
	Pprof  string
	PID    int
	stdin  io.Closer
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// start runs the command line in a process of its own and reads its first line.
func start(t testing.TB, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...)}
	p.Stderr = &p.stderr
	stdin, err := p.StdinPipe()
	assert.NilError(t, err)
	stdout, err := p.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, p.Start())
	t.Cleanup(func() { p.Process.Kill() })
	p.stdin, p.stdout = stdin, bufio.NewReader(stdout)
	line, err := p.stdout.ReadBytes('\n')
	if err != nil {
		t.Fatalf("no first line: %v; %s", err, p.stderr.String())
	}
	if err := json.Unmarshal(line, p); err != nil || p.PID != p.Process.Pid || !strings.HasPrefix(p.URL, "http://127.0.0.1:") {
		t.Fatalf("the first line is %q (%v), the process %d", line, err, p.Process.Pid)
	}
	return p
}

// wait returns the exit code, and what else was on stdout.
func (p *process) wait(t *testing.T) (int, string) {
	t.Helper()
	timer := time.AfterFunc(patience, func() { p.Process.Kill() })
	defer timer.Stop()
	rest, _ := io.ReadAll(p.stdout)
	err := p.Wait()
	exit := (*exec.ExitError)(nil)
	assert.Assert(t, err == nil || errors.As(err, &exit), err)
	return p.ProcessState.ExitCode(), string(rest)
}

func TestEndsWithAThousandClients(t *testing.T) {
	// The soft limit on descriptors is below what that takes.
	p := start(t, "sh", "-c", `ulimit -S -n 256 && exec "$0" "$@"`, program, "--listen", "127.0.0.1:0")
	var clients sync.WaitGroup
	codes := make(chan int, 1000)
	for i := range 1000 {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(p.URL, "http")+"/api/rooms/lobby/ws", nil)
		assert.NilError(t, err, "client %d", i)
		defer ws.Close()
		if i%10 == 0 {
			continue // never reads
		}
		clients.Go(func() {
			_, _, err := ws.ReadMessage()
			closed := &websocket.CloseError{}
			errors.As(err, &closed)
			codes <- closed.Code
		})
	}
	asked := testkit.Now()
	assert.NilError(t, p.Process.Signal(syscall.SIGTERM))
	if code, rest := p.wait(t); code != 0 || rest != "" {
		t.Errorf("exit code %d, more on stdout: %q; %s", code, rest, p.stderr.String())
	}
	if d := asked.Calm(); d > 5*time.Second { // promised to whoever stops a server
		t.Errorf("the shutdown took %v, more than 5 s", d)
	}
	clients.Wait()
	close(codes)
	for code := range codes {
		assert.Assert(t, code == websocket.CloseGoingAway, "a client was closed with %d, want 1001", code)
	}
}

// A goroutine that waits for a client keeps the stack that it began with.
func TestClientsThatWaitTakeLittleStack(t *testing.T) {
	p := start(t, program, "--listen", "127.0.0.1:0")
	const clients, most = 1000, 3 << 10
	before := p.stack(t)
	for i := range clients {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(p.URL, "http")+"/api/rooms/lobby/ws", nil)
		assert.NilError(t, err, "client %d", i)
		defer ws.Close()
	}
	if each := (p.stack(t) - before) / clients; each > most {
		t.Errorf("a WebSocket takes %.0f bytes of stack, want at most %d; net/http or gorilla may need more, or the way to wire.Conn.Read", each, most)
	}
}

// stack is how many bytes the process has for stacks.
func (p *process) stack(t *testing.T) (bytes float64) {
	t.Helper()
	answer, err := http.Get(p.URL + "/metrics")
	assert.NilError(t, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "go_memstats_stack_inuse_bytes "); ok {
			bytes, err = strconv.ParseFloat(value, 64)
			assert.NilError(t, err)
		}
	}
	return bytes
}

func TestRunExits(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		args   []string
		code   int
		stdout string // parts of what is printed
		stderr string
	}{
		{[]string{"--listen", "127.0.0.1:0"}, 0, `{"url":"http://127.0.0.1:`, "shutting down"},
		{[]string{"--help"}, 0, "--backlog", ""},
		{[]string{"--history", "0"}, 2, "", "--history"},
		{[]string{"--listen", "127.0.0.1:0", "--tls"}, 0, `"certificate":"-----BEGIN CERTIFICATE-----`, "url=https://127.0.0.1:"},
		{[]string{"--listen", "127.0.0.1:0", "--idle", "24h"}, 0, `{"url":`, ""},
		{[]string{"--idle", "0s"}, 2, "", "--idle 0s: want more than 0"},
		{[]string{"--idle", "-1m"}, 2, "", "--idle"},
		{[]string{"--idle", "soon"}, 2, "", "--idle"},
		{[]string{"--backlog", "-1"}, 2, "", "--backlog"},
		{[]string{"--origins", "https://a.example,b.example"}, 2, "", `"b.example"`},
		{[]string{"--listen", "nowhere"}, 3, "", "--listen"},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		code := command().Run(done, strings.NewReader(""), &stdout, &stderr, tt.args)
		if code != tt.code || !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("%q: exit code %d, want %d; stdout %q; stderr %q", tt.args, code, tt.code, &stdout, &stderr)
		}
	}
}

func TestLinksNoPlottingAndNoHistograms(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	assert.NilError(t, err)
	for _, unwanted := range []string{"gonum.org/", "HdrHistogram", "pollpush/loadgen", "pollpush/report"} {
		assert.Check(t, !bytes.Contains(out, []byte(unwanted)), "links %s, which costs memory that is measured as the server's", unwanted)
	}
}

func TestHosts(t *testing.T) {
	for listen, more := range map[string]string{
		"127.0.0.1:0": "", "localhost:80": "", "[::1]:80": "", ":8080": "", "0.0.0.0:80": "", "[::]:80": "",
		"127.0.0.2:0": "127.0.0.2", "chat.example:443": "chat.example",
	} {
		want := []string{"127.0.0.1", "::1", "localhost"}
		if more != "" {
			want = append(want, more)
		}
		got := hosts(listen)
		assert.Check(t, slices.Equal(got, want), "%s: %q, want %q", listen, got, want)
	}
}
