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
)

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
	fmt.Fprintf(s.stdout, "%s\n", line)
	return fmt.Errorf("%w; the trial's line is on standard output: once there is space, add it to %s", err, lost.Path)
}
