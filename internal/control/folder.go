package control

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// Unwritten is a trial that could not be added to its results file.
type Unwritten struct {
	Trial result.Trial
	Path  string // of the file
	Err   error
}

func (e *Unwritten) Error() string {
	return fmt.Sprintf("results could not be written, so the run ends: %v", e.Err)
}
func (e *Unwritten) Unwrap() error { return e.Err }

// occupy makes the run's folder if need be, and keeps other processes from
// writing to it until it is released. Where its file system has no locks, it
// does so only if unlocked, and keeps nobody off.
func occupy(dir string, unlocked bool) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, refuse("the results folder %s cannot be created: %w; choose another with --out", dir, err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, refuse("the results folder %s: %w", dir, err)
	}
	err = syscall.EINTR
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = refuse("another pollpush is writing its results to %s: wait until it ends, or choose another folder with --out", dir)
	case err != nil && !unlocked:
		err = refuse("the results folder %s cannot be locked (%w), as on some network file systems: choose one on a local disk with --out, or pass --no-lock and make sure that no other pollpush writes there", dir, err)
	default:
		return func() { f.Close() }, nil
	}
	f.Close()
	return nil, err
}

// prepare sees that results can be written to the run's folder, which must hold
// nothing, and puts into it what is to be kept beside them.
func prepare(dir string, keep map[string][]byte) error {
	const enough = 32 << 20
	entries, err := os.ReadDir(dir)
	if err != nil {
		return refuse("the results folder %s: %w", dir, err)
	}
	if len(entries) > 0 {
		return refuse("the results folder %s is not empty (it holds %s): results are never overwritten; choose another with --out", dir, entries[0].Name())
	}
	probe := filepath.Join(dir, "writable")
	err = os.WriteFile(probe, make([]byte, 1<<16), 0o644)
	if removed := os.Remove(probe); err == nil {
		err = removed
	}
	if err != nil {
		return refuse("the results folder %s cannot be written to: %w; free some space or choose another with --out", dir, err)
	}
	if have, err := proc.FreeDisk(dir); err == nil && have < enough {
		return refuse("the results folder %s: %d MiB of disk are free, but %d MiB are needed; free some or choose another with --out",
			dir, have>>20, enough>>20)
	}
	for name, content := range keep {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return refuse("the results folder %s cannot be written to: %w; free some space or choose another with --out", dir, err)
		}
	}
	return nil
}

// reopen reads the trials of an interrupted run, which must be of the same grid
// and environment. A line that its writer was
// killed in is cut off: it holds nothing that could be used.
func reopen(dir string, g scenario.Grid, here result.Env) ([]result.Trial, error) {
	path := filepath.Join(dir, result.FileName)
	if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 && info.Mode().IsRegular() {
		return nil, nil // interrupted before its first trial had ended
	}
	trials, err := result.ReadDir(dir)
	if file, ok := errors.AsType[*result.FileError](err); ok && file.CutOff {
		err = cutOff(path)
	}
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		if t.Env.Commit != here.Commit || t.Env.Machine() != here.Machine() {
			return nil, refuse("the run in %s was begun by pollpush %s on machine %s, but this is pollpush %s on machine %s: their trials do not make one run; start a new run",
				dir, t.Env.Commit, t.Env.Machine(), here.Commit, here.Machine())
		}
		if !slices.ContainsFunc(g.Points, func(p scenario.Scenario) bool { return p.Hash() == t.ScenarioHash }) {
			return nil, refuse("the run in %s holds trials of another scenario (hash %s), so this pollpush cannot resume it; start a new run", dir, t.ScenarioHash)
		}
	}
	return trials, nil
}

// cutOff takes the last line off that has no end.
func cutOff(path string) error {
	f, err := file.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	if err := os.Truncate(path, int64(whole)); err != nil {
		return refuse("results %s: the truncated last line cannot be removed: %w", path, err)
	}
	return nil
}

// attempts counts those of a slot that were interrupted, or is -1 where one has
// told what there is to tell: a failure is a result, too.
func attempts(trials []result.Trial, p scenario.Scenario, s slot) int {
	n := 0
	for i := range trials {
		t := &trials[i]
		if t.ScenarioHash != p.Hash() || t.Transport != s.transport || t.Trial != s.trial {
			continue
		}
		if t.Status != result.Partial {
			return -1
		}
		n = max(n, t.Attempt)
	}
	return n
}
