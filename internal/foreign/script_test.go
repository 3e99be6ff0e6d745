package foreign

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"gotest.tools/v3/assert"
)

// script is a foreign client, driven by one of the .mjs files beside this one.
type script struct {
	*process
	early   []event // that were not yet awaited
	endures bool    // whether losing its connection is part of the test
}

// event is one line of a script's output; which fields it has depends on what
// it tells.
type event struct {
	Event     string             `json:"event"`
	Transport string             `json:"transport"`
	Reason    string             `json:"reason"`
	Text      string             `json:"text"`
	ID        string             `json:"id"`
	Headers   map[string]string  `json:"headers"`
	Code      int                `json:"code"`
	Message   message            `json:"message"`
	Samples   float64            `json:"samples"`
	Quantiles map[string]float64 `json:"quantiles"`
	Error     struct {
		Status int    `json:"status"`
		Title  string `json:"title"`
	} `json:"error"`
}

// bad are the events that end a test which does not wait for them.
var bad = []string{"disconnect", "connect_error", "close", "fault", "unexpected", "refused"}

func play(t *testing.T, name string, args ...string) *script {
	t.Helper()
	needNode(t)
	return &script{process: launch(t, "node", append([]string{name}, args...)...)}
}

// tell gives the script a command.
func (s *script) tell(command string, fields map[string]any) {
	s.t.Helper()
	line := map[string]any{"command": command}
	for name, value := range fields {
		line[name] = value
	}
	body, err := json.Marshal(line)
	assert.NilError(s.t, err)
	_, err = fmt.Fprintf(s.stdin, "%s\n", body)
	assert.NilError(s.t, err)
}

// await waits for the next event of this name. Others that come before it are
// kept for whoever awaits them.
func (s *script) await(name string) event {
	s.t.Helper()
	for i, e := range s.early {
		if e.Event == name {
			s.early = slices.Delete(s.early, i, i+1)
			return e
		}
	}
	for {
		line := s.line()
		var e event
		assert.NilError(s.t, json.Unmarshal(line, &e), line)
		if e.Event == name {
			return e
		}
		assert.Assert(s.t, !slices.Contains(bad, e.Event) || s.endures, "waiting for %q, came %s", name, line)
		s.early = append(s.early, e)
	}
}

// awaitMessages waits for messages with these texts, ids following on after.
func (s *script) awaitMessages(after uint64, texts ...string) {
	s.t.Helper()
	for i, text := range texts {
		m := s.await("message").Message
		if m.ID != after+uint64(i)+1 || m.Text != text || m.At == 0 || m.User == "" || m.Room == "" {
			s.t.Fatalf("came %+v, want %q as %d", m, text, after+uint64(i)+1)
		}
	}
}
