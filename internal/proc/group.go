package proc

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// StartCommand runs a command of the shell in a process group of its own, to
// which all that it starts belongs unless it leaves it. What they print, on either
// output, is kept for [Process.Log]. [Process.Stop] ends the whole group, by
// whatever it takes, and takes any exit status for a good one.
func StartCommand(command string) (*Process, error) {
	p := &Process{Name: strconv.Quote(command), Stdout: closed{}, group: true, cmd: exec.Command("/bin/sh", "-c", command)}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.WaitDelay = time.Second // whoever has outlived the shell may hold its output for good
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("/bin/sh: %w", err)
	}
	return p, nil
}

// closed is the standard output of a process that keeps it with its log.
type closed struct{}

func (closed) Read([]byte) (int, error) { return 0, io.EOF }
func (closed) Close() error             { return nil }

// stopGroup is [Process.Stop] of a group.
func (p *Process) stopGroup(grace time.Duration) error {
	defer p.gone.Store(true)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-p.Pid(), s) // all may have ended already
		if p.emptied(grace) {
			<-p.ended
			return nil
		}
	}
	return fmt.Errorf("%s still runs %v after SIGKILL", p.Name, grace)
}

// emptied waits until nobody is left in the group, for as long as patience.
func (p *Process) emptied(patience time.Duration) bool {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); ; <-look.C {
		if left, err := Group(p.Pid()); err == nil && len(left) == 0 {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// Group lists the processes of a process group that have not ended.
func Group(id int) (pids []int, err error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("process group %d: %w", id, err)
	}
	for _, p := range all {
		// One that cannot be read has ended meanwhile; a zombie's parent may never ask.
		if stat, err := p.Stat(); err == nil && stat.PGRP == id && stat.State != "Z" {
			pids = append(pids, p.PID)
		}
	}
	return pids, nil
}
