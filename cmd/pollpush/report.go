package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report"
)

type reportCommand struct {
	Dir string `arg:"" help:"A run's folder."`
}

// Run makes a run's report again, from its results alone. Of a run that was
// killed as it wrote, it is of the trials before.
func (c *reportCommand) Run(s *session) error {
	trials, err := result.ReadDir(c.Dir)
	if file, ok := errors.AsType[*result.FileError](err); ok && file.CutOff && len(trials) > 0 {
		fmt.Fprintf(s.stderr, "pollpush: results %s:%d: the line is cut off: its writer was killed; the report is of the lines before\n", file.Path, file.Line)
	} else if err != nil {
		return err
	}
	dir := c.Dir
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	err = publish(s, dir, trials)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return &control.Refusal{Err: fmt.Errorf("the report cannot be written: %w", err)}
	}
	return err
}

type compareCommand struct {
	Base string `arg:"" help:"Folder of the run to compare with."`
	New  string `arg:"" help:"Folder of the run to judge."`
}

// Run compares two runs.
func (c *compareCommand) Run(s *session) error {
	base, err := result.ReadDir(c.Base)
	if err != nil {
		return err
	}
	next, err := result.ReadDir(c.New)
	if err != nil {
		return err
	}
	comparison, err := report.Compare(base, next)
	if err != nil {
		return &usageError{err}
	}
	if err := comparison.Text(s.stdout); err != nil {
		return err
	}
	if worse := comparison.Regressions(); len(worse) > 0 {
		return &exitError{regression, "regression: " + strings.Join(worse, "; ")}
	}
	return nil
}
