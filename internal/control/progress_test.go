package control

import (
	"strings"
	"testing"
	"time"
)

func TestProgressOnATerminal(t *testing.T) {
	const erase = "\r\x1b[K"
	var out strings.Builder
	p := &progress{w: &out, live: true}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { p.line("run %d", 1) }, "run 1\n"},
		{func() { p.status("%s: starting", "ws") }, "ws: starting"},
		{func() { p.status("ws: %d s", 1) }, erase + "ws: 1 s"},
		{func() { p.status("ws: %d s", 2) }, erase + "ws: 2 s"},
		{func() { p.line("ws: valid") }, erase + "ws: valid\n"},
		{func() { p.line("poll: valid") }, "poll: valid\n"},
		{func() { p.status("sse: starting") }, "sse: starting"},
		{func() { p.end() }, erase},
		{func() { p.end() }, ""},
	} {
		out.Reset()
		step.do()
		if out.String() != step.want {
			t.Errorf("it wrote %q, want %q", out.String(), step.want)
		}
	}
}

func TestProgressWithoutATerminal(t *testing.T) {
	var out strings.Builder
	p := &progress{w: &out}
	later := func() { p.last = p.last.Add(-quiet) }
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { p.status("ws: starting") }, "ws: starting\n"},
		{func() { p.status("ws: 1 s") }, ""},
		{func() { later(); p.status("ws: %d s", 5) }, "ws: 5 s\n"},
		{func() { p.status("ws: 6 s") }, ""},
		{func() { p.line("ws: %s", "valid") }, "ws: valid\n"},
		{func() { p.line("once more") }, "once more\n"}, // lines are never left out
		{func() { p.status("ws: 1 s") }, ""},            // and are a sign of life
		{func() { later(); p.status("ws: 2 s") }, "ws: 2 s\n"},
		{func() { p.end() }, ""},
	} {
		out.Reset()
		step.do()
		if out.String() != step.want {
			t.Errorf("it wrote %q, want %q", out.String(), step.want)
		}
	}
	if quiet < time.Second {
		t.Errorf("a line every %v is too many", quiet)
	}
}
