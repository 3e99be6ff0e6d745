package scenario

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

// A hostile file must cost no more than its size explains.
func TestHostileFilesAreQuick(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, SizeMax/len(s)) }
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 30 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i)
	}
	for name, src := range map[string]string{
		"bomb":      bomb + "clients: *a30\n",
		"same key":  fill("clients: 1\n"),
		"long list": "transports: [" + fill("ws,")[:SizeMax-14] + "]",
		"open maps": fill("{a: "),
		"dashes":    fill("- "),
		"questions": fill("? "),
		"one word":  "about: " + fill("x")[:SizeMax-10],
		"comments":  good + fill("#\n")[:SizeMax-len(good)],
		"numbers":   "clients: " + fill("9")[:SizeMax-10],
		"quotes":    fill(`"`),
		"spaces":    "a:" + fill(" ")[:SizeMax-3] + "b",
		"flow keys": "{" + fill("a,")[:SizeMax-2] + "}",
	} {
		start := testkit.Now()
		_, err := parse("x.yaml", []byte(src))
		took := start.Calm()
		t.Logf("%s: %v", name, took)
		if took > 5*time.Second { // far above a loaded machine with -race, far below anything quadratic
			t.Errorf("%s took %v", name, took)
		}
		assert.Check(t, err != nil || name == "comments", "%s was accepted", name)
		if err != nil && len(err.Error()) > 10_000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}
