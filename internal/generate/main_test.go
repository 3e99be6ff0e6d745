package main

import (
	"bytes"
	"os"
	"path/filepath"
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
