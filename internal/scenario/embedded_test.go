package scenario

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/scenarios"
)

func load(t *testing.T, name string) Scenario {
	t.Helper()
	s, err := only(Load(name, known))
	assert.NilError(t, err)
	return s
}

func loadGrid(t *testing.T, name string) Grid {
	t.Helper()
	g, err := Load(name, known)
	assert.NilError(t, err)
	return g
}

func TestEmbedded(t *testing.T) {
	files, err := fs.Glob(scenarios.FS, "*.yaml")
	assert.NilError(t, err)
	schema := compileSchema(t)
	var names []string
	for _, f := range files {
		src, err := scenarios.FS.ReadFile(f)
		assert.NilError(t, err)
		assert.Check(t, strings.HasPrefix(string(src), "# yaml-language-server: $schema=schema.json\n"), "%s does not begin with its schema", f)
		assert.Check(t, conforms(schema, src), f)
		name := strings.TrimSuffix(f, ".yaml")
		g := loadGrid(t, name)
		assert.Check(t, g.Name == name, "%s is called %q", f, g.Name)
		names = append(names, name)
	}
	want := append(Names(), "example")
	slices.Sort(want)
	assert.Check(t, slices.Equal(names, want), "files %v, names %v", names, want)
	assert.Check(t, slices.Contains(Names(), Default), "default %q is not among the names", Default)
}

func TestPlannedLengths(t *testing.T) {
	for name, most := range map[string]time.Duration{
		"chat-1k": 5 * time.Minute, "short": 45 * time.Second, "quiet": 5 * time.Minute,
		"busy": 5 * time.Minute, "poll-10k": 5 * time.Minute, "ws-10k": 5 * time.Minute,
		"ws-100k": 5 * time.Minute, "ws-200k": 5 * time.Minute, "polls-1m": 10 * time.Minute,
		"scale": 15 * time.Minute, "rate": 15 * time.Minute, "interval": 15 * time.Minute,
		"paper-tutorial": 2 * time.Minute, "paper-lubbers": 2 * time.Minute, "paper-vandevyvere": 2 * time.Minute,
		"paper-wrk2-freeze": 2 * time.Minute, "paper-etherpad": 2 * time.Minute,
	} {
		g := loadGrid(t, name)
		d := g.Duration()
		assert.Check(t, d < most, "%s takes %v, allowed %v", name, d, most)
		for _, s := range g.Points {
			if s.TimeLimit < g.Duration() {
				t.Errorf("%s: time_limit %v is less than the plan, %v", name, s.TimeLimit, g.Duration())
			}
		}
	}
}

// Every window of a sweep holds a message, and of the polls of the interval's
// sweep each client has equally many.
func TestSweepsAreNeverEmpty(t *testing.T) {
	for _, name := range []string{"scale", "rate", "interval"} {
		for _, s := range loadGrid(t, name).Points {
			steady := s.Phases.Steady.Seconds()
			if n := s.Publish.Rate * steady; n < 1 || s.Publish.Arrivals != "constant" && n < 30 {
				t.Errorf("%s: %s arrivals, %v messages in a window", name, s.Publish.Arrivals, n)
			}
			if name == "interval" && s.Phases.Steady%s.Poll.Interval != 0 {
				t.Errorf("%s: an interval of %v does not go into %v", name, s.Poll.Interval, s.Phases.Steady)
			}
		}
	}
}

// Constant arrivals less than half a window apart, so that no steady state is empty.
func TestQuietIsNeverEmpty(t *testing.T) {
	s := load(t, "quiet")
	n := s.Publish.Rate * s.Phases.Steady.Seconds()
	assert.Check(t, s.Publish.Arrivals == "constant" && n >= 2, "%s arrivals, %v messages in a window", s.Publish.Arrivals, n)
}

func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yml")
	assert.NilError(t, os.WriteFile(path, []byte(good), 0o644))
	s, err := only(Load(path, known, Override{"clients", "7", "--clients"}))
	assert.Check(t, err == nil && s.Name == "mine" && s.Clients == 7, "%+v, %v", s, err)
	large := filepath.Join(dir, "large.yaml")
	assert.NilError(t, os.WriteFile(large, make([]byte, SizeMax+1), 0o644))
	spaced := filepath.Join(dir, "a b.yaml")
	if err := os.WriteFile(spaced, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	list := "; choose from " + strings.Join(Names(), ", ") + "; or give a file's path"
	for arg, want := range map[string]string{
		"chat-2k":        `scenario chat-2k: no such scenario (did you mean "chat-1k"?)` + list,
		"pigeons":        `scenario pigeons: no such scenario` + list,
		"":               `scenario "": no such scenario` + list,
		"nothing/x.yaml": `scenario nothing/x.yaml: no such file` + list,
		"short.yaml":     `scenario short.yaml: no such file (did you mean "short"?)` + list,
		dir:              `scenario ` + dir + `: is a directory; give a scenario's name or file`,
		large:            `scenario ` + large + `: is larger than 64 KiB; a scenario has a few lines`,
		spaced:           `scenario ` + spaced + `: the file's name becomes the scenario's; must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit`,
		"a\x00b":         `scenario "a\x00b": cannot be read: invalid argument`,
		path + "/x":      `scenario ` + path + `/x: cannot be read: not a directory`,
	} {
		_, err := only(Load(arg, known))
		assert.Check(t, err != nil && err.Error() == want, "%q\n got %v\nwant %s", arg, err, want)
	}
}
