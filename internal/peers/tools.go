package main

import (
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// home is this folder, from the root of the repository.
const home = "internal/peers"

// tools are the programs that are there, and why the others are left out.
type tools struct {
	cache    string            // where programs are built
	paths    map[string]string // by the name of a load or server
	versions map[string]string
	missing  []string
}

// prepare finds or builds all programs.
func prepare(cache, commit string) (*tools, error) {
	t := &tools{cache: cache, paths: map[string]string{}, versions: map[string]string{}}
	for _, tool := range []struct {
		name string
		find func() (path, version string, err error)
	}{
		{ours, func() (string, string, error) { return built("bin/chatserver", commit) }},
		{k6, func() (string, string, error) { return t.install("k6", "go.k6.io/k6", "v1.8.1") }},
		{vegeta, func() (string, string, error) {
			return t.install("vegeta", "github.com/tsenart/vegeta/v12", "v12.13.0")
		}},
		{wrk, findWrk},
		{node, findNode},
		{sink, t.compileSink},
		{hub, func() (string, string, error) { return t.buildServer("hub", "github.com/gorilla/websocket") }},
		{centrifuge, func() (string, string, error) {
			return t.buildServer("centrifuge", "github.com/centrifugal/centrifuge")
		}},
		{bare, func() (string, string, error) { return t.buildServer("bare", "") }},
	} {
		path, version, err := tool.find()
		switch {
		case err == nil:
			t.paths[tool.name], t.versions[tool.name] = path, version
			if tool.name == k6 {
				t.paths[k6least] = path
			}
		case tool.name == ours:
			return nil, err
		default:
			t.missing = append(t.missing, fmt.Sprintf("%s is left out: %v", tool.name, err))
		}
	}
	return t, nil
}

func built(path, version string) (string, string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", "", fmt.Errorf("%w; run make build in the root of the repository", err)
	}
	return path, version, nil
}

// install builds a program from the module proxy into a folder of its own, once
// for each version.
func (t *tools) install(name, module, version string) (path, said string, err error) {
	dir := filepath.Join(t.cache, name+"@"+version)
	path = filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, version, nil
	}
	fmt.Printf("building %s %s, once\n", name, version)
	c := exec.Command("go", "install", module+"@"+version)
	c.Env = append(os.Environ(), "GOBIN="+dir)
	return path, version, run(c)
}

// buildServer builds one of the servers on other people's libraries, which are a
// module of their own. Its version is that of the library, or of Go.
func (t *tools) buildServer(name, library string) (path, version string, err error) {
	path = filepath.Join(t.cache, name)
	if err = run(exec.Command("go", "build", "-C", filepath.Join(home, "servers"), "-o", path, "./"+name)); err != nil {
		return "", "", err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	for _, d := range info.Deps {
		if d.Path == library {
			return path, d.Version, nil
		}
	}
	return path, info.GoVersion, nil
}

func (t *tools) compileSink() (path, version string, err error) {
	path = filepath.Join(t.cache, "sink")
	if err = run(exec.Command("cc", "-O2", "-Wall", "-o", path, filepath.Join(home, "sink/sink.c"))); err != nil {
		return "", "", err
	}
	version, err = firstLine("cc", "--version")
	return path, version, err
}

func findWrk() (path, version string, err error) {
	if path, err = exec.LookPath("wrk"); err != nil {
		return "", "", err
	}
	line, _ := firstLine(path, "-v") // which it takes for an error
	words := strings.Fields(line)
	if len(words) < 2 {
		return "", "", fmt.Errorf("%s -v prints no version", path)
	}
	return path, words[1], nil
}

func findNode() (path, version string, err error) {
	if path, err = exec.LookPath("node"); err != nil {
		return "", "", err
	}
	text, err := os.ReadFile("internal/foreign/node_modules/ws/package.json")
	if err != nil {
		return "", "", fmt.Errorf("%w; run make deps", err)
	}
	var pack struct{ Version string }
	if err := json.Unmarshal(text, &pack); err != nil {
		return "", "", err
	}
	version, err = firstLine(path, "--version")
	return path, pack.Version + " on Node " + version, err
}

// firstLine is the first line that a program prints, on either output.
func firstLine(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	line, _, _ := strings.Cut(string(out), "\n")
	return line, err
}

// run runs a command; its error is the last line that it printed.
func run(c *exec.Cmd) error {
	out, err := c.CombinedOutput()
	if err == nil {
		return nil
	}
	said := strings.TrimSpace(string(out))
	said = said[strings.LastIndexByte(said, '\n')+1:]
	return errors.New(cmp.Or(said, err.Error()))
}
