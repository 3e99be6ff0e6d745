package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestGeneratedPartsAreCurrent(t *testing.T) {
	for _, target := range targets {
		t.Run(target.Path+" "+target.Part, func(t *testing.T) {
			old, err := os.ReadFile(filepath.Join("../..", target.Path))
			assert.NilError(t, err)
			now, err := target.apply(old)
			assert.NilError(t, err)
			assert.Check(t, bytes.Equal(old, now), "out of date: run make generate")
		})
	}
}

func TestApply(t *testing.T) {
	part := target{Path: "f", Part: "list", Text: func() (string, error) { return "new\n", nil }}
	for _, c := range []struct{ old, want string }{
		{"a\n// generated: list\nold\nold\n// end: list\nb\n", "a\n// generated: list\nnew\n// end: list\nb\n"},
		{"// generated: list\n// end: list", "// generated: list\nnew\n// end: list"},
		{"a\n", ""},
		{"// generated: list\nold\n", ""},
		{"// generated: list", ""},
	} {
		now, err := part.apply([]byte(c.old))
		assert.Check(t, string(now) == c.want && (err == nil) == (c.want != ""), "apply(%q) = %q, %v", c.old, now, err)
	}
}

func TestPut(t *testing.T) {
	page := "a\n<!-- generated: numbers -->\nold\n<!-- end: numbers -->\nb\n"
	put, err := put("page", "numbers", "../../results/baseline/short", strings.NewReader("by MEASURED.\n"))
	assert.NilError(t, err)
	now, err := put.apply([]byte(page))
	want := regexp.MustCompile("^a\n<!-- .*\nby .+, [0-9]+ cores, Linux .+, pollpush .+\\.\n<!-- .*\nb\n$")
	assert.Check(t, err == nil && want.Match(now), "%q (%v), want %v", now, err, want)
}
