package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/report/gate"
)

// comparing are the flags of the commands that compare two runs.
type comparing struct {
	Limit      []string `sep:"none" placeholder:"METRIC=5%" help:"Relative change for the worse to tolerate; repeat it for several metrics."`
	Markdown   string   `placeholder:"FILE" help:"Write the comparison as Markdown; - writes it to standard output instead of the table."`
	JUnit      string   `name:"junit" placeholder:"FILE" help:"Write the comparison as JUnit XML; - writes it to standard output instead of the table."`
	CountsOnly bool     `help:"Compare only counts, also of trials that are invalid only for their timing: for a busy machine."`
	All        bool     `help:"Print every row, also those within their limit (verdict ~)."`
}

// judge compares, prints and writes what was found, and returns an exitError if
// that is a regression.
func (c *comparing) judge(s *session, base, next []result.Trial, noise *gate.Noise) error {
	limits, err := c.limits()
	if err != nil {
		return err
	}
	if c.Markdown == "-" && c.JUnit == "-" {
		return usage("--markdown - and --junit -: only one of them can be standard output; name a file for the other")
	}
	comparison, err := gate.Compare(base, next, gate.Options{Limits: limits, Noise: noise, CountsOnly: c.CountsOnly})
	if err != nil {
		return &exitError{badInput, err.Error()}
	}
	if c.Markdown != "-" && c.JUnit != "-" {
		if err := comparison.Text(s.stdout, textOptions(s), c.All); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{{c.Markdown, comparison.Markdown}, {c.JUnit, comparison.JUnit}} {
		if err := writeTo(s, f.path, f.write); err != nil {
			return err
		}
	}
	if worse := comparison.Regressions(); len(worse) > 0 {
		return &exitError{regression, "regression: " + strings.Join(worse, "; ")}
	}
	return nil
}

// limits are those of --limit, by metric.
func (c *comparing) limits() (map[string]float64, error) {
	return scenario.ParseLimits("--limit", strings.Join(c.Limit, ","), gate.MetricIDs())
}

// writeTo writes to a file, whose folder must be there; "-" is standard output,
// and "" nothing.
func writeTo(s *session, path string, write func(io.Writer) error) error {
	switch path {
	case "":
		return nil
	case "-":
		return write(s.stdout)
	}
	f, err := file.Create(path)
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	if err != nil {
		return refuse("the comparison cannot be written: %w", err)
	}
	return nil
}

type compareCommand struct {
	Base string `arg:"" help:"Folder of the run to compare with."`
	New  string `arg:"" help:"Folder of the run to judge."`

	comparing

	Learn                bool `help:"Record the noise between two runs of the same commit in BASE/noise.json instead of comparing."`
	AllowMissingBaseline bool `help:"Succeed without comparing if there is no BASE."`
}

// Run compares two runs.
func (c *compareCommand) Run(s *session) error {
	if os.SameFile(resultsOf(c.Base), resultsOf(c.New)) {
		return usage("%s and %s are the same run: give the folders of two runs", c.Base, c.New)
	}
	base, err := result.ReadDir(c.Base)
	missing := errors.Is(err, result.ErrMissing)
	switch {
	case missing && !c.AllowMissingBaseline:
		return &control.Refusal{Err: noBase(c.Base, "pass --allow-missing-baseline", err)}
	case err != nil && !missing:
		return err
	}
	next, err := result.ReadDir(c.New)
	if err != nil {
		return err
	}
	if missing {
		fmt.Fprintf(s.stdout, "Nothing was compared: there is no base %s.\n", c.Base)
		return nil
	}
	path := filepath.Join(folderOf(c.Base), gate.NoiseFile)
	noise, err := gate.ReadNoise(path)
	if err != nil {
		return &exitError{badInput, err.Error()}
	}
	if c.Learn {
		return learn(s, noise, path, base, next)
	}
	return c.judge(s, base, next, noise)
}

// resultsOf is the file that a run's folder or its path names; nil if there is none.
func resultsOf(path string) os.FileInfo {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		info, _ = os.Stat(filepath.Join(path, result.FileName))
	}
	return info
}

// noBase says what to do where a base is missing, of which err says where it is
// looked for; without is how to go on without one. A run is only written to a folder
// that holds nothing.
func noBase(base, without string, err error) error {
	if runs, _ := filepath.Glob(filepath.Join(base, "*", result.FileName)); len(runs) > 0 {
		return fmt.Errorf("%v; %s holds a run: give that as the base", err, filepath.Dir(runs[0]))
	}
	if entries, _ := os.ReadDir(base); len(entries) > 0 {
		base = filepath.Join(base, "base")
	}
	return fmt.Errorf("%v; make the base with `pollpush run SCENARIO --out %s`, or %s to go on without it", err, base, without)
}

// learn adds what two runs of one commit differ by to what is known of the
// machine.
func learn(s *session, noise *gate.Noise, path string, base, next []result.Trial) error {
	if err := gate.Learn(noise, base, next); err != nil {
		return &exitError{badInput, err.Error()}
	}
	if err := noise.Write(path); err != nil {
		return refuse("the noise cannot be written: %w", err)
	}
	fmt.Fprintf(s.stdout, "Recorded the noise in %s.\n", path)
	return nil
}
