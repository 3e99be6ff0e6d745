package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// patience bounds every wait. Only what is promised is measured in time.
const patience = 5 * time.Minute

// programs is the folder of the programs under test; empty with -short.
var programs string

func TestMain(m *testing.M) {
	if errno := os.Getenv(lockless); errno != "" {
		panic(becomeLockless(errno, os.Args[1:]))
	}
	flag.Parse()
	findBeside = func(name string) (string, error) { return filepath.Join(programs, name), nil }
	// The programs mostly wait, so more of them than there are cores can.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("8")
	}
	os.Exit(withPrograms(m))
}

func withPrograms(m *testing.M) int {
	if testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "pollpush-test")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-ldflags", "-X main.builtFrom=test", "-o", dir+string(filepath.Separator),
		"../pollpush", "../loadgen", "../chatserver", "../nulltarget")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %s", err, out)
		return 1
	}
	programs = dir
	return m.Run()
}

// tiny is a scenario that takes a few seconds. Its messages are evenly spaced,
// so that how many there are is known; nothing is repeated, as there is no time.
const tiny = `about: Does a whole run work?
transports: [poll, ws]
clients: 20
trials: 1
payload: 64B
publish: {rate: 20/s, arrivals: constant, publishers: 4}
poll: {interval: 200ms}
phases: {ramp_up: 100ms, warm_up: 300ms, steady: 1s, drain: 5s}
time_limit: 1s
`

// workplace makes a folder that holds tiny.yaml. Processes that run in it are
// the test's own.
func workplace(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	assert.NilError(t, err)
	write(t, filepath.Join(dir, "tiny.yaml"), tiny)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	assert.NilError(t, os.WriteFile(path, []byte(text), 0o644))
}

// script makes a program of this text.
func script(t *testing.T, path, text string) {
	t.Helper()
	write(t, path, text)
	assert.NilError(t, os.Chmod(path, 0o755))
}

// ended is a program that has.
type ended struct {
	code           int
	stdout, stderr string
}

// pollpush runs the program in dir to its end.
func pollpush(t *testing.T, dir string, args ...string) ended {
	t.Helper()
	return launch(t, dir, program(t, "pollpush"), args...).end()
}

// slow is set where a process starts sooner than the race detector lets this one
// parse a command line.
var slow bool

// inside runs a command line to its end in this process: quickly, and not with
// [testing.T.Parallel], as its folder is the process's.
func inside(t *testing.T, args ...string) ended {
	t.Helper()
	if slow {
		return pollpush(t, "", args...)
	}
	var files [2]*os.File
	for i := range files {
		f, err := os.CreateTemp("", "pollpush-test")
		assert.NilError(t, err)
		defer os.Remove(f.Name())
		defer f.Close()
		files[i] = f
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e := ended{code: run(ctx, newOutput(files[0]), newOutput(files[1]), args)}
	for i, text := range []*string{&e.stdout, &e.stderr} {
		said, err := os.ReadFile(files[i].Name())
		assert.NilError(t, err)
		*text = string(said)
	}
	return e
}

func program(t *testing.T, name string) string {
	t.Helper()
	if programs == "" {
		t.Skip("runs real processes")
	}
	return filepath.Join(programs, name)
}

// process is a program under test that may still run.
type process struct {
	*testing.T
	cmd            *exec.Cmd
	stdout, stderr transcript
	terminal       chan struct{} // closed when all has been read from it; nil without one
	over           chan struct{}
}

// launch starts a program in dir. It is killed when the test ends, if it has
// not ended by then.
func launch(t *testing.T, dir, path string, args ...string) *process {
	t.Helper()
	p := prepared(t, dir, path, args...)
	p.start()
	return p
}

func prepared(t *testing.T, dir, path string, args ...string) *process {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	p := &process{T: t, cmd: exec.CommandContext(ctx, path, args...), over: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.WaitDelay = 5 * time.Second
	p.stdout.grown, p.stderr.grown = make(chan struct{}, 1), make(chan struct{}, 1)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	t.Cleanup(func() {
		cancel()
		if p.cmd.Process != nil {
			<-p.over
		}
	})
	return p
}

func (p *process) start() {
	p.Helper()
	if err := p.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		if p.terminal != nil {
			<-p.terminal
		}
		close(p.over)
	}()
}

// end waits for the end.
func (p *process) end() ended {
	p.Helper()
	<-p.over
	e := ended{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		p.Fatalf("%v did not end by itself: %v\n%s", p.cmd.Args, status.Signal(), e.stderr)
	}
	return e
}

func (p *process) signal(s syscall.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Fatal(err)
	}
}

// await waits until the process has said text on its standard error.
func (p *process) await(text string) {
	p.Helper()
	p.awaitIn(&p.stderr, text)
}

func (p *process) awaitIn(w *transcript, text string) {
	p.Helper()
	for !strings.Contains(w.String(), text) {
		select {
		case <-w.grown:
		case <-p.over:
			if !strings.Contains(w.String(), text) {
				said := w.String()
				p.Fatalf("%v ended without having said %q:\n%s", p.cmd.Args, text, said[max(0, len(said)-2000):])
			}
		}
	}
}

// transcript keeps what is written to it.
type transcript struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	select {
	case w.grown <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// wantExit checks how a program ended and that it said all of these on its
// standard error.
func (e ended) wantExit(t *testing.T, code int, said ...string) {
	t.Helper()
	assert.Check(t, e.code == code, "exit code %d, want %d", e.code, code)
	for _, text := range said {
		assert.Check(t, strings.Contains(e.stderr, text), "it did not say %q", text)
	}
	if t.Failed() {
		t.Logf("stderr:\n%s", e.stderr)
	}
}
