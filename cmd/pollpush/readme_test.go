package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// documents are the pages for people, by path from here.
func documents(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../examples/*/*.md"} {
		paths, err := filepath.Glob(pattern)
		assert.NilError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			assert.NilError(t, err)
			pages[path] = string(text)
		}
	}
	delete(pages, "../../CHANGELOG.md") // which tells of commands that were
	return pages
}

// commandsIn returns the command lines of a document: those of its sh blocks,
// comments cut, and those within its lines.
func commandsIn(text string) (lines []string) {
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(block[1], "\n")...)
	}
	for _, span := range regexp.MustCompile("`((?:bin/)?pollpush [^`]+|make [^`]+)`").FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(span[1], " … ")[0])
	}
	for i, line := range lines {
		line, _, _ = strings.Cut(line, " #")
		lines[i] = strings.TrimSuffix(strings.TrimSpace(line), " &")
	}
	return lines
}

// Every command in the documents must be one that can be typed.
func TestDocumentedCommandsExist(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	assert.NilError(t, err)
	checked := 0
	for path, text := range documents(t) {
		for _, line := range commandsIn(text) {
			words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1)
			if len(words) < 2 || len(words) == 2 && words[0] == "pollpush" {
				continue // a command's name
			}
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
			case "go":
				if words[1] == "test" || words[1] == "run" {
					wantTests(t, path, words[2:])
				}
			default:
				continue
			}
			checked++
		}
	}
	assert.Check(t, checked >= 10, "only %d commands were found in the documents", checked)
}

// wantTests wants the packages of a go command, and a test for each name after -run.
func wantTests(t *testing.T, path string, args []string) {
	t.Helper()
	declared := ""
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "./"):
			files, err := filepath.Glob(filepath.Join("../..", arg, "*.go"))
			assert.Check(t, err == nil && len(files) > 0, "%s: there is no package %s", path, arg)
			for _, file := range files {
				source, err := os.ReadFile(file)
				assert.NilError(t, err)
				declared += string(source)
			}
		case arg == "-run" && i+1 < len(args):
			for name := range strings.SplitSeq(strings.Trim(args[i+1], "'"), "|") {
				assert.Check(t, regexp.MustCompile(`\nfunc Test\w*`+strings.TrimPrefix(name, "Test")).MatchString(declared), "%s: there is no test %s", path, name)
			}
		}
	}
}

// A link within the documents leads to a file, and to a heading of it.
func TestDocumentedLinksLead(t *testing.T) {
	pages := documents(t)
	tracked, err := exec.Command("git", "-C", "../..", "ls-files").Output()
	assert.NilError(t, err)
	for path, text := range pages {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			file, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(file, ":") {
				continue // of another site
			}
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
				inside, _ := strings.CutPrefix(target, "../../")
				assert.Check(t, strings.Contains("\n"+string(tracked), "\n"+inside), "%s: %s leads nowhere", path, link[1])
			}
			if heading != "" {
				assert.Check(t, hasHeading(pages[target], heading), "%s: %s: there is no such heading", path, link[1])
			}
		}
	}
}

// hasHeading looks for a heading by the anchor that GitHub gives it.
func hasHeading(text, anchor string) bool {
	for _, line := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(line[1]), "")
		if strings.ReplaceAll(kept, " ", "-") == anchor {
			return true
		}
	}
	return false
}
