package result

import (
	"strings"
	"testing"
)

// A line whose numbers give cause for a doubt that it does not state is refused,
// and so is one that makes less of it.
func TestDoubtsAreJudgedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Trial)
		said string
	}{
		"a pause":              {func(t *Trial) { t.PauseS = 60 }, "invalid: a shard stood still"},
		"errors":               {func(t *Trial) { t.Errors = map[string]int64{"connection lost": 500} }, "invalid: 500 errors"},
		"connections lost":     {func(t *Trial) { t.Connections.Lost = 2 }, "suspect: connections broken off"},
		"steal":                {func(t *Trial) { t.Env.StealCores = 1.9 }, "suspect: the hypervisor took"},
		"a refusal made less":  {func(t *Trial) { t.PauseS = 60; t.Validity = Suspect; t.Doubt(GeneratorPaused, Suspect, "x") }, "invalid: a shard stood still"},
		"all that is said":     {func(t *Trial) { t.PauseS = 60; t.Validity = Invalid; t.Doubt(GeneratorPaused, Invalid, "x") }, ""},
		"of an earlier format": {func(t *Trial) { t.PauseS = 60; t.Schema = Schema - 1 }, ""},
	} {
		err := sound(t, c.edit).Check()
		if (c.said == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), "no reason says that it is "+c.said) {
			t.Errorf("%s: %v, want %q", name, err, c.said)
		}
	}
}
