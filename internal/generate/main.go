// Command generate writes what repeats a table of the code in another
// language: parts of docs, schemas, scripts of pages. It runs from the root of
// the repository (make generate); its test fails when a file is out of date.
// With three arguments, PAGE PART RUN, it writes standard input into a part that
// shows a run's numbers instead.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pollpush/pollpush/report"
)

// target is a generated part of one file: the lines between one that contains
// "generated: PART" and one that contains "end: PART", or the whole file where
// Part is empty.
type target struct {
	Path, Part string
	Text       func() (string, error)
}

// targets are all generated parts.
var targets = []target{
	{"docs/architecture.md", "imports", imports},
	{"docs/method.md", "reasons", reasons},
	{"docs/formulas.md", "metrics", func() (string, error) { return report.Formulas(), nil }},
	{"scenarios/schema.json", "", scenarioSchema},
	{"scenarios/example.yaml", "keys", scenarioExample},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "generate: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	write := targets
	if len(args) == 3 {
		t, err := put(args[0], args[1], args[2], os.Stdin)
		if err != nil {
			return err
		}
		write = []target{t}
	}
	for _, t := range write {
		if err := t.write("."); err != nil {
			return err
		}
	}
	return nil
}

// write brings the file below root up to date.
func (t target) write(root string) error {
	path := filepath.Join(root, t.Path)
	old, err := os.ReadFile(path)
	if err != nil && (t.Part != "" || !os.IsNotExist(err)) {
		return err
	}
	now, err := t.apply(old)
	if err != nil || bytes.Equal(old, now) {
		return err
	}
	return os.WriteFile(path, now, 0o644)
}

// apply returns the file's content with the part made anew.
func (t target) apply(old []byte) ([]byte, error) {
	text, err := t.Text()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path, err)
	}
	if t.Part == "" {
		return []byte(text), nil
	}
	start := lineAfter(old, "generated: "+t.Part)
	if start < 0 {
		return nil, fmt.Errorf("%s: no line says %q", t.Path, "generated: "+t.Part)
	}
	end := bytes.Index(old[start:], []byte("end: "+t.Part))
	if end < 0 {
		return nil, fmt.Errorf("%s: no line says %q", t.Path, "end: "+t.Part)
	}
	end = start + bytes.LastIndexByte(old[start:start+end], '\n') + 1
	return bytes.Join([][]byte{old[:start], []byte(text), old[end:]}, nil), nil
}

// lineAfter is where the line after the one that contains mark begins, or -1.
func lineAfter(text []byte, mark string) int {
	at := bytes.Index(text, []byte(mark))
	if at < 0 {
		return -1
	}
	end := bytes.IndexByte(text[at:], '\n')
	if end < 0 {
		return -1
	}
	return at + end + 1
}
