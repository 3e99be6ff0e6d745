package main

import (
	"errors"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	mk := func(transport string, attempt int, s result.Status, v result.Validity) result.Trial {
		return result.Trial{Transport: transport, Trial: 1, Attempt: attempt, Status: s, Validity: v}
	}
	for name, c := range map[string]struct {
		trials []result.Trial
		said   string
	}{
		"valid":               {[]result.Trial{mk("ws", 1, result.Complete, result.Valid)}, ""},
		"suspect, then valid": {[]result.Trial{mk("ws", 1, result.Complete, result.Suspect), mk("ws", 2, result.Complete, result.Valid)}, ""},
		"suspect, then invalid": {[]result.Trial{
			mk("ws", 1, result.Complete, result.Suspect), mk("ws", 2, result.Complete, result.Invalid)}, ""},
		"suspect, then failed": {[]result.Trial{mk("ws", 1, result.Complete, result.Suspect), mk("ws", 2, result.Failed, result.Invalid)}, ""},
		"invalid":              {[]result.Trial{mk("ws", 1, result.Complete, result.Invalid)}, "1 of 1 trials are invalid; the reasons stand in the report"},
		"failed beside another": {[]result.Trial{mk("poll", 1, result.Complete, result.Valid), mk("ws", 1, result.Failed, result.Invalid)},
			"1 of 2 trials are invalid; the reasons stand in the report"},
		"one point of two": {[]result.Trial{
			{ScenarioHash: "a", Transport: "ws", Trial: 1, Attempt: 1, Status: result.Complete, Validity: result.Invalid},
			{ScenarioHash: "b", Transport: "ws", Trial: 1, Attempt: 1, Status: result.Complete, Validity: result.Valid}},
			"1 of 2 trials are invalid; the reasons stand in the report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := outcome(c.trials)
			if c.said == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := errors.AsType[*exitError](err); !ok || e.code != invalidRun || e.text != c.said {
				t.Errorf("error %#v, want %q", err, c.said)
			}
		})
	}
}
