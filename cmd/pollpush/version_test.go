package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/recipe"
	"github.com/pollpush/pollpush/internal/result"
)

func TestRecordedVersion(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "4840c0e1b263d0f7c1a3f5b8e9d2a4c6b8f0e1d3"}
	for _, c := range []struct {
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "v1.2.3"},
		{"v1.2.3", []debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}, "4840c0e1b263"},
		{"v1.2.4-0.20261130213512-4840c0e1b263+dirty", []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, revision}, "4840c0e1b263-dirty"},
		{"(devel)", nil, "unknown"},
		{"", nil, "unknown"},
	} {
		got := recorded(&debug.BuildInfo{Main: debug.Module{Version: c.module}, Settings: c.settings})
		assert.Check(t, is.Equal(got, c.want), "of module %q with %v", c.module, c.settings)
	}
	assert.Check(t, is.Contains(spoken(unstamped), "unknown (the build recorded no commit"))
	assert.Check(t, is.Equal(spoken("v1.2.3"), "v1.2.3"))
}

// What is beside pollpush was built together with it, as far as that is known.
func TestSameVersion(t *testing.T) {
	info := func(version string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: version}} }
	for _, c := range []struct{ own, theirs, want string }{
		{"v1.2.3", "v1.2.3", ""},
		{"v1.2.3", "(devel)", ""},
		{"(devel)", "v1.2.3", ""},
		{"v1.2.3", "v1.2.2", "it is version v1.2.2, but pollpush is version v1.2.3"},
	} {
		err := sameVersion(info(c.own), info(c.theirs))
		assert.Check(t, c.want == "" && err == nil || err != nil && err.Error() == c.want, "pollpush %s with %s: %v", c.own, c.theirs, err)
	}
}

// Go installs the programs as it does from a module proxy, beside one another and
// without a checkout; the trials of a run in an empty folder name the version.
func TestInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("installs the programs")
	}
	t.Parallel()
	const version = "v0.0.1-test"
	bin, dir := filepath.Join(t.TempDir(), "bin"), t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", "-trimpath", "github.com/pollpush/pollpush/cmd/...@"+version)
	install.Dir = dir
	install.Env = append(os.Environ(), "GOBIN="+bin, "GOPROXY="+proxy(t, recipe.New(t).Dir, version), "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOMODCACHE="+t.TempDir())
	out, err := install.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	installed, err := os.ReadDir(bin)
	assert.NilError(t, err)
	var names []string
	for _, f := range installed {
		names = append(names, f.Name())
	}
	assert.Check(t, is.DeepEqual(names, []string{"chatserver", "loadgen", "nulltarget", "pollpush"}))

	command := filepath.Join(bin, "pollpush")
	e := launch(t, dir, command, "--version").end()
	assert.Check(t, is.Equal(e.stdout, "pollpush "+version+"\n"))
	e = launch(t, dir, command, words("run short --clients 20 --trials 1 --ramp-up 100ms --warm-up 200ms --steady 1s --time-limit 1s --out results/it")...).end()
	assert.Check(t, e.code == fine || e.code == invalidRun, "exit code %d\n%s%s", e.code, e.stdout, e.stderr) // invalid: the machine is busy
	_, err = os.Stat(filepath.Join(dir, "results/it/report.html"))
	assert.NilError(t, err)
	trials, err := result.ReadDir(filepath.Join(dir, "results/it"))
	assert.NilError(t, err)
	assert.Check(t, len(trials) >= 2)
	for _, trial := range trials {
		assert.Check(t, is.Equal(trial.Env.Commit, version))
	}
}

// proxy returns a GOPROXY which has the module in a folder as this version, and the
// modules that this machine has, before those that it is set up with.
func proxy(t *testing.T, folder, version string) string {
	t.Helper()
	root := t.TempDir()
	of := module.Version{Path: "github.com/pollpush/pollpush", Version: version}
	var packed bytes.Buffer
	assert.NilError(t, zip.CreateFromDir(&packed, of, folder))
	mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	assert.NilError(t, err)
	for name, text := range map[string]string{"list": version + "\n", version + ".zip": packed.String(), version + ".mod": string(mod), version + ".info": fmt.Sprintf("{%q: %q}", "Version", version)} {
		write(t, filepath.Join(root, of.Path, "@v", name), text)
	}
	known, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	assert.NilError(t, err)
	lines := strings.Fields(string(known))
	return fmt.Sprintf("file://%s,file://%s/cache/download,%s", root, lines[0], lines[1])
}
