package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
		fmt.Fprintf(s.stderr, "pollpush: results %s:%d: the line is cut off: its writer was killed; the report covers the lines before it\n", file.Path, file.Line)
	} else if err != nil {
		return err
	}
	dir := folderOf(c.Dir)
	err = report.Write(dir, trials)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return refuse("the report cannot be written: %w", err)
	}
	if err != nil {
		return err
	}
	return summarize(s, dir, trials)
}

// folderOf is the folder of a run that is named by it or by a file in it.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}
