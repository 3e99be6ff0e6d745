// Command size measures a checkout of this repository: lines of code, tests and
// docs, the largest packages, and the files that use one another in circles.
// It takes the checkout's folder; without one, it measures where it stands.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// listed is a package as go list shows it.
type listed struct {
	Dir, ImportPath, Name, Export            string
	GoFiles, TestGoFiles, XTestGoFiles, Deps []string
	Module                                   *struct{ Main bool }
}

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := measure(os.Stdout, root); err != nil {
		fmt.Fprintf(os.Stderr, "size: %v\n", err)
		os.Exit(1)
	}
}

func measure(w io.Writer, root string) error {
	all, err := list(root)
	if err != nil {
		return err
	}
	export := map[string]string{}
	shipped := map[string]bool{} // what the programs are built from
	var own []listed
	for _, p := range all {
		export[p.ImportPath] = p.Export
		if p.Module == nil || !p.Module.Main {
			continue
		}
		own = append(own, p)
		if p.Name == "main" && strings.Contains(p.ImportPath, "/cmd/") {
			shipped[p.ImportPath] = true
			for _, d := range p.Deps {
				shipped[d] = true
			}
		}
	}
	var code, support, tests, circling int
	largest := map[string]int{}
	var circles []string
	for _, p := range own {
		n := lines(p.Dir, p.GoFiles)
		if shipped[p.ImportPath] {
			code += n
			largest[p.ImportPath] = n
		} else {
			support += n
		}
		tests += lines(p.Dir, p.TestGoFiles) + lines(p.Dir, p.XTestGoFiles)
		group, err := largestCircle(p, export)
		if err != nil {
			return err
		}
		if len(group) > 1 {
			circling += len(group)
			circles = append(circles, fmt.Sprintf("%s %d of %d", p.ImportPath, len(group), len(p.GoFiles)))
		}
	}
	pages, words := docs(root)
	fmt.Fprintf(w, "code   %6d lines in the packages of the programs\n", code)
	fmt.Fprintf(w, "tests  %6d lines of tests, and %d of packages that only tests and tools use\n", tests, support)
	fmt.Fprintf(w, "docs   %6d words on %d pages\n", words, pages)
	fmt.Fprintln(w, "largest packages:")
	names := slices.SortedFunc(maps.Keys(largest), func(a, b string) int { return largest[b] - largest[a] })
	for _, name := range names[:min(5, len(names))] {
		fmt.Fprintf(w, "  %6d %s\n", largest[name], name)
	}
	fmt.Fprintf(w, "files in circles: %d; the largest circle of each package:\n", circling)
	slices.Sort(circles)
	for _, c := range circles {
		fmt.Fprintf(w, "  %s\n", c)
	}
	return nil
}

func list(root string) (all []listed, err error) {
	c := exec.Command("go", "list", "-deps", "-export", "-json=Dir,ImportPath,Name,Export,GoFiles,TestGoFiles,XTestGoFiles,Deps,Module", "./...")
	c.Dir, c.Stderr = root, os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func lines(dir string, names []string) (n int) {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			n += strings.Count(string(text), "\n")
		}
	}
	return n
}

// docs counts the Markdown pages of the root, docs and examples.
func docs(root string) (pages, words int) {
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil && filepath.Base(f) != "CHANGELOG.md" {
				pages, words = pages+1, words+len(strings.Fields(string(text)))
			}
		}
	}
	return pages, words
}

// largestCircle is the most files of a package that use one another in a circle.
func largestCircle(p listed, export map[string]string) ([]string, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(export[path]) })}
	pkg, err := config.Check(p.ImportPath, fset, files, &info)
	if err != nil {
		return nil, err
	}
	uses := map[string]map[string]bool{}
	for id, o := range info.Uses {
		from, to := fset.Position(id.Pos()).Filename, fset.Position(o.Pos()).Filename
		if o.Pkg() == pkg && from != to {
			if uses[from] == nil {
				uses[from] = map[string]bool{}
			}
			uses[from][to] = true
		}
	}
	var best []string
	for from := range uses {
		var circle []string
		for to := range reached(uses, from) {
			if to == from || reached(uses, to)[from] {
				circle = append(circle, to)
			}
		}
		if len(circle) > len(best) {
			best = circle
		}
	}
	return best, nil
}

// reached are the files that one uses, and those that these use.
func reached(uses map[string]map[string]bool, from string) map[string]bool {
	seen := map[string]bool{}
	for queue := []string{from}; len(queue) > 0; {
		next := queue[0]
		queue = queue[1:]
		for to := range uses[next] {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}
