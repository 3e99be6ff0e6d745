package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantRefused checks that a command line was refused as bad input: in words,
// at once, and without a trace.
func wantRefused(t *testing.T, dir string, e ended, said ...string) {
	t.Helper()
	e.wantExit(t, badInput, said...)
	if e.stdout != "" {
		t.Errorf("stdout: %s", e.stdout)
	}
	if !strings.HasPrefix(e.stderr, "pollpush: ") {
		t.Errorf("does not say who complains: %s", e.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("a results folder was made")
	}
}

func TestBadScenarioFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string // in tiny
		said     []string
	}{
		"unknown key":       {"clients: 20", "cleints: 20", []string{`bad.yaml:3: unknown key "cleints" (did you mean "clients"?)`}},
		"duplicate key":     {"trials: 1", "trials: 1\nclients: 5", []string{"bad.yaml:5: clients stands twice; it is on line 3 already"}},
		"missing key":       {"clients: 20\n", "", []string{`bad.yaml:1: missing key "clients"`}},
		"wrong type":        {"clients: 20", "clients: {a: 20}", []string{"bad.yaml:3: clients {…}: is not a whole number; must be 1 to 1,000,000"}},
		"a word":            {"clients: 20", "clients: many", []string{"bad.yaml:3: clients many: is not a whole number"}},
		"a section's value": {"poll: {interval: 200ms}", "poll: 200ms", []string{"bad.yaml:7: poll 200ms: must hold keys of its own: interval"}},
		"zero":              {"clients: 20", "clients: 0", []string{"bad.yaml:3: clients 0: must be 1 to 1,000,000"}},
		"negative":          {"clients: 20", "clients: -20", []string{"bad.yaml:3: clients -20: must be 1 to 1,000,000"}},
		"a million millions": {"clients: 20", "clients: 1000000000000", []string{
			"bad.yaml:3: clients 1000000000000: must be 1 to 1,000,000"}},
		"beyond all integers": {"clients: 20", "clients: 99999999999999999999999", []string{"bad.yaml:3: clients 9999", "must be 1 to 1,000,000"}},
		"absurd time":         {"steady: 2s", "steady: 9999999h", []string{"bad.yaml:8: phases.steady 9999999h: must be 1s to 24h"}},
		"no unit of time":     {"interval: 200ms", "interval: 200", []string{"bad.yaml:7: poll.interval 200: has no unit; write 200s"}},
		"no unit of rate":     {"rate: 20/s", "rate: 20", []string{"bad.yaml:6: publish.rate 20: has no unit; write 20/s"}},
		"no unit of size":     {"payload: 64B", "payload: 64", []string{"bad.yaml:5: payload 64: has no unit; write 64B"}},
		"unknown transport":   {"[poll, ws]", "[poll, wss]", []string{`bad.yaml:2: transports wss: no such transport (did you mean "ws"?); there are poll, poll-etag, `}},
		"more rooms than clients": {"trials: 1", "trials: 1\nrooms: 21", []string{
			"bad.yaml:5: rooms 21: must be at most clients, which is 20"}},
		"two faults": {"clients: 20\ntrials: 1", "clients: 0\ntrials: 0", []string{"bad.yaml:3: clients 0", "bad.yaml:4: trials 0"}},
		"not YAML":   {"clients: 20", "clients: {20", []string{"bad.yaml:", "not valid YAML"}},
		"a list":     {tiny, "- 1\n- 2\n", []string{"bad.yaml:1:", "must be keys with values"}},
		"empty":      {tiny, "", []string{"bad.yaml: is empty; scenarios/example.yaml shows every key"}},
		"binary":     {tiny, "\x7fELF\x02\x01\x01\x00\x00\xff", []string{"bad.yaml:1: holds the control character U+007F; a scenario is a text file"}},
		"not UTF-8":  {"Does", "D\xf6es", []string{"bad.yaml:1: byte 0xf6 is not UTF-8"}},
		"too large":  {"trials: 1", "trials: 1 #" + strings.Repeat("-", 70_000), []string{"bad.yaml: is larger than 64 KiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			bad := strings.Replace(tiny, c.old, c.new, 1)
			if bad == tiny {
				t.Fatalf("tiny does not hold %q", c.old)
			}
			write(t, filepath.Join(dir, "bad.yaml"), bad)
			wantRefused(t, dir, pollpush(t, dir, "run", "bad.yaml"), c.said...)
		})
	}
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args string
		said []string
	}{
		"unknown command":       {"rnu", []string{"rnu", "see pollpush --help"}},
		"unknown flag":          {"run tiny.yaml --cleints 5", []string{"--cleints", "see pollpush --help"}},
		"flag without value":    {"run tiny.yaml --clients", []string{"--clients"}},
		"unknown scenario":      {"run shrot", []string{`scenario shrot: no such scenario (did you mean "short"?); there are chat-1k, short,`}},
		"no such file":          {"run shrot.yaml", []string{`scenario shrot.yaml: no such file (did you mean "short"?)`, "or give a file's path"}},
		"a directory":           {"run .", []string{"scenario .: is a directory; give a scenario's name or file"}},
		"second one unknown":    {"run tiny.yaml nope", []string{"scenario nope: no such scenario"}},
		"zero":                  {"run tiny.yaml --clients 0", []string{"--clients 0: must be 1 to 1,000,000"}},
		"negative":              {"run tiny.yaml --clients=-1", []string{"--clients -1: must be 1 to 1,000,000"}},
		"absurd":                {"run tiny.yaml --trials 1e9", []string{"--trials", "is not a whole number; must be 1 to 1,000"}},
		"no unit":               {"run tiny.yaml --steady 20", []string{"--steady 20: has no unit; write 20s"}},
		"unknown transport":     {"run tiny.yaml --transports poll,wss", []string{`--transports wss: no such transport (did you mean "ws"?)`}},
		"transport twice":       {"run tiny.yaml --transports ws,ws", []string{"--transports ws: stands twice"}},
		"unknown arrivals":      {"run tiny.yaml --arrivals possion", []string{`--arrivals possion: must be poisson or constant (did you mean "poisson"?)`}},
		"a conflict":            {"run tiny.yaml --rooms 21", []string{"--rooms 21: must be at most clients, which is 20"}},
		"one folder, two runs":  {"run tiny.yaml tiny.yaml --out both", []string{"--out", "2 scenarios"}},
		"pid without target":    {"run tiny.yaml --target-pid 1", []string{"--target-pid 1: goes with --target"}},
		"zero pid":              {"run tiny.yaml --target http://127.0.0.1:1 --target-pid 0", []string{"--target-pid 0: must be"}},
		"negative pid":          {"run tiny.yaml --target http://127.0.0.1:1 --target-pid=-1", []string{"--target-pid -1: must be"}},
		"pid not a number":      {"run tiny.yaml --target http://127.0.0.1:1 --target-pid me", []string{"--target-pid"}},
		"history of a target":   {"run tiny.yaml --target http://127.0.0.1:1 --history 5", []string{"--history 5: does not go with --target"}},
		"batch of a target":     {"run tiny.yaml --target http://127.0.0.1:1 --batch 5ms", []string{"--batch 5ms: does not go with --target"}},
		"profiles of a target":  {"run tiny.yaml --target http://127.0.0.1:1 --profile", []string{"--profile: goes with the servers that pollpush starts, not with --target"}},
		"all and one":           {"run tiny.yaml --transports all,poll", []string{"--transports all: must stand alone"}},
		"empty for":             {"check http://127.0.0.1:1 --for=", []string{`--for ""`, "leave the flag out"}},
		"empty transports":      {"calibrate --transports=", []string{`--transports ""`, "leave the flag out"}},
		"empty target pids":     {"ab http://127.0.0.1:1 http://127.0.0.1:2 --target-pid=", []string{`--target-pid ""`, "leave the flag out"}},
		"empty target":          {"run tiny.yaml --target=", []string{`--target ""`, "leave the flag out"}},
		"report without folder": {"report", []string{"<dir>"}},
		"compare with one":      {"compare a", []string{"<new>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			wantRefused(t, dir, pollpush(t, dir, strings.Fields(c.args)...), c.said...)
			if _, err := os.Stat(filepath.Join(dir, "both")); err == nil {
				t.Error("the folder was made")
			}
		})
	}
}
