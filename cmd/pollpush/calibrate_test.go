package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/calibration"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/result"
)

// usable are the exit codes of a calibration on a machine that may be too busy
// to tell a floor.
var usable = []int{fine, invalidRun}

// From the command to the file, and from the file to the trials of a run. What
// is counted is exact; how long things take is not asked for here.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	machine := control.Env().Machine()
	path := calibration.Path(calibrations, machine)
	before := calibration.New(control.Env())
	before.Put(calibration.Transport{Name: "poll", Operation: calibration.Poll})
	if err := before.Write(filepath.Join(dir, path)); err != nil { // which the next one joins
		t.Fatal(err)
	}
	e := pollpush(t, dir, "calibrate", "--quick", "--transports", "ws", "--confirm", "1")
	const exact = "ws: 200 lost, 200 duplicated and 200 reordered of 2000 deliveries are reported exactly"
	if !slices.Contains(usable, e.code) || !strings.Contains(e.stderr, exact) || !strings.Contains(e.stdout, "Calibration: "+path) {
		t.Fatalf("exit code %d: %s\n%s", e.code, e.stdout, e.stderr)
	}
	c, err := calibration.Read(filepath.Join(dir, path), machine)
	assert.NilError(t, err)
	assert.Assert(t, len(c.Transports) == 2 && c.Transports[0].Name == "poll" && c.Transports[1].Name == "ws", "calibrated are %+v", c.Transports)
	found := c.Transports[1]
	assert.Check(t, found.Quick && found.Operation == calibration.Delivery && found.Commit == "test", "%+v", found)
	assert.Assert(t, len(found.Floors) == 2 && !found.Floors[0].TLS && found.Floors[1].TLS, "%+v", found.Floors)
	for _, f := range found.Floors {
		q := f.Quantiles
		assert.Check(t, f.CPU > 0 && f.PerS > 0 && (q != nil || len(f.Doubts) > 0), "%+v", f)
		assert.Check(t, q == nil || q.N > 0 && q.Max >= q.Mean, "the floor is %+v", q)
	}
	if l := found.Largest; l.PerS == 0 && l.Invalid == 0 || l.Invalid > 0 && (l.Side == "" || l.Reason == "") {
		t.Errorf("the largest load is %+v", l)
	}
	if q := found.Confirmed; (q != nil) != (found.Largest.PerS > 0) || q != nil && (q.Trials != 1 || q.Valid > 1) {
		t.Errorf("confirmed is %+v", q)
	}
	files := filesIn(t, filepath.Join(dir, "results"))
	assert.Check(t, len(files) == 1, "%d files are in results", len(files))

	// What is not quick goes into a run's trials.
	p50 := 0.00025
	ws := c.Transports[1]
	ws.Quick, ws.Floors[0].Quantiles = false, &result.Quantiles{P50: &p50, Max: 0.001, Mean: 0.0003, N: 20}
	c.Put(ws)
	assert.NilError(t, c.Write(filepath.Join(dir, path)))
	e = pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--transports", "ws,poll")
	if !slices.Contains(usable, e.code) || !strings.Contains(e.stderr, "is known from "+path) {
		t.Errorf("exit code %d:\n%s", e.code, e.stderr)
	}
	trials, err := result.ReadDir(filepath.Join(dir, "run"))
	assert.NilError(t, err)
	for _, trial := range trials {
		got := trial.Calibration
		assert.Check(t, (got != nil) == (trial.Transport == "ws"), "%s: that the trial is calibrated is %v", trial.Transport, got != nil)
		if got != nil && (got.Commit != "test" || got.Measured.IsZero() || got.Floor == nil || *got.Floor.P50 != p50) {
			t.Errorf("%s: %+v", trial.Transport, got)
		}
	}
	wantNoneLeft(t, dir)
}

// A target that does not do what is known of it fails the calibration, which
// names the numbers that differ and keeps nothing.
func TestCalibrateMismatch(t *testing.T) {
	t.Parallel()
	dir, bin := workplace(t), t.TempDir()
	for _, name := range []string{"pollpush", "loadgen"} {
		assert.NilError(t, os.Link(program(t, name), filepath.Join(bin, name)))
	}
	wrong := "#!/bin/sh\nexec " + program(t, "nulltarget") + ` "$@" --lose 20` + "\n"
	script(t, filepath.Join(bin, "nulltarget"), wrong)
	e := launch(t, dir, filepath.Join(bin, "pollpush"), "calibrate", "--quick", "--transports", "sse").end()
	e.wantExit(t, regression, "sse: known faults were not reported exactly: lost 100, but the target made 200; delivered 2100, but the target made 2000")
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("something was kept")
	}
	wantNoneLeft(t, dir)
}

// A machine without a floor of its own is no error, a quick floor is none, and
// trials do without.
func TestCalibrated(t *testing.T) {
	t.Chdir(t.TempDir())
	env := control.Env()
	quick, p50 := calibration.New(env), 0.00025
	quick.Put(calibration.Transport{Name: "ws", Operation: calibration.Delivery, Quick: true,
		Floors: []calibration.Floor{{Clients: 1, Rooms: 1, Quantiles: &result.Quantiles{P50: &p50, Max: 0.001, Mean: 0.0003, N: 20}}}})
	assert.NilError(t, quick.Write("quick.json"))
	assert.NilError(t, os.Mkdir("empty", 0o755))
	for _, path := range []string{"quick.json", "empty", calibrations} {
		said, err := os.Create("said")
		assert.NilError(t, err)
		known, err := calibrated(&session{Context: t.Context(), stderr: newOutput(said)}, path)
		said.Close()
		text, _ := os.ReadFile("said")
		if err != nil || known != nil || !strings.Contains(string(text), "`pollpush calibrate` measures it, once") {
			t.Errorf("%s: %v, said %q", path, err, text)
		}
	}
}
