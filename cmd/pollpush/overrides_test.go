package main

import (
	"slices"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/scenario"
)

// parsed is a command line as the commands see it.
func parsed(t *testing.T, args ...string) (commands, error) {
	t.Helper()
	c := newCommands()
	parser, err := kong.New(&c, vars(), kong.Exit(func(int) { t.Errorf("%q: exits", args) }))
	assert.NilError(t, err)
	_, err = parser.Parse(args)
	return c, err
}

// Every key of a scenario but about has a flag, of both commands that run one.
func TestOverrides(t *testing.T) {
	args := []string{"run"}
	var want []scenario.Override
	for _, k := range scenario.Keys() {
		if k.Path == "about" {
			continue
		}
		flag := "--" + k.Flag()
		args = append(args, flag+"=some "+k.Path)
		want = append(want, scenario.Override{Key: k.Path, Value: "some " + k.Path, Origin: flag})
	}
	c, err := parsed(t, args...)
	diff := cmp.Diff(want, c.Run.list())
	assert.Check(t, err == nil && diff == "" && c.Run.Scenarios[0] == scenario.Default, "%v of %v: %s", err, c.Run.Scenarios, diff)
	for _, tls := range [][]string{{"--tls", "true"}, {"--tls=true", "true"}, {"--tls true", "true"}, {"--tls false", "false"}} {
		c, err = parsed(t, append([]string{"run"}, words(tls[0]+" short")...)...)
		want := []scenario.Override{{Key: "tls", Value: tls[1], Origin: "--tls"}}
		assert.Check(t, err == nil && slices.Equal(c.Run.list(), want) && slices.Equal(c.Run.Scenarios, []string{"short"}), "%s: %v of %v: %v", tls[0], err, c.Run.Scenarios, c.Run.list())
	}
	c, err = parsed(t, "ab", "a", "b", "--trials", "5")
	if err != nil || !c.Ab.overridden("trials") || c.Ab.overridden("clients") || len(c.Run.list()) != 0 {
		t.Errorf("%v: %v and %v", err, c.Ab.list(), c.Run.list())
	}
}
