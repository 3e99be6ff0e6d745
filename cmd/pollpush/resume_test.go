package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// A sweep that is interrupted goes on where it was, by its folder alone: even
// if the scenario's file has changed, and with the flags of the first time.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	p := launch(t, dir, program(t, "pollpush"), "run", "tiny.yaml", "--out", "run", "--clients", "5,10", "--steady", "1s")
	p.await("half of them within") // what is said of a trial that has ended
	p.interrupt(syscall.SIGINT).wantExit(t, interrupted, "--resume run")
	write(t, filepath.Join(dir, "tiny.yaml"), strings.ReplaceAll(tiny, "clients: 20", "clients: 7"))
	before, err := result.ReadDir(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}

	e := launch(t, dir, program(t, "pollpush"), "run", "--resume", "run").end()
	if e.code != fine && e.code != invalidRun { // a busy machine may doubt a trial
		e.wantExit(t, fine)
	}
	after, err := result.ReadDir(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	complete := map[string]int{}
	for i, trial := range after {
		if trial.Status == result.Complete {
			complete[trial.ScenarioHash+trial.Transport]++
		}
		if i < len(before) && !trial.Started.Equal(before[i].Started) {
			t.Errorf("trial %d of before has gone", i)
		}
		if got := strings.Join(trial.Flags, " "); got != "--clients 5,10 --steady 1s" {
			t.Errorf("flags %q", got)
		}
	}
	if len(complete) != 4 {
		t.Errorf("complete are %v, want two points of two transports", complete)
	}
	wantReport(t, filepath.Join(dir, "run"))

	again := launch(t, dir, program(t, "pollpush"), "run", "--resume", "run").end()
	if last, err := result.ReadDir(filepath.Join(dir, "run")); err != nil || len(last) != len(after) {
		t.Errorf("resuming what is complete left %d trials of %d, %v:\n%s", len(last), len(after), err, again.stderr)
	}
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	sound, err := json.Marshal(order{File: "tiny.yaml", Source: tiny})
	if err != nil {
		t.Fatal(err)
	}
	faulty, err := json.Marshal(order{File: "tiny.yaml", Source: tiny, Keys: []scenario.Override{{Key: "clients", Value: "many", Origin: "--clients"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"sound": string(sound), "faulty": string(faulty), "foreign": "[]", "torn": "{"} {
		write(t, filepath.Join(dir, name, orderFile), text)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args string
		code int
		said string
	}{
		"no folder":       {"--resume nowhere", refused, "--resume nowhere: there is no order.json; name the folder of a run, as `pollpush run` prints it"},
		"no run":          {"--resume empty", refused, "--resume empty: there is no order.json"},
		"another program": {"--resume foreign", badInput, "order.json is not what `pollpush run` has written"},
		"cut off":         {"--resume torn", badInput, "order.json is not what `pollpush run` has written"},
		"a fault":         {"--resume faulty", badInput, "--clients many: is not a whole number"},
		"a scenario":      {"short --resume sound", badInput, "--resume sound: goes on with the run as it was asked for; leave out the scenario and all other flags"},
		"a key":           {"--resume sound --clients 5", badInput, "leave out the scenario and all other flags"},
		"a baseline":      {"--resume sound --baseline sound", badInput, "leave out the scenario and all other flags"},
		"another folder":  {"--resume sound --out other", badInput, "leave out the scenario and all other flags"},
	} {
		e := pollpush(t, dir, append([]string{"run"}, strings.Fields(c.args)...)...)
		t.Run(name, func(t *testing.T) { e.wantExit(t, c.code, c.said) })
	}
}
