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
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report"
	"github.com/pollpush/pollpush/report/gate"
)

type abCommand struct {
	Base     string `arg:"" help:"Server to compare with: a folder with a chatserver, the URL of a running server, or with --ready the command that starts one."`
	New      string `arg:"" help:"Server to judge, of the same kind."`
	Scenario string `arg:"" optional:"" help:"Scenario name, or path of a scenario file (${default})." default:"short"`

	Ready       string        `placeholder:"URL" help:"BASE and NEW are shell commands; each trial starts one and waits until this URL of its server answers 2xx."`
	ReadyWithin time.Duration `placeholder:"TIME" default:"1m" help:"Longest wait for that answer (${default})."`
	TargetPID   []int         `name:"target-pid" placeholder:"BASE,NEW" help:"Processes of the two servers on this host, to read their cost."`
	TargetCA    string        `name:"target-ca" placeholder:"FILE" help:"PEM file of the certificates to trust HTTPS servers by (the system's)."`

	Out string `placeholder:"DIR" help:"Folder for the results, in base and new; must be empty or new (results/ab-SCENARIO-TIME)."`

	comparing

	NoLock bool `help:"Continue if the file system cannot lock the results; no other pollpush may write there."`

	Noise string `placeholder:"FILE" help:"Noise between runs of one commit on this machine, as written by compare --learn (none)."`

	overrides
}

// Run runs the same trials against both servers, in turns and from one
// generator, and compares the new server's results with the base's.
func (c *abCommand) Run(s *session) error {
	if _, err := c.limits(); err != nil {
		return err
	}
	noise, err := c.noise()
	if err != nil {
		return err
	}
	options := control.Options{NoLock: c.NoLock, Progress: s.stderr, Live: s.stderr.escapes, Width: s.stderr.width}
	if options.Grid, options.Flags, err = c.grid(s); err != nil {
		return err
	}
	if options.TargetCA, _, err = readTrust("--target-ca", c.TargetCA); err != nil {
		return err
	}
	if options.Loadgen, err = beside("loadgen"); err != nil {
		return err
	}
	if c.Out == "" {
		dir, release, err := ownFolder("ab-"+options.Grid.Name, time.Now())
		if err != nil {
			return err
		}
		defer release()
		c.Out = dir
	}
	arms, err := c.arms(s)
	if err != nil {
		return err
	}
	if options.Calibration, err = calibrated(s, calibrations); err != nil {
		return err
	}
	trials, err := control.Interleave(s, options, arms)
	for i, arm := range arms {
		keepReport(s, arm.Dir, trials[i])
	}
	kept := fmt.Sprintf("interrupted before comparing; the measured trials are in %s and %s", arms[0].Dir, arms[1].Dir)
	if err := ending(s, err, len(trials[0])+len(trials[1]) > 0, kept); err != nil {
		return err
	}
	return c.judge(s, trials[0], trials[1], noise)
}

// noise is what is known of the machine; nil where no file is named.
func (c *abCommand) noise() (*gate.Noise, error) {
	if c.Noise == "" {
		return nil, nil
	}
	if _, err := os.Stat(c.Noise); errors.Is(err, os.ErrNotExist) {
		return nil, refuse("%s does not exist; record it with `pollpush compare BASE NEW --learn`, or omit --noise", c.Noise)
	}
	noise, err := gate.ReadNoise(c.Noise)
	if err != nil {
		return nil, &exitError{badInput, err.Error()}
	}
	return noise, nil
}

// grid reads the scenario, with trials enough on each side to tell times apart
// unless a flag says how many there are to be. A disturbed trial may be repeated
// while the run takes no longer than half as long again as both sides should.
func (c *abCommand) grid(s *session) (scenario.Grid, []string, error) {
	file, src, err := scenario.Read(c.Scenario)
	if err != nil {
		return scenario.Grid{}, nil, err
	}
	o := order{File: file, Source: string(src), Keys: c.list()}
	g, err := o.grid()
	if err != nil {
		return g, nil, err
	}
	if trials := g.Points[0].Trials; !c.overridden("trials") && !c.CountsOnly && trials < gate.FewestTrials {
		fmt.Fprintf(s.stderr, "%s has trials: %d; running %d per transport and server instead, since comparing times needs at least %d (--trials N runs N)\n",
			g.Name, trials, stat.FewestForInterval, gate.FewestTrials)
		o.Keys = append(o.Keys, scenario.Override{Key: "trials", Value: fmt.Sprint(stat.FewestForInterval), Origin: "--trials"})
		if g, err = o.grid(); err != nil {
			return g, nil, err
		}
	}
	if !c.overridden("time_limit") {
		for i := range g.Points {
			g.Points[i].TimeLimit = 2 * g.Duration() * 3 / 2
		}
	}
	return g, o.flags(), nil
}

// arms finds both servers, before anything is run.
func (c *abCommand) arms(s *session) ([]control.Arm, error) {
	find, err := c.finder()
	if err != nil {
		return nil, err
	}
	base, err := find(s, c.Base)
	if err != nil {
		return nil, err
	}
	next, err := find(s, c.New)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(base.Target, "https:") != strings.HasPrefix(next.Target, "https:") {
		return nil, usage("%s and %s: one is http, the other https; compare two of the same kind", c.Base, c.New)
	}
	if strings.TrimSuffix(c.Base, "/") == strings.TrimSuffix(c.New, "/") {
		fmt.Fprintln(s.stderr, "BASE and NEW are the same server: this is an A/A test, so all differences are noise")
	}
	if len(c.TargetPID) > 0 {
		base.TargetPID, next.TargetPID = c.TargetPID[0], c.TargetPID[1]
	}
	base.Dir, next.Dir = filepath.Join(c.Out, "base"), filepath.Join(c.Out, "new")
	return []control.Arm{base, next}, nil
}

// keepReport makes the report of one side, if anything was measured on it.
func keepReport(s *session, dir string, trials []result.Trial) {
	if len(trials) == 0 {
		return
	}
	if err := report.Write(dir, trials); err != nil {
		fmt.Fprintf(s.stderr, "pollpush: the report could not be written: %v; the results are in %s\n", err, dir)
		return
	}
	fmt.Fprintf(s.stderr, "Report: %s\n", filepath.Join(dir, "report.html"))
}

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
	return control.Arm{Target: server, Commit: version()}, nil
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
		Target: u.Scheme + "://" + u.Host, Commit: version(),
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
	return unstamped
}
