package result

import (
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestChosen(t *testing.T) {
	mk := func(attempt int, s Status, v Validity) Trial { return Trial{Attempt: attempt, Status: s, Validity: v} }
	for _, c := range []struct {
		name     string
		attempts []Trial
		want     int
	}{
		{"none", nil, -1},
		{"the only one", []Trial{mk(1, Complete, Invalid)}, 0},
		{"none that ran to its end", []Trial{mk(1, Failed, Invalid), mk(2, Partial, Invalid)}, -1},
		{"valid before suspect", []Trial{mk(1, Complete, Suspect), mk(2, Complete, Valid)}, 1},
		{"valid before suspect, whatever the order", []Trial{mk(1, Complete, Valid), mk(2, Complete, Suspect)}, 0},
		{"suspect before invalid", []Trial{mk(1, Complete, Suspect), mk(2, Complete, Invalid)}, 0},
		{"of equals the later", []Trial{mk(1, Complete, Suspect), mk(2, Complete, Suspect)}, 1},
		{"of equals the later, though it stands first", []Trial{mk(2, Complete, Valid), mk(1, Complete, Valid)}, 0},
		{"not a failed one", []Trial{mk(1, Complete, Suspect), mk(2, Failed, Invalid)}, 0},
		{"not a partial one", []Trial{mk(1, Complete, Invalid), mk(2, Partial, Invalid)}, 0},
		{"not one that failed before", []Trial{mk(1, Failed, Invalid), mk(2, Complete, Invalid)}, 1},
	} {
		assert.Check(t, is.Equal(Chosen(c.attempts), c.want), c.name)
	}
}
