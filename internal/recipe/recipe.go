// Package recipe is for tests that follow a recipe of CONTRIBUTING.md, such
// as adding a transport, in a copy of the repository, and look at what comes of
// it:
//
//	c := recipe.New(t)
//	c.Replace("internal/transport/transport.go", old, new)
//	c.Write("loadgen/pigeon.go", text)
//	c.Generate()
//	pollpush := filepath.Join(c.Build("./cmd/pollpush", "./cmd/loadgen"), "pollpush")
//	c.Test("./report", "TestMarkersDiffer")
//
// Go compiles what was changed in the place of the repository's files, by its
// -overlay: what was not changed comes from the build cache.
package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Copy is a copy of the repository, which is gone when its test has ended.
type Copy struct {
	Dir string // the copy's root

	t       testing.TB
	root    string // the repository's
	touched []string
}

// left out of a copy: what is measured, fetched or built.
var leftOut = []string{".git", "results", "bin", "dist", "third-party", "node_modules"}

// New copies the repository in which the test runs.
func New(t testing.TB) *Copy {
	t.Helper()
	c := &Copy{Dir: t.TempDir(), t: t}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	c.must(err)
	c.root = filepath.Dir(strings.TrimSpace(string(mod)))
	c.must(filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(leftOut, d.Name()) && path != c.root:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil // a worktree's .git
		case d.Type().IsRegular():
			return c.take(path)
		}
		return nil
	}))
	return c
}

// take copies one file.
func (c *Copy) take(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	to := filepath.Join(c.Dir, c.name(c.root, path))
	return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644))
}

// name is the slashed path of a file below a root.
func (c *Copy) name(root, path string) string {
	name, err := filepath.Rel(root, path)
	c.must(err)
	return filepath.ToSlash(name)
}

// Touched are the files, as paths from the root, that Replace and Write have
// changed or added: the places of the recipe.
func (c *Copy) Touched() []string { return c.touched }

// Replace puts text in the place of old, which occurs in the file exactly once.
func (c *Copy) Replace(name, old, text string) {
	c.t.Helper()
	was, err := os.ReadFile(filepath.Join(c.Dir, name))
	c.must(err)
	if n := strings.Count(string(was), old); n != 1 {
		c.t.Fatalf("%s contains %q %d times, want once", name, old, n)
	}
	c.Write(name, strings.Replace(string(was), old, text, 1))
}

// Write makes a file, or puts text in the place of all that is in it.
func (c *Copy) Write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.Dir, name)
	c.must(errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)))
	if !slices.Contains(c.touched, name) {
		c.touched = append(c.touched, name)
	}
}

// Generate is make generate in the copy. What it changes is not Touched.
func (c *Copy) Generate() {
	c.t.Helper()
	c.run(c.Dir, filepath.Join(c.Build("./internal/generate"), "generate"))
}

// Build builds programs, and returns the folder that they are in.
func (c *Copy) Build(packages ...string) (dir string) {
	c.t.Helper()
	dir = c.t.TempDir()
	c.run(c.root, "go", append([]string{"build", "-overlay", c.overlay(), "-o", dir + "/"}, packages...)...)
	return dir
}

// Test runs the tests of a package that match a pattern. They read files from
// the copy. It returns what they print.
func (c *Copy) Test(pkg, pattern string) string {
	c.t.Helper()
	binary := filepath.Join(c.t.TempDir(), "test")
	c.run(c.root, "go", "test", "-c", "-vet=off", "-overlay", c.overlay(), "-o", binary, pkg)
	return c.run(filepath.Join(c.Dir, pkg), binary, "-test.v", "-test.run", pattern)
}

// overlay writes what Go compiles in the place of what, and returns the name of
// the file.
func (c *Copy) overlay() string {
	replace := map[string]string{}
	c.must(filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		original := filepath.Join(c.root, c.name(c.Dir, path))
		now, err := os.ReadFile(path)
		if was, missing := os.ReadFile(original); missing != nil || !bytes.Equal(was, now) {
			replace[original] = path
		}
		return err
	}))
	text, err := json.Marshal(map[string]any{"Replace": replace})
	c.must(err)
	name := filepath.Join(c.t.TempDir(), "overlay.json")
	c.must(os.WriteFile(name, text, 0o644))
	return name
}

// run runs a program in a folder, and returns what it prints.
func (c *Copy) run(dir, program string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

func (c *Copy) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
