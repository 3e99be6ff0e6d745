package recipe_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/recipe"
	"github.com/pollpush/pollpush/internal/result"
)

const pigeonClient = `package client

// newPigeon makes a client that has wings and flies as Server-Sent Events do.
func newPigeon(t Target) Client { return newSSE(t) }
`

// tinyRun is a run of a few seconds.
const tinyRun = `about: Do pigeons arrive?
transports: [ws, pigeon]
clients: 4
trials: 1
publish: {rate: 20/s, arrivals: constant, publishers: 1}
phases: {ramp_up: 100ms, warm_up: 200ms, steady: 1s, drain: 5s}
`

// A transport is added in two places: its row in the table, and a client in the
// generator (a file and its line). Scenarios, runs, the conformance suite, reports
// and pages know it from there.
func TestAddingATransport(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs and runs them")
	}
	c := recipe.New(t)
	c.Replace("internal/transport/transport.go", "\t{Name: \"sse\",", "\t{Name: \"pigeon\", Spoken: \"carrier pigeon\", About: \"flies\", Look: Look{Ink: 0xC0FFEE, Dark: 0xC0FFE0, Marker: OpenDownward}},\n\t{Name: \"sse\",")
	c.Write("loadgen/internal/client/pigeon.go", pigeonClient)
	c.Replace("loadgen/internal/client/client.go", "\t\"sse\": ", "\t\"pigeon\": newPigeon,\n\t\"sse\": ")

	suite := c.Test("./internal/transport", "Test(EveryoneReceives|AllMeet|ACursorResumes|CutOff|MeterAgrees|LayersAddUp|TransportsDiffer)/^pigeon")
	for _, test := range []string{"TestEveryoneReceivesInOrder/pigeon", "TestAllMeetInTheSameRoom/pigeon_to_poll", "TestMeterAgreesWithTheServer/pigeon"} {
		assert.Check(t, strings.Contains(suite, "--- PASS: "+test), "the conformance suite lacks %s:\n%s", test, suite)
	}
	programs := c.Build("./cmd/pollpush", "./cmd/loadgen", "./cmd/chatserver")
	dir := t.TempDir()
	pollpush := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pollpush"), args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // a busy machine makes trials invalid
		return string(out)
	}
	if help, want := pollpush("probe", "--help"), "longpoll, pigeon, sse"; !strings.Contains(strings.Join(strings.Fields(help), " "), want) {
		t.Errorf("the help of probe lacks %q:\n%s", want, help)
	}
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "tiny.yaml"), []byte(tinyRun), 0o644))
	said := pollpush("run", "tiny.yaml", "--out", "run")
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	flew := func(t result.Trial) bool { return t.Transport == "pigeon" && t.Delivered > 0 && t.Lost == 0 }
	assert.Assert(t, err == nil && slices.ContainsFunc(trials, flew), "no pigeon arrived: %v\n%s", err, said)
	pageShowsPigeons(t, pollpush)
	if want := []string{"internal/transport/transport.go", "loadgen/internal/client/pigeon.go", "loadgen/internal/client/client.go"}; !slices.Equal(c.Touched(), want) {
		t.Errorf("touched are %v, want %v", c.Touched(), want)
	}
}

// pageShowsPigeons has stored trials of ws reported as if they were of pigeons.
func pageShowsPigeons(t *testing.T, pollpush func(...string) string) {
	t.Helper()
	dir := t.TempDir()
	stored, err := result.ReadDir("../../results/baseline/short")
	assert.NilError(t, err)
	for _, trial := range stored {
		trial.Asked.Transports = nil
		if trial.Transport == "ws" {
			trial.Transport = "pigeon"
		}
		assert.NilError(t, result.Append(filepath.Join(dir, result.FileName), &trial))
	}
	said := pollpush("report", dir)
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	assert.NilError(t, err, "%v\n%s", err, said)
	text := strings.ToLower(string(page))
	for _, want := range []string{"carrier pigeon", fmt.Sprintf("stroke=\"#%06x\"", 0xC0FFEE), fmt.Sprintf("[stroke=\"#%06x\"] { stroke: #%06x", 0xC0FFEE, 0xC0FFE0)} {
		assert.Check(t, strings.Contains(text, want), "report.html lacks %s", want)
	}
}
