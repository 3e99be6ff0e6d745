package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/scenarios"
)

// SizeMax is the largest scenario file in bytes: far more than one needs, and
// little enough that the YAML reader is quick even with a hostile one.
const SizeMax = 64 << 10

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Known is what a scenario may name.
type Known struct {
	Transports []string
	Paced      []string // transports that poll.interval is for: no other one has a trial for each of its values
	Metrics    []string // that may have limits
}

// Parse reads the scenario src, found in file, and lays the overrides over it,
// in their order.
//
// It accepts nothing that it does not know and changes nothing silently. The
// error is an [*Error] that holds all faults; each begins with "scenario", the
// file and the line, or with the override's origin. The file is never opened:
// its base name without .yaml or .yml names the scenario.
func Parse(file string, src []byte, known Known, overrides ...Override) (Grid, error) {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".yaml"), ".yml")
	if !namePattern.MatchString(name) {
		return Grid{}, failFile(file, 0, "the file's name becomes the scenario's; must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit")
	}
	if err := checkText(file, src); err != nil {
		return Grid{}, err
	}
	root, err := document(file, src)
	if err != nil {
		return Grid{}, err
	}
	d := newDraft(name, file, known)
	d.section(root, "")
	d.override(overrides)
	d.complete(root)
	grid := d.grid()
	if err := report(file, d.faults); err != nil {
		return Grid{}, err
	}
	return grid, nil
}

// checkText refuses what is no text before the YAML reader, which accepts
// UTF-16 and gives no line, sees it.
func checkText(file string, src []byte) error {
	if len(src) > SizeMax {
		return failFile(file, 0, "is larger than 64 KiB; a scenario has a few lines")
	}
	if len(bytes.TrimSpace(src)) == 0 {
		return failFile(file, 0, "is empty; `pollpush scenarios example` shows every key")
	}
	line := 1
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return failFile(file, line, "byte 0x%02x is not UTF-8; a scenario is a text file in UTF-8", src[i])
		case r == '\n':
			line++
		case unicode.IsControl(r) && r != '\t' && r != '\r':
			return failFile(file, line, "holds the control character %U; a scenario is a text file", r)
		}
		i += n
	}
	return nil
}

// document returns the mapping at the root of the one document in src.
func document(file string, src []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		return nil, failFile(file, 0, "not valid YAML: %v", err)
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF):
		return nil, failFile(file, 0, "is empty; `pollpush scenarios example` shows every key")
	case err != nil:
		return nil, syntax(file, err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, failFile(file, second.Line, "a second document begins here; a scenario file holds one scenario")
	case !errors.Is(err, io.EOF):
		return nil, syntax(file, err)
	}
	if len(first.Content) == 0 || first.Content[0].Tag == "!!null" {
		return nil, failFile(file, 0, "is empty; `pollpush scenarios example` shows every key")
	}
	root := first.Content[0]
	if trouble := unplain(root); trouble != "" {
		return nil, failFile(file, root.Line, "%s", trouble)
	}
	if root.Kind != yaml.MappingNode {
		v, _ := read(root)
		return nil, failFile(file, root.Line, "%s is not a scenario; must be keys with values, such as clients: 1000", v.found())
	}
	return root, nil
}

// syntax turns the YAML reader's error into ours.
func syntax(file string, err error) error {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return failFile(file, 0, "not valid YAML: %s", clip(err.Error()))
	}
	line := e.Mark.Line
	if strings.HasPrefix(e.ContextMsg, "while scanning") && e.ContextMark.Line > 0 {
		line = e.ContextMark.Line // the mark is where the reader gave up, often the line after
	}
	return failFile(file, line, "not valid YAML: %s", e.Message)
}

// section reads the keys of one mapping; prefix is "" or ends with a dot.
func (d *draft) section(n *yaml.Node, prefix string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, node := n.Content[i], n.Content[i+1]
		path := prefix + name.Value
		if trouble := unplain(name); trouble != "" || name.Kind != yaml.ScalarNode {
			if trouble == "" {
				trouble = "a key must be one word, such as clients"
			}
			d.fault(name.Line, "", trouble)
			continue
		}
		if line := seen[path]; line > 0 {
			d.fault(name.Line, path, fmt.Sprintf("%s occurs twice; it is already on line %d", show(path), line))
			continue
		}
		seen[path] = name.Line
		v, trouble := read(node)
		k := find(path)
		names := inside(path + ".")
		if strings.Contains(name.Value, ".") {
			k = nil // sections are written out: no "publish.rate" at the top
		}
		switch {
		case k == nil && names == nil:
			d.unknown(name, prefix)
		case trouble != "":
			d.refused(path, name.Line, []problem{{v.line, v.found(), trouble}})
		case k == nil && v.form != mapping:
			d.refused(path, name.Line, refuse(v, "must hold keys of its own: %s", strings.Join(names, ", ")))
		case k == nil:
			d.at(path, origin{line: name.Line})
			d.section(node, path+".")
		default:
			if v.form == mapping {
				if v.pairs, trouble = readPairs(node); trouble != "" {
					d.refused(path, name.Line, []problem{{v.line, v.found(), trouble}})
					continue
				}
			}
			d.at(path, origin{line: name.Line, found: v.found()})
			d.set(k, name.Line, v)
		}
	}
}

func (d *draft) unknown(name *yaml.Node, prefix string) {
	if d.full() {
		d.fault(name.Line, "", "")
		return
	}
	hint := Suggest(name.Value, inside(prefix))
	if section, rest, ok := strings.Cut(name.Value, "."); ok && prefix == "" && find(name.Value) != nil {
		hint = fmt.Sprintf(" (did you mean %s: {%s: …}?)", section, rest)
	} else if hint == "" {
		hint = elsewhere(name.Value)
	}
	in := "choose from"
	if prefix != "" {
		in = strings.TrimSuffix(prefix, ".") + " has"
	}
	if hint == "" {
		hint = "; " + in + " " + strings.Join(inside(prefix), ", ")
	}
	d.fault(name.Line, "", "unknown key "+fmt.Sprintf("%q", clip(prefix+name.Value))+hint)
}

// elsewhere suggests the key that is called name in some section.
func elsewhere(name string) string {
	for _, k := range keys {
		if strings.HasSuffix(k.Path, "."+name) {
			return fmt.Sprintf(" (did you mean %q?)", k.Path)
		}
	}
	return ""
}

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
	if errors.Is(err, fs.ErrNotExist) || arg == "" {
		return nil, missing(arg)
	}
	if err == nil && info.IsDir() {
		return nil, failFile(arg, 0, "is a directory; give a scenario's name or file")
	}
	f, err := file.Open(arg)
	if errors.Is(err, file.ErrIrregular) {
		return nil, failFile(arg, 0, "%v", file.ErrIrregular)
	}
	var src []byte
	if err == nil {
		defer f.Close()
		src, err = io.ReadAll(io.LimitReader(f, SizeMax+1))
	}
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
