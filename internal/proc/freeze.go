package proc

import "syscall"

// Freeze stops the child (SIGSTOP): it stays as it is, and does nothing, until
// [Process.Resume]. If the parent is killed meanwhile, the kernel wakes and
// hangs up the child, since its process group is an orphan then; not so where
// the process that inherits it belongs to the same session.
func (p *Process) Freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a frozen child go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
