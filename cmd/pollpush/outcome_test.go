package main

import (
	"errors"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	mk := func(point, transport string, attempt int, s result.Status, v result.Validity) result.Trial {
		return result.Trial{ScenarioHash: point, Transport: transport, Trial: 1, Attempt: attempt, Status: s, Validity: v}
	}
	first := mk("a", "ws", 1, result.Complete, result.Suspect)
	invalid := mk("a", "ws", 1, result.Complete, result.Invalid)
	for name, c := range map[string]struct {
		trials []result.Trial
		said   string
	}{
		"valid":                 {[]result.Trial{mk("a", "ws", 1, result.Complete, result.Valid)}, ""},
		"suspect, then valid":   {[]result.Trial{first, mk("a", "ws", 2, result.Complete, result.Valid)}, ""},
		"suspect, then invalid": {[]result.Trial{first, mk("a", "ws", 2, result.Complete, result.Invalid)}, ""},
		"suspect, then failed":  {[]result.Trial{first, mk("a", "ws", 2, result.Failed, result.Invalid)}, ""},
		"invalid":               {[]result.Trial{invalid}, "1 of 1 trial is invalid; the report gives the reasons"},
		"beside another":        {[]result.Trial{mk("a", "poll", 1, result.Complete, result.Valid), invalid}, "1 of 2 trials are invalid; the report gives the reasons"},
		"one point of two":      {[]result.Trial{invalid, mk("b", "ws", 1, result.Complete, result.Valid)}, "1 of 2 trials are invalid; the report gives the reasons"},
	} {
		said := ""
		if e, ok := errors.AsType[*exitError](outcome(c.trials)); ok && e.code == invalidRun {
			said = e.text
		}
		assert.Check(t, said == c.said, "%s: %q, want %q", name, said, c.said)
	}
}
