package main

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
)

// unstamped is the version of a program whose build recorded none.
const unstamped = "unknown"

// builtFrom is the commit or the release, set by the linker; see the Makefile.
var builtFrom string

// version names what pollpush was built from: a commit, with "-dirty" if there were
// uncommitted changes, or the version of the module that was installed.
func version() string {
	if builtFrom != "" {
		return builtFrom
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unstamped
	}
	return recorded(info)
}

// spoken is a version as it is printed: one that is not known says why.
func spoken(version string) string {
	if version == unstamped {
		return version + " (the build recorded no commit: it was outside of a checkout, or had -buildvcs=false)"
	}
	return version
}

// recorded is the version that the go command has written into a program.
func recorded(info *debug.BuildInfo) string {
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	switch {
	case revision != "":
		return revision + dirty
	case info.Main.Version == "" || info.Main.Version == "(devel)":
		return unstamped
	}
	return info.Main.Version
}

// beside finds a program that pollpush starts.
func beside(name string) (string, error) {
	path, err := findBeside(name)
	if err == nil {
		err = builtTogether(path)
	}
	if err != nil {
		return "", refuse("%w: install all programs with `go install github.com/pollpush/pollpush/cmd/...@latest`, or run `make build` in a checkout", err)
	}
	return path, nil
}

// builtTogether refuses a program of another version than pollpush's: trials would
// name the wrong one. It does so only where both versions were recorded.
func builtTogether(path string) error {
	own, ok := debug.ReadBuildInfo()
	theirs, err := buildinfo.ReadFile(path)
	if !ok || err != nil { // not built by Go: a test's
		return nil
	}
	if err := sameVersion(own, theirs); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func sameVersion(own, theirs *debug.BuildInfo) error {
	if a, b := recorded(own), recorded(theirs); a != b && a != unstamped && b != unstamped {
		return fmt.Errorf("it is version %s, but pollpush is version %s", b, a)
	}
	return nil
}
