package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// commandsIn returns the command lines of a document's sh blocks, comments cut.
func commandsIn(t *testing.T, path string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	assert.NilError(t, err)
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// Every command in the documents must be one that can be typed.
func TestDocumentedCommandsExist(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	assert.NilError(t, err)
	checked := 0
	for _, path := range []string{"../../README.md", "../../docs/method.md", "../../docs/architecture.md", "../../docs/contract.md", "../../docs/papers.md", "../../docs/ci.md", "../../docs/gate.md"} {
		for _, line := range commandsIn(t, path) {
			line = strings.TrimSuffix(line, " &")
			words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1)
			switch words[0] {
			case "make":
				for _, target := range words[1:] {
					if !strings.Contains(target, "=") && !strings.Contains(string(makefile), "\n"+target+":") {
						t.Errorf("%s: %s: the Makefile has no target %s", path, line, target)
					}
				}
			case "bin/pollpush", "pollpush":
				if _, err := parsed(t, words[1:]...); err != nil {
					t.Errorf("%s: %s: %v", path, line, err)
				}
			default:
				continue
			}
			checked++
		}
	}
	assert.Check(t, checked >= 10, "only %d commands were found in the documents", checked)
}
