package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report"
)

// targeting says which servers a run measures: those that pollpush starts, or a
// target.
type targeting struct {
	Target    *string `json:"target,omitempty" placeholder:"URL" help:"Measure the server that is already running at this URL, instead of one that pollpush starts for each trial."`
	TargetCA  string  `json:"target_ca,omitempty" name:"target-ca" placeholder:"FILE" help:"PEM file of the certificates to trust an HTTPS target by (the system's)."`
	TargetPID *int    `json:"target_pid,omitempty" name:"target-pid" placeholder:"PID" help:"The target's process on this host, to read its cost."`
	Profile   bool    `json:"profile,omitempty" help:"Keep CPU and heap profiles of the server's steady state, in the run's folder; costs the server CPU."`
}

type runCommand struct {
	Scenarios []string `arg:"" optional:"" name:"scenario" help:"Scenario names, or paths of scenario files (${default})." default:"${scenario}"`

	targeting
	Out      *string `placeholder:"DIR" help:"Folder for the results; must be empty or new (results/SCENARIO-TIME)."`
	NoLock   bool    `help:"Continue if the file system cannot lock the results; no other pollpush may write there."`
	Baseline string  `placeholder:"DIR" help:"Refuse, before measuring, what cannot be compared with this run."`
	Resume   *string `placeholder:"DIR" help:"Resume the interrupted run in DIR with its original settings. Takes no other flags."`

	Calibration string `placeholder:"PATH" default:"${calibrations}" help:"Result of pollpush calibrate: a file, or the folder with a file per machine (${default})."`

	Live liveFlag `placeholder:"HOST:PORT" help:"Serve a page with the curves of the run in progress, and print its address; on a terminal it stays for a minute after the run. --live=HOST:PORT chooses the address (${live}, a free port)."`

	overrides

	restored *order   // that --resume names
	reported []string // folders of the runs that have a report
}

// Run runs the scenarios one after the other. All are read before the first
// one begins.
func (c *runCommand) Run(s *session) error {
	options := control.Options{
		Arm: control.Arm{Commit: version()}, NoLock: c.NoLock, Progress: s.stderr, Live: s.stderr.escapes, Width: s.stderr.width, Resume: c.Resume != nil,
	}
	if err := c.prepare(&options); err != nil {
		return err
	}
	var list []order
	for _, name := range c.Scenarios {
		one, err := c.order(name)
		if err != nil {
			return err
		}
		list = append(list, one)
	}
	if err := c.suitBaseline(list); err != nil {
		return err
	}
	var err error
	if options.Loadgen, err = beside("loadgen"); err != nil {
		return err
	}
	if options.Chatserver, err = beside("chatserver"); err != nil {
		return err
	}
	if options.Calibration, err = calibrated(s, c.Calibration); err != nil {
		return err
	}
	page, err := c.Live.open(s.stderr)
	if err != nil {
		return err
	}
	if page != nil {
		options.Follow = func(n control.News) { page.Tell(n) }
		options.Page = &control.LivePage{Port: page.Port(), Open: page.Open}
		defer func() { endLive(s, page, c.reported) }()
	}
	code := fine
	for _, one := range list {
		if options.Grid, err = one.grid(); err != nil {
			return err // which was read without a fault before
		}
		options.Flags = one.flags()
		if options.Keep, err = one.keep(); err != nil {
			return err
		}
		code = max(code, explain(s.stderr, c.one(s, options))) // the graver, the larger
		if s.Err() != nil {
			break
		}
	}
	if code == fine {
		return nil
	}
	return &exitError{code: code}
}

// prepare checks the flags, and takes from them or from the run to resume what
// all scenarios have in common.
func (c *runCommand) prepare(o *control.Options) error {
	for flag, dir := range map[string]*string{"--out": c.Out, "--resume": c.Resume} {
		if dir != nil && *dir == "" {
			return usage(`%s "": give a folder, or omit the flag`, flag)
		}
	}
	if c.Resume != nil {
		if err := c.restore(); err != nil {
			return err
		}
	}
	if c.Out != nil {
		if o.Dir = *c.Out; len(c.Scenarios) > 1 {
			return usage("--out is the folder of one run, but %d scenarios were given", len(c.Scenarios))
		}
	}
	o.Profile = c.Profile
	if err := c.aim(o); err != nil {
		return err
	}
	return c.Live.misread(c.Scenarios)
}

// aim takes the target from the flags, if one is named.
func (c *runCommand) aim(o *control.Options) (err error) {
	switch {
	case c.Target == nil && c.TargetCA != "":
		return usage("--target-ca %s: needs --target", c.TargetCA)
	case c.Target == nil && c.TargetPID != nil:
		return usage("--target-pid %d: needs --target", *c.TargetPID)
	case c.Target == nil:
		return nil
	case *c.Target == "":
		return usage(`--target "": give the URL of a server, or omit the flag to start one per trial`)
	case c.Profile:
		return usage("--profile: works only with servers that pollpush starts, not with --target; profile the target with its own tools")
	}
	if o.Target, err = contract.Base(*c.Target); err != nil {
		return usage("--target: %w", err)
	}
	if o.TargetCA, _, err = readTrust("--target-ca", c.TargetCA); err != nil {
		return err
	}
	if c.TargetPID != nil {
		if o.TargetPID = *c.TargetPID; o.TargetPID < 1 {
			return usage("--target-pid %d: must be a process id, at least 1", o.TargetPID)
		}
	}
	return c.suitTarget("--target")
}

// one runs one scenario, and reports whatever it has measured.
func (c *runCommand) one(s *session, o control.Options) error {
	fmt.Fprintf(s.stderr, "%s: %s\n", o.Grid.Name, o.Grid.About)
	if o.Dir == "" {
		dir, release, err := ownFolder(o.Grid.Name, time.Now())
		if err != nil {
			return err
		}
		defer release()
		o.Dir = dir
	}
	trials, err := control.Run(s, o)
	var unreported error
	if len(trials) > 0 {
		if err := report.Write(o.Dir, trials); err != nil {
			unreported = refuse("the report could not be written: %w; the results are in %s", err, o.Dir)
		} else {
			c.reported = append(c.reported, o.Dir)
			unreported = summarize(s, o.Dir, trials)
		}
	}
	err = ending(s, err, len(trials) > 0, fmt.Sprintf("interrupted; the measured trials are in %s; resume with `pollpush run --resume %s`", o.Dir, o.Dir))
	switch {
	case err == nil:
		err = outcome(trials)
	case s.Err() == nil:
		return err
	}
	return errors.Join(unreported, err)
}

// ending is how a run ends, of which err came and anything or nothing was
// measured; kept says where that is after an interrupt.
func ending(s *session, err error, measured bool, kept string) error {
	lost, unwritten := errors.AsType[*control.Unwritten](err)
	switch {
	case unwritten:
		return keep(s, lost, err)
	case s.Err() != nil && !measured:
		return &exitError{interrupted, "interrupted before any trial was measured"}
	case err == nil && s.Err() != nil:
		return &exitError{interrupted, kept}
	}
	return err
}

// outcome is nil where every trial is usable, as the report takes its attempts.
func outcome(trials []result.Trial) error {
	type slot struct {
		point, transport string
		trial            int
	}
	attempts := map[slot][]result.Trial{}
	for _, t := range trials {
		s := slot{t.ScenarioHash, t.Transport, t.Trial}
		attempts[s] = append(attempts[s], t)
	}
	bad := 0
	for _, list := range attempts {
		if i := result.Chosen(list); i < 0 || list[i].Validity == result.Invalid {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return &exitError{invalidRun, fmt.Sprintf("%d of %s invalid; the report gives the reasons", bad, verb(len(attempts), "trial"))}
}

// verb is "1 trial is", "2 trials are".
func verb(n int, thing string) string {
	if n == 1 {
		return quantity.Of(n, thing) + " is"
	}
	return quantity.Of(n, thing) + " are"
}

// summarize prints a run's table and verdict, and where its report is.
func summarize(s *session, dir string, trials []result.Trial) error {
	fmt.Fprintln(s.stdout)
	options := textOptions(s)
	options.Folder = dir
	if err := report.Text(s.stdout, trials, options); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout)
	if text := allDoubted(trials); text != "" {
		var warning strings.Builder
		textOptions(s).Warn(&warning, text)
		fmt.Fprint(s.stdout, warning.String())
	}
	_, err := fmt.Fprintf(s.stdout, "Report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

// allDoubted warns of a run without a valid trial: why, and what can be relied on
// all the same. It is empty where one is valid.
func allDoubted(trials []result.Trial) string {
	var causes []string
	timing := true
	for _, t := range trials {
		if t.Validity == result.Valid {
			return ""
		}
		timing = timing && t.Validity == result.Suspect
		for _, r := range t.Reasons {
			timing = timing && r.Kind().Timing
			if words := r.Kind().Words; !slices.Contains(causes, words) {
				causes = append(causes, words)
			}
		}
	}
	text := "No trial is valid (" + strings.Join(causes, "; ") + "): "
	if timing {
		return text + "do not rely on times, CPU or memory; requests, bytes and losses are sound."
	}
	return text + "do not rely on these numbers before the cause is removed."
}

// textOptions fits the text to where it goes.
func textOptions(s *session) report.TextOptions {
	if !s.stdout.terminal {
		return report.TextOptions{}
	}
	return report.TextOptions{Width: s.stdout.width(), Terminal: s.stdout.escapes && os.Getenv("NO_COLOR") == ""}
}
