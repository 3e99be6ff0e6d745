package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/control"
)

// finder is how this command finds one of its servers: both are of a kind. It
// refuses flags that do not go with it.
func (c *abCommand) finder() (func(context.Context, string) (control.Arm, error), error) {
	const foreign = "servers other than pollpush's chatserver"
	pids := len(c.TargetPID) > 0
	switch run := c.Ready == "" && (isURL(c.Base) || isURL(c.New)); {
	case pids && !run:
		return nil, usage("--target-pid: needs the URLs of two running servers")
	case pids && (len(c.TargetPID) != 2 || min(c.TargetPID[0], c.TargetPID[1]) < 1):
		return nil, usage("--target-pid: give the ids of both servers' processes, such as 4711,4712")
	case c.ReadyWithin <= 0:
		return nil, usage("--ready-within %v: must be more than 0s", c.ReadyWithin)
	case run:
		return targetArm, c.suitTarget(foreign)
	case c.Ready != "":
		return c.startedArm, c.suitTarget(foreign)
	case c.TargetCA != "":
		return nil, usage("--target-ca %s: needs URLs of servers", c.TargetCA)
	}
	return folderArm, nil
}

func isURL(server string) bool { return strings.Contains(server, "://") }

// targetArm is a server that runs already.
func targetArm(_ context.Context, server string) (control.Arm, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return control.Arm{}, usage("%q is not the URL of a server: give two URLs such as http://127.0.0.1:8080, or two folders, or two commands with --ready", server)
	}
	return control.Arm{Target: server, Commit: commit()}, nil
}

// startedArm is a server that a command starts for each trial.
func (c *abCommand) startedArm(_ context.Context, command string) (control.Arm, error) {
	u, err := url.Parse(c.Ready)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Port() == "" || u.User != nil {
		return control.Arm{}, usage("--ready %q: give a URL of the server with its port, such as http://127.0.0.1:3000/healthz", c.Ready)
	}
	if word, _, _ := strings.Cut(strings.TrimSpace(command), " "); word == "" || isURL(word) {
		return control.Arm{}, usage("%q is not a command: --ready needs two commands that start servers; omit it if the servers are already running", command)
	}
	return control.Arm{
		Target: u.Scheme + "://" + u.Host, Commit: commit(),
		Start: &control.Start{Command: command, Ready: c.Ready, Within: c.ReadyWithin},
	}, nil
}

// folderArm finds the server in a folder of programs. Its commit is that of the
// pollpush beside it.
func folderArm(ctx context.Context, binaries string) (control.Arm, error) {
	folder, err := filepath.Abs(binaries) // a program without a folder would be looked for in the PATH
	if err != nil {
		return control.Arm{}, &control.Refusal{Err: err}
	}
	server := filepath.Join(folder, "chatserver")
	if err := runnable(server); err != nil {
		return control.Arm{}, refuse("no server in %s: %w; give a folder of programs, as built by `go build -o FOLDER/ ./cmd/...`, or the URL of a running server, or the command that starts one with --ready URL", binaries, err)
	}
	return control.Arm{Chatserver: server, Commit: commitOf(ctx, filepath.Join(folder, "pollpush"))}, nil
}

// runnable says why a file is no program.
func runnable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s does not exist", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s is not a program", path)
	}
	return nil
}

// commitOf asks a pollpush what it was built from.
func commitOf(ctx context.Context, path string) string {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ask := exec.CommandContext(ctx, path, "--version")
	ask.WaitDelay = time.Second
	said, err := ask.Output()
	if commit, ok := strings.CutPrefix(strings.TrimSpace(string(said)), "pollpush "); err == nil && ok {
		return commit
	}
	return "unknown"
}
