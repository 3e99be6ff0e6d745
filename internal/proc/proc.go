// Package proc runs child processes and reads from outside what they cost.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Process is a running child: what it says on its standard output is read
// from Stdout, which its starter closes, and what it says on its standard error is kept for [Process.Log].
type Process struct {
	Name   string
	Stdin  io.WriteCloser
	Stdout io.ReadCloser

	cmd   *exec.Cmd
	group bool        // all of its process group are ended with it
	gone  atomic.Bool // the child, or all of its group: its id may be another's by now
	log   tail
	ended chan struct{}
	err   error // set before ended is closed
}

// Start runs the program at path. An interrupt typed at the terminal does not
// reach the child: ending it is its parent's task. A child should end when its
// standard input does, so that a parent that is killed leaves none behind; if it is
// frozen then, it goes on.
func Start(path string, args ...string) (*Process, error) {
	p := &Process{Name: filepath.Base(path), cmd: exec.Command(path, args...)}
	p.cmd.Stderr = &p.log
	// Not StdoutPipe: Wait would close it before all has been read.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.Stdout, p.cmd.Stdout = read, write
	err = p.start()
	write.Close()
	if err != nil {
		read.Close()
		return nil, err
	}
	return p, nil
}

// start starts the child and waits for its end, on one thread: by the end of the
// thread that has started it the kernel signals that its parent is dead (Pdeathsig).
func (p *Process) start() (err error) {
	p.ended = make(chan struct{})
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGCONT}
	if p.Stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if err = p.cmd.Wait(); !errors.Is(err, exec.ErrWaitDelay) { // which is no way to end
			p.err = err
		}
		p.gone.Store(!p.group)
		close(p.ended)
	}()
	return <-started
}

// Pid is the child's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Ended is closed when the child has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err reports how the child ended: nil for exit status 0. It waits for the end.
func (p *Process) Err() error {
	<-p.ended
	if p.err == nil {
		return nil
	}
	if log := p.log.String(); log != "" {
		return fmt.Errorf("%s: %w; it printed: %s", p.Name, p.err, log)
	}
	return fmt.Errorf("%s: %w", p.Name, p.err)
}

// Log is the end of what the child has said on its standard error.
func (p *Process) Log() string { return p.log.String() }

// ErrKilled says that a child did not end when it was asked to.
var ErrKilled = errors.New("did not exit in time and was killed")

// Stop asks the child to end by SIGTERM, waits for as long as grace, and then
// kills it, which it reports as [ErrKilled].
func (p *Process) Stop(grace time.Duration) error {
	if p.group {
		return p.stopGroup(grace)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	return p.WaitOrKill(grace)
}

// WaitOrKill is [Process.Stop] for a child that was asked in another way.
func (p *Process) WaitOrKill(grace time.Duration) error {
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-p.ended:
		return p.Err()
	case <-patience.C:
		p.Kill()
		<-p.ended
		return fmt.Errorf("%s %w after %v", p.Name, ErrKilled, grace)
	}
}

// Kill kills the child, if it has not ended, with all that it has started: its
// end is seen when nobody holds its standard error any more.
func (p *Process) Kill() {
	if !p.gone.Load() {
		_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	}
}

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - tailSize; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}

// Beside finds a program in the folder of the running one.
func Beside(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not beside %s in %s", name, filepath.Base(self), filepath.Dir(self))
	}
	return path, nil
}

// Freeze stops the child (SIGSTOP): it stays as it is, and does nothing, until
// [Process.Resume], or until the parent ends, however that comes about.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a frozen child go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
