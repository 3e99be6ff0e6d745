package scenario

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
	"github.com/pollpush/pollpush/scenarios"
)

// FuzzParse holds Parse to its promises: whatever it is given, it does not
// panic, accepts only values in range and files that conform to schema.json,
// and names the file or the flag in every fault.
func FuzzParse(f *testing.F) {
	for _, name := range append(Names(), "example") {
		src, err := scenarios.FS.ReadFile(name + ".yaml")
		assert.NilError(f, err)
		f.Add(src, "clients", "50")
	}
	f.Add([]byte(good), "publish.rate", "1/30s")
	f.Add([]byte(good), "transports", "ws,poll")
	f.Add([]byte("a: &a [*a]\n---\n%YAML 1.1"), "seed", "-0")
	f.Add([]byte(edit("poll: {interval: 1h}")), "phases.drain", "9999999h")
	schema := compileSchema(f)
	f.Fuzz(func(t *testing.T, src []byte, key, text string) {
		start := testkit.Now()
		if _, err := parse("fuzzed.yaml", src); err == nil {
			// Space around the text of about does not count, except to a schema.
			if err := conforms(schema, src); err != nil && !strings.Contains(err.Error(), "/about") {
				t.Errorf("schema.json refuses what Parse accepts: %v", err)
			}
		}
		s, err := parse("fuzzed.yaml", src, Override{key, text, "--flag"})
		took := start.Calm()
		assert.Check(t, took <= 5*time.Second, "took %v for %d bytes", took, len(src))
		if err == nil {
			inRange(t, s)
			again, err := parse("fuzzed.yaml", src, Override{key, text, "--flag"})
			if err != nil || again.Hash() != s.Hash() || len(s.Hash()) != 12 || cmp.Diff(s, again) != "" {
				t.Errorf("not the same twice: %+v, %+v, %v", s, again, err)
			}
			return
		}
		e, ok := errors.AsType[*Error](err)
		assert.Assert(t, ok && len(e.Faults) != 0 && len(e.Faults) <= faultsMost+1, "%T: %v", err, err)
		for line := range strings.SplitSeq(err.Error(), "\n") {
			assert.Check(t, strings.HasPrefix(line, "scenario fuzzed.yaml:") || strings.HasPrefix(line, "--flag"), "a fault of nothing: %q", line)
		}
	})
}

// inRange checks that every value is one that a flag may hold, and the rules
// between keys.
func inRange(t *testing.T, s Scenario) {
	t.Helper()
	for _, k := range keys {
		again := &draft{Scenario: s, known: known}
		if trouble := k.parse(again, value{text: k.format(&s)}); trouble != nil || cmp.Diff(s, again.Scenario) != "" {
			t.Errorf("%s is out of range: %s: %v", k.Path, k.format(&s), trouble)
		}
	}
	if s.Name != "fuzzed" || s.Rooms > s.Clients || s.Publish.Publishers > s.Clients/s.Rooms || s.Phases.Drain < s.Poll.Interval ||
		s.Shards > s.Clients || s.Duration() <= 0 || math.Signbit(s.Publish.Rate) {
		t.Errorf("out of range: %+v", s)
	}
}
