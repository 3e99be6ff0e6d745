package main

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// imports are the arrows between the packages of the module, one line for each
// package that has any. The packages of the report are one, as are those of the
// server, but for the law among themselves.
func imports() (string, error) {
	const module = "github.com/pollpush/pollpush/"
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	short := func(path string) (string, bool) {
		name, ours := strings.CutPrefix(path, module)
		if strings.HasPrefix(name, "report/") {
			name = "report"
		}
		return strings.TrimPrefix(name, "internal/"), ours
	}
	arrows := map[string]map[string]bool{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		from, _ := short(paths[0])
		for _, path := range paths[1:] {
			if to, ours := short(path); ours && to != from {
				if arrows[from] == nil {
					arrows[from] = map[string]bool{}
				}
				arrows[from][to] = true
			}
		}
	}
	var b strings.Builder
	b.WriteString("```\n")
	for _, from := range slices.Sorted(maps.Keys(arrows)) {
		fmt.Fprintf(&b, "%-30s → %s\n", from, strings.Join(slices.Sorted(maps.Keys(arrows[from])), ", "))
	}
	b.WriteString("```\n")
	return b.String(), nil
}
