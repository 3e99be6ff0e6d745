package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/result"
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
