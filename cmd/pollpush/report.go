package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

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

// ownFolder makes a folder below results, named for what is run and for the
// time; of several that begin in one second, each gets its own. What remains
// empty in the end goes by release.
func ownFolder(name string, now time.Time) (dir string, release func(), err error) {
	const parent = "results"
	base := filepath.Join(parent, name+now.UTC().Format("-20060102-150405"))
	if err = os.MkdirAll(parent, 0o755); err == nil {
		dir, err = base, os.Mkdir(base, 0o755)
	}
	for n := 2; errors.Is(err, fs.ErrExist); n++ {
		dir = fmt.Sprintf("%s-%d", base, n)
		err = os.Mkdir(dir, 0o755)
	}
	if err != nil {
		return "", nil, refuse("the results folder %s cannot be created: %w; choose another with --out", base, err)
	}
	return dir, func() {
		for _, path := range []string{dir, parent} {
			_ = os.Remove(path) // which fails where anything is in it
		}
	}, nil
}

// keep prints a trial that could not be written, so that it is not lost, and
// returns err with a word on that.
func keep(s *session, lost *control.Unwritten, err error) error {
	line, bad := json.Marshal(lost.Trial)
	if bad != nil {
		return err // for that reason
	}
	_, _ = s.stdout.data(append(line, '\n'))
	return fmt.Errorf("%w; the trial's line is on standard output: once there is space, add it to %s", err, lost.Path)
}
