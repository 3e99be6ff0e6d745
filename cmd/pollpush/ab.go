package main

import (
	"errors"
	"fmt"
	"os"
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
	Base     string `arg:"" help:"Server to compare with: a folder that holds a chatserver, the URL of a server that runs, or with --ready the command that starts one."`
	New      string `arg:"" help:"Server to judge, of the same kind."`
	Scenario string `arg:"" optional:"" help:"Name of a scenario, or path of a scenario file (${default})." default:"short"`

	Ready       string        `placeholder:"URL" help:"BASE and NEW are shell commands; each trial starts one and waits until this URL of its server answers 2xx."`
	ReadyWithin time.Duration `placeholder:"TIME" default:"1m" help:"Longest wait for that (${default})."`
	TargetPID   []int         `name:"target-pid" placeholder:"BASE,NEW" help:"Processes of the two servers that run on this host, to read their cost."`
	TargetCA    string        `name:"target-ca" placeholder:"FILE" help:"Certificates, in PEM, that servers of https are trusted by (the system's)."`

	Out string `placeholder:"DIR" help:"Folder for the results, in base and new; must be empty or new (results/ab-SCENARIO-TIME)."`

	comparing

	NoLock bool `help:"Go on where the file system of the results cannot lock them; no other pollpush may write there."`

	Noise string `placeholder:"FILE" help:"What runs of one commit are known to differ by on this machine, as compare --learn writes it (none)."`

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
	options := control.Options{NoLock: c.NoLock, Progress: s.stderr, Live: s.stderr.terminal, Width: s.stderr.width}
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
	if options.Calibrations, err = calibrated(s, calibrations); err != nil {
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
		return nil, refuse("%s does not exist; record it with `pollpush compare BASE NEW --learn`, as `make noise` does, or omit --noise", c.Noise)
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
