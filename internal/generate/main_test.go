package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestGeneratedPartsAreCurrent(t *testing.T) {
	for _, target := range targets {
		t.Run(target.Path+" "+target.Part, func(t *testing.T) {
			old, err := os.ReadFile(filepath.Join("../..", target.Path))
			if err != nil {
				t.Fatal(err)
			}
			now, err := target.apply(old)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(old, now) {
				t.Error("out of date: run make generate")
			}
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
		if string(now) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("apply(%q) = %q, %v", c.old, now, err)
		}
	}
}

func TestPut(t *testing.T) {
	page := "a\n<!-- generated: numbers -->\nold\n<!-- end: numbers -->\nb\n"
	put, err := put("page", "numbers", "../../results/baseline/short", strings.NewReader("by MEASURED.\n"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := put.apply([]byte(page))
	want := regexp.MustCompile("^a\n<!-- .*\nby .+, [0-9]+ cores, Linux .+, pollpush .+\\.\n<!-- .*\nb\n$")
	if err != nil || !want.Match(now) {
		t.Errorf("%q (%v), want %v", now, err, want)
	}
}
