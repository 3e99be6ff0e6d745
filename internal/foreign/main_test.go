package foreign

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// patience bounds every wait.
const patience = 2 * time.Minute

// programs is the folder of the programs under test; empty with -short.
var programs string

func TestMain(m *testing.M) {
	testkit.AtOnce(6)
	if testing.Short() {
		os.Exit(m.Run())
	}
	testkit.Main(m, func(folder string) { programs = folder }, nil, "cmd/pollpush", "cmd/loadgen", "cmd/chatserver")
}

func program(t testing.TB, name string) string {
	t.Helper()
	if programs == "" {
		t.Skip("runs real processes")
	}
	return filepath.Join(programs, name)
}

// exampleDir is where the Socket.IO server in Node is.
const exampleDir = "../../examples/node-socketio"

// needNode skips the test where Node, or what npm brings, is not there: CI has
// all of it.
func needNode(t testing.TB) {
	t.Helper()
	if what := lacking(); what != "" {
		testkit.Missing(t, what)
	}
}

var lacking = sync.OnceValue(func() string {
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return "node is not there: install Node 20 or newer, then run `make deps`"
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
	if major, err := strconv.Atoi(number); err != nil || major < 20 {
		return fmt.Sprintf("node is %s: install Node 20 or newer, then run `make deps`", bytes.TrimSpace(version))
	}
	for _, dir := range []string{".", exampleDir} {
		// npm writes this file last.
		if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err != nil {
			return "npm's packages are not there: run `make deps`"
		}
	}
	return ""
})

// process is a program that ends with its standard input, and what it says,
// line by line.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan []byte // closed at the end of its output
	stderr bytes.Buffer
	over   chan struct{}
	err    error // set before over is closed
}

// launch starts a program. When the test ends its input is closed; it is then
// to end by itself.
func launch(t testing.TB, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...), lines: make(chan []byte, 1<<16), over: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, p.cmd.Start())
	go func() {
		lines := bufio.NewReader(stdout)
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) > 0 {
				p.lines <- line
			}
			if err != nil {
				break
			}
		}
		close(p.lines)
		p.err = p.cmd.Wait()
		close(p.over)
	}()
	t.Cleanup(func() {
		p.stdin.Close()
		assert.Check(t, p.end(), "%v", p.cmd.Args)
		if t.Failed() && p.stderr.Len() > 0 {
			t.Logf("%v said:\n%s", p.cmd.Args, p.stderr.Bytes())
		}
	})
	return p
}

// end waits for the end, and kills what does not come to it.
func (p *process) end() error {
	select {
	case <-p.over:
		return p.err
	case <-time.After(patience):
		_ = p.cmd.Process.Kill() // it may end just now
		<-p.over
		return errors.New("it did not end and was killed")
	}
}

func (p *process) terminate() {
	p.t.Helper()
	assert.NilError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	assert.Check(p.t, p.end(), "%v at SIGTERM", p.cmd.Args)
}

// line waits for the next line of output.
func (p *process) line() []byte {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		assert.Assert(p.t, ok, "%v has said all it will", p.cmd.Args)
		return line
	case <-time.After(patience):
		p.t.Fatalf("%v says nothing", p.cmd.Args)
	}
	return nil
}

// chatserver is a running server, of ours or of the example.
type chatserver struct {
	*process
	url         string
	pid         int
	certificate string // in PEM, of https
}

// ours starts our server, with compression.
func ours(t testing.TB, flags ...string) *chatserver {
	t.Helper()
	return plain(t, append(flags, "--deflate")...)
}

// plain starts our server without compression.
func plain(t testing.TB, flags ...string) *chatserver {
	t.Helper()
	args := append([]string{"--listen", "127.0.0.1:0", "--exit-with-stdin"}, flags...)
	return serving(t, launch(t, program(t, "chatserver"), args...))
}

// example starts the Socket.IO server in Node.
func example(t testing.TB, flags ...string) *chatserver {
	t.Helper()
	needNode(t)
	args := append([]string{"--import", "./exit-with-stdin.mjs", filepath.Join(exampleDir, "server.js"), "--port", "0"}, flags...)
	return serving(t, launch(t, "node", args...))
}

func serving(t testing.TB, p *process) *chatserver {
	t.Helper()
	s := &chatserver{process: p}
	var line struct {
		URL         string `json:"url"`
		PID         int    `json:"pid"`
		Certificate string `json:"certificate"`
	}
	assert.NilError(t, json.Unmarshal(p.line(), &line))
	s.url, s.pid, s.certificate = line.URL, line.PID, line.Certificate
	return s
}

func (s *chatserver) address() string { return strings.TrimPrefix(s.url, "http://") }

// onBoth runs a test on our server and on the example's: what the official
// server passes is what our server has to.
func onBoth(t *testing.T, test func(t *testing.T, start func(t *testing.T, flags ...string) *chatserver)) {
	t.Run("chatserver", func(t *testing.T) {
		test(t, func(t *testing.T, flags ...string) *chatserver { return ours(t, flags...) })
	})
	t.Run("node-socketio", func(t *testing.T) {
		test(t, func(t *testing.T, flags ...string) *chatserver { return example(t, flags...) })
	})
}

// message is a chat message as it stands in JSON.
type message struct {
	ID   uint64 `json:"id"`
	Room string `json:"room"`
	User string `json:"user"`
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// post says something by REST.
func (s *chatserver) post(room string, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		body, err := json.Marshal(map[string]string{"user": "rest", "text": text})
		assert.NilError(s.t, err)
		answer, err := http.Post(s.url+"/api/rooms/"+room+"/messages", "application/json", bytes.NewReader(body))
		assert.NilError(s.t, err)
		answer.Body.Close()
		assert.Assert(s.t, answer.StatusCode == http.StatusCreated, "post %q: %s", text, answer.Status)
	}
}

// numbered returns the texts "message 1" to "message n".
func numbered(n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("message %d", i+1))
	}
	return texts
}
