package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// Runs that begin in the same second have folders of their own; one that wrote
// nothing leaves none.
func TestOwnFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var mu sync.Mutex
	var all sync.WaitGroup
	release := map[string]func(){}
	for range 8 {
		all.Go(func() {
			dir, end, err := ownFolder("short", now)
			assert.Check(t, err)
			mu.Lock()
			defer mu.Unlock()
			release[dir] = end
		})
	}
	all.Wait()
	for n := 1; n <= 8; n++ {
		dir := "results/short-20260102-030405"
		if n > 1 {
			dir += "-" + strconv.Itoa(n)
		}
		assert.Assert(t, release[dir] != nil, "there is no %s among %v", dir, release)
	}
	write(t, "results/short-20260102-030405-2/"+result.FileName, "precious")
	for _, end := range release {
		end()
	}
	left, err := filepath.Glob("results/*")
	assert.Check(t, err == nil && len(left) == 1, "left are %q, %v", left, err)
	assert.NilError(t, os.RemoveAll("results/short-20260102-030405-2"))
	release["results/short-20260102-030405"]()
	_, err = os.Stat("results")
	assert.Check(t, err != nil, "the folder of all results was left")
}

// A trial that finds the disk full is printed.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	out := filepath.Join(dir, "out")
	mount(t, out, 0, "size=40m")
	p := launch(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--out", "out/run", "--transports", "ws")
	p.await("results in out/run")
	full, err := os.Create(filepath.Join(out, "full"))
	assert.NilError(t, err)
	defer full.Close()
	for block := make([]byte, 1<<16); err == nil; {
		_, err = full.Write(block)
	}
	e := p.end()
	e.wantExit(t, invalidRun, "no space left on device", "the trial's line is on standard output: once there is space, add it to out/run/trials.jsonl")
	trials, err := result.Read("printed", strings.NewReader(e.stdout))
	assert.Check(t, err == nil && len(trials) == 1 && trials[0].Transport == "ws", "%d trials were printed, %v:\n%s", len(trials), err, e.stdout)
	text, err := os.ReadFile(filepath.Join(out, "run", result.FileName))
	assert.Check(t, err != nil || len(text) == 0, "a part of it was written: %d bytes", len(text))
}
