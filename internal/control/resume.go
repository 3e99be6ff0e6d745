package control

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// reopen reads the trials of an interrupted run. A line that its writer was
// killed in is cut off: it holds nothing that could be used.
func reopen(dir string, g scenario.Grid) ([]result.Trial, error) {
	path := filepath.Join(dir, result.FileName)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
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
		if !slices.ContainsFunc(g.Points, func(p scenario.Scenario) bool { return p.Hash() == t.ScenarioHash }) {
			return nil, refuse("the run in %s holds trials of another scenario (hash %s): it cannot be gone on with by this pollpush; run the scenario anew", dir, t.ScenarioHash)
		}
	}
	return trials, nil
}

// cutOff takes the last line off that has no end.
func cutOff(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole := len(content)
	for whole > 0 && content[whole-1] != '\n' {
		whole--
	}
	if err := os.Truncate(path, int64(whole)); err != nil {
		return refuse("results %s: the line cut off at its end cannot be removed: %w", path, err)
	}
	return nil
}

// attempts counts those of a slot that have been run already, or is -1 where
// one of them came to its end, so that nothing is left to do.
func attempts(trials []result.Trial, p scenario.Scenario, s slot) int {
	n := 0
	for i := range trials {
		t := &trials[i]
		if t.ScenarioHash != p.Hash() || t.Transport != s.transport || t.Trial != s.trial {
			continue
		}
		if t.Status == result.Complete {
			return -1
		}
		n = max(n, t.Attempt)
	}
	return n
}
