package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report"
)

type abCommand struct {
	Base     string `arg:"" help:"Folder that holds the chatserver to compare with."`
	New      string `arg:"" help:"Folder that holds the chatserver to judge."`
	Scenario string `arg:"" optional:"" help:"Name of a scenario, or path of a scenario file (${default})." default:"short"`

	Out string `placeholder:"DIR" help:"Folder for the results, in base and new; must be empty or new (results/ab-SCENARIO-TIME)."`

	comparing

	NoLock bool `help:"Go on where the file system of the results cannot lock them; no other pollpush may write there."`

	Noise string `placeholder:"FILE" help:"What runs of one commit are known to differ by on this machine, as compare --learn writes it (none)."`

	Keys overrides `embed:"" group:"Instead of what the scenario says:"`
}

// Run runs the same trials against both servers, in turns and from one
// generator, and holds the new server's results against the base's.
func (c *abCommand) Run(s *session) error {
	if _, err := c.limits(); err != nil {
		return err
	}
	noise, err := c.noise()
	if err != nil {
		return err
	}
	options := control.Options{NoLock: c.NoLock, Progress: s.stderr}
	if options.Grid, options.Flags, err = c.grid(s); err != nil {
		return err
	}
	if options.Loadgen, err = proc.Beside("loadgen"); err != nil {
		return &control.Refusal{Err: err}
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
	if f, ok := s.stderr.(*os.File); ok {
		options.Live = term.IsTerminal(int(f.Fd()))
	}
	trials, err := control.Interleave(s, options, arms)
	for i, arm := range arms {
		keepReport(s, arm.Dir, trials[i])
	}
	switch {
	case unwritten(err):
		return keep(s, err)
	case s.Err() != nil && len(slices.Concat(trials...)) == 0:
		return &exitError{interrupted, "interrupted before anything was measured"}
	case err != nil:
		return err
	case s.Err() != nil:
		return &exitError{interrupted, fmt.Sprintf("interrupted, nothing was compared; what was measured is in %s and %s", arms[0].Dir, arms[1].Dir)}
	}
	return c.judge(s, trials[0], trials[1], noise)
}

// noise is what is known of the machine; nil where no file is named.
func (c *abCommand) noise() (*report.Noise, error) {
	if c.Noise == "" {
		return nil, nil
	}
	if _, err := os.Stat(c.Noise); errors.Is(err, os.ErrNotExist) {
		return nil, &control.Refusal{Err: fmt.Errorf("there is no %s; learn by `pollpush compare BASE NEW --learn`, as `make noise` does, or leave --noise away", c.Noise)}
	}
	noise, err := report.ReadNoise(c.Noise)
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
	o := order{File: file, Source: string(src), Keys: c.Keys.list()}
	g, err := o.grid()
	if err != nil {
		return g, nil, err
	}
	if trials := g.Points[0].Trials; c.Keys.Trials == nil && !c.CountsOnly && trials < report.FewestToCompare {
		fmt.Fprintf(s.stderr, "%s says trials: %d; here %d of each transport are run on each side, since %d are the fewest that can tell times apart (--trials N runs N)\n",
			g.Name, trials, stat.FewestForInterval, report.FewestToCompare)
		o.Keys = append(o.Keys, scenario.Override{Key: "trials", Value: fmt.Sprint(stat.FewestForInterval), Origin: "--trials"})
		if g, err = o.grid(); err != nil {
			return g, nil, err
		}
	}
	if c.Keys.TimeLimit == nil {
		for i := range g.Points {
			g.Points[i].TimeLimit = 2 * g.Duration() * 3 / 2
		}
	}
	return g, o.flags(), nil
}

// arms finds both servers, before anything is run.
func (c *abCommand) arms(s *session) ([]control.Arm, error) {
	base, err := arm(s, c.Base, filepath.Join(c.Out, "base"))
	if err != nil {
		return nil, err
	}
	next, err := arm(s, c.New, filepath.Join(c.Out, "new"))
	return []control.Arm{base, next}, err
}

// arm finds the server in a folder of programs. Its commit is that of the
// pollpush beside it.
func arm(ctx context.Context, binaries, dir string) (control.Arm, error) {
	folder, err := filepath.Abs(binaries) // a program without a folder would be looked for in the PATH
	if err != nil {
		return control.Arm{}, &control.Refusal{Err: err}
	}
	server := filepath.Join(folder, "chatserver")
	if err := runnable(server); err != nil {
		return control.Arm{}, &control.Refusal{Err: fmt.Errorf("there is no server in %s: %w; name a folder of programs, as `go build -o FOLDER/ ./cmd/...` makes it", binaries, err)}
	}
	return control.Arm{Chatserver: server, Dir: dir, Commit: commitOf(ctx, filepath.Join(folder, "pollpush"))}, nil
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

// keepReport makes the report of one side, if anything was measured on it.
func keepReport(s *session, dir string, trials []result.Trial) {
	if len(trials) == 0 {
		return
	}
	if err := report.Write(dir, trials); err != nil {
		fmt.Fprintf(s.stderr, "pollpush: the report could not be made: %v; the results are in %s\n", err, dir)
		return
	}
	fmt.Fprintf(s.stderr, "Report: %s\n", filepath.Join(dir, "report.html"))
}
