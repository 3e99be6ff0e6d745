package scenario

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/scenarios"
)

// Default is the scenario that runs where none is named.
const Default = "chat-1k"

// Names lists the scenarios that come with the program, the default first.
func Names() []string { return slices.Clone(scenarios.Names) }

// Load reads the scenario that arg names: one that comes with the program, or
// else the path of a file. It promises and fails as [Parse] does; a file that
// cannot be read is an [*Error] as well.
func Load(arg string, known Known, overrides ...Override) (Grid, error) {
	file, src, err := Read(arg)
	if err != nil {
		return Grid{}, err
	}
	return Parse(file, src, known, overrides...)
}

// Read returns the file that arg names as [Load] takes it, and its text.
func Read(arg string) (file string, src []byte, err error) {
	// Not every string is a valid path here; one that is not names no scenario.
	if src, err := scenarios.FS.ReadFile(arg + ".yaml"); err == nil {
		return arg + ".yaml", src, nil
	}
	src, err = readFile(arg)
	return arg, src, err
}

func readFile(arg string) ([]byte, error) {
	info, err := os.Stat(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist) || arg == "":
		return nil, missing(arg)
	case err != nil:
		return nil, failFile(arg, 0, "cannot be read: %v", file.Cause(err))
	case info.IsDir():
		return nil, failFile(arg, 0, "is a directory; give a scenario's name or file")
	}
	f, err := file.Open(arg)
	if errors.Is(err, file.ErrIrregular) {
		return nil, failFile(arg, 0, "%v", file.ErrIrregular)
	}
	if err != nil {
		return nil, failFile(arg, 0, "cannot be read: %v", file.Cause(err))
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, SizeMax+1))
	if err != nil {
		return nil, failFile(arg, 0, "cannot be read: %v", file.Cause(err))
	}
	return src, nil
}

func missing(arg string) error {
	base := filepath.Base(arg)
	ext := filepath.Ext(base)
	isPath := ext == ".yaml" || ext == ".yml" || strings.ContainsRune(arg, filepath.Separator)
	what := "no such scenario"
	if isPath {
		what = "no such file"
		base = strings.TrimSuffix(base, ext)
	}
	return failFile(show(arg), 0, "%s%s; choose from %s; or give a file's path",
		what, Suggest(base, scenarios.Names), strings.Join(scenarios.Names, ", "))
}
