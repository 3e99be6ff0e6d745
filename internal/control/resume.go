package control

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

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
	whole := len(content)
	for whole > 0 && content[whole-1] != '\n' {
		whole--
	}
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
