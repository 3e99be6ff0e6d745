package result

import "testing"

// A line whose numbers give cause for a doubt that it does not state is refused,
// and so is one that makes less of it.
func TestDoubtsAreJudgedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Trial)
		said string
	}{
		"a pause":              {func(t *Trial) { t.PauseS = 60 }, "no reason says that it is invalid: a shard stood still"},
		"errors":               {func(t *Trial) { t.Errors = map[string]int64{"connection lost": 500} }, "no reason says that it is invalid: 500 errors"},
		"connections lost":     {func(t *Trial) { t.Connections.Lost = 2 }, "no reason says that it is suspect: connections broken off"},
		"steal":                {func(t *Trial) { t.Env.StealCores = 1.9 }, "no reason says that it is suspect: the hypervisor took"},
		"a refusal made less":  {func(t *Trial) { t.PauseS = 60; t.Validity = Suspect; t.Doubt(GeneratorPaused, Suspect, "x") }, "no reason says that it is invalid: a shard stood still"},
		"all that is said":     {func(t *Trial) { t.PauseS = 60; t.Validity = Invalid; t.Doubt(GeneratorPaused, Invalid, "x") }, ""},
		"of an earlier format": {func(t *Trial) { t.PauseS = 60; t.Schema = Schema - 1 }, ""},
	} {
		wantCheck(t, name, c.said, c.edit)
	}
}
