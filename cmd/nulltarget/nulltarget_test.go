package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/serving"
)

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		args string
		said string
	}{
		{"--delay -1s", "--delay -1s: want at least 0s"},
		{"--stall x", "--stall"},
		{"--lose 7", "--lose 7: want 0 for none, or at least 8"},
		{"--swap -8", "--swap -8: want 0 for none, or at least 8"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := strings.Fields(strings.ReplaceAll(c.args, " -", "=-"))
			if code := command().Run(t.Context(), strings.NewReader(""), &stdout, &stderr, args); code != serving.Usage {
				t.Errorf("exit code %d, want %d", code, serving.Usage)
			}
			if !strings.Contains(stderr.String(), c.said) {
				t.Errorf("it said %q, want %q", stderr.String(), c.said)
			}
		})
	}
}
