package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

type serveCommand struct {
	Args []string `arg:"" optional:""` // chatserver's, --help among them
}

// Run runs chatserver until it ends or is interrupted.
func (c *serveCommand) Run(s *session) error {
	program, err := beside("chatserver")
	if err != nil {
		return err
	}
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	server := exec.CommandContext(s, program, args...)
	server.Stdin, server.Stdout, server.Stderr = os.Stdin, s.stdout.file, s.stderr.file
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	server.WaitDelay = 10 * time.Second
	err = server.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &exitError{code: exit.ExitCode()} // chatserver has said why
	}
	if errors.Is(err, context.Canceled) {
		return nil // ended as it was asked to
	}
	return err
}
