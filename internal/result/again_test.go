package result

import "testing"

// A line whose numbers give cause for a doubt that it does not state is refused,
// and so is one that makes less of it.
func TestDoubtsAreJudgedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Trial)
		said string
	}{
		"a pause":              {func(t *Trial) { t.PauseS = 60 }, "missing reason, by which it is invalid: a shard paused for"},
		"errors":               {func(t *Trial) { t.Errors = map[string]int64{"connection lost": 500} }, "missing reason, by which it is invalid: 500 errors"},
		"connections lost":     {func(t *Trial) { t.Connections.Lost = 2 }, "missing reason, by which it is suspect: connections broken by"},
		"steal":                {func(t *Trial) { t.Env.StealCores = 1.9 }, "missing reason, by which it is suspect: the hypervisor took"},
		"a refusal made less":  {func(t *Trial) { t.PauseS = 60; t.Validity = Suspect; t.Doubt(GeneratorPaused, Suspect, "x") }, "missing reason, by which it is invalid: a shard paused for"},
		"all that is said":     {func(t *Trial) { t.PauseS = 60; t.Validity = Invalid; t.Doubt(GeneratorPaused, Invalid, "x") }, ""},
		"of an earlier format": {func(t *Trial) { t.PauseS = 60; t.Schema = Schema - 1 }, ""},
	} {
		wantCheck(t, name, c.said, c.edit)
	}
}
