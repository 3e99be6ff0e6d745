package proc

import "syscall"

// Freeze stops the child (SIGSTOP): it stays as it is, and does nothing, until
// [Process.Resume], or until the parent ends, however that comes about.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a frozen child go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
