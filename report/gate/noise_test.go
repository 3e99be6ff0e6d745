package gate

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// later is the run made again, so much later.
func later(d time.Duration) change {
	return each(func(t *result.Trial) { t.Started = t.Started.Add(d) })
}

// learnt is what is known after a run and one that was made an hour later.
func learnt(t *testing.T, base []result.Trial, next change) *Noise {
	t.Helper()
	n := &Noise{}
	again := make([]result.Trial, len(base))
	for i := range base {
		again[i] = fixture.Copied(base[i])
	}
	assert.NilError(t, Learn(n, base, inTurn(later(time.Hour), next)(again)))
	return n
}

// What runs of one commit differ by is no regression, and below that a limit
// says nothing.
func TestNoiseRaisesLimits(t *testing.T) {
	slower := only("ws", dearer(1.3))
	o := Options{Noise: learnt(t, six("poll", "ws"), slower)}
	five := func(trials []result.Trial) []result.Trial {
		return slices.DeleteFunc(each(func(t *result.Trial) { t.Asked.Trials = 5 })(trials), func(t result.Trial) bool { return t.Trial == 6 })
	}
	const note = "ws: server CPU per delivery (limit 10 %, but 30 %)"
	calm := func(t *testing.T, c *Comparison) {
		if r := c.row("ws", "server-cpu-per-delivery"); r.Untestable() || strings.Contains(strings.Join(c.notes(), "\n"), note) {
			t.Errorf("%+v, notes %q", r.Change, c.notes())
		}
	}
	runTests(t, []test{
		{name: "as far as learnt", next: slower, options: o, rows: cpuRow, want: compare.Untested, notes: note},
		{name: "further", next: only("ws", dearer(1.5)), options: o, rows: cpuRow, want: compare.Worse, fails: "runs of one commit differ by up to 30 %", notes: note},
		// Noise of six trials does not hold for five, which are too few to be significant.
		{name: "as far, with fewer trials", next: inTurn(slower, five), options: o, rows: cpuRow, want: compare.Untested, check: calm},
		{name: "as far, elsewhere", next: inTurn(slower, each(elsewhere)), options: o, rows: cpuRow, want: compare.Worse, warns: anything, check: calm},
	})
}

// What is counted has no noise. A difference beyond any limit is kept as the
// largest, so that what is written can be read.
func TestLearn(t *testing.T) {
	n := learnt(t, six("poll", "ws"), only("ws", func(t *result.Trial) {
		dearer(30)(t)
		t.Requests.Total = 60
		moreIn(t, t.Bytes.In)
	}))
	changes := n.Alike[0].Transports["ws"].Changes
	assert.Check(t, is.Equal(changes["server-cpu-per-delivery"], float64(10)), "30 times the CPU is learnt as")
	for _, m := range metric.ComparedMetrics {
		_, ok := changes[m.ID()]
		assert.Check(t, !ok || m.Kind != metric.Exact, "%s is learnt", m.Name)
	}
	changes["bytes-per-delivery-in"] = 1 // as an older pollpush wrote it
	runTests(t, []test{{name: "counts", next: only("ws", percentIn(150)), options: Options{Noise: n}, rows: inRow, want: compare.Worse, fails: anything, check: func(t *testing.T, c *Comparison) {
		r := c.row("ws", "bytes-per-delivery-in")
		assert.Check(t, r.Floor == 0, "a counted row has a floor: %+v", r.Change)
	}}})
}

func TestLearnRefuses(t *testing.T) {
	known := learnt(t, six("poll", "ws"), nil)
	commit := func(name string) change { return each(func(t *result.Trial) { t.Env.Commit = name }) }
	for _, tt := range []struct {
		name       string
		base, next change
		refused    string
	}{
		{"another commit", nil, commit("77aa001"), "their commits differ (4c1d9e2 and 77aa001)"},
		{"uncommitted changes", commit("4c1d9e2-dirty"), commit("4c1d9e2-dirty"), "commit first"},
		{"no commit", commit(""), commit(""), "commit first"},
		{"another machine", nil, each(func(t *result.Trial) { t.Env.Cores = 4 }), "not of one machine"},
		{"another scenario", nil, each(func(t *result.Trial) { t.ScenarioHash = "0" }), "not of the same points"},
		{"a transport less", nil, without("ws"), "not of the same points"},
		{"profiled", nil, each(func(t *result.Trial) { t.Profiles = &result.Profiles{} }), "kept profiles"},
		{"a suspect trial", nil, each(ofTrial(2, func(t *result.Trial) { fixture.Doubt(t, result.Suspect, result.Steal, "stolen") })), "not all of their trials are valid (poll trial 2, ws trial 2)"},
		{"an invalid trial", nil, each(func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.PollLate, "late") }), "invalid for its timing"},
		{"few trials", nil, func([]result.Trial) []result.Trial { return later(time.Hour)(fixture.TrialsOf(3, "poll", "ws")) },
			"comparing times needs 4 trials of each transport, and they have 6 and 3: run both with --trials 6"},
		{"the same run", nil, later(-time.Hour), "they are the same run"},
		{"known", nil, nil, "already learned from"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefused(t, Learn(known, inTurn(tt.base)(six("poll", "ws")), inTurn(later(time.Hour), tt.next)(six("poll", "ws"))), tt.refused)
		})
	}
	assert.Check(t, is.Equal(len(known.Alike), 1), "comparisons are known")
}

func TestNoiseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), NoiseFile)
	if n, err := ReadNoise(path); err != nil || len(n.Alike) > 0 {
		t.Fatalf("no file: %v, %v", n, err)
	}
	other := each(func(t *result.Trial) { t.ScenarioHash, t.Clients = "300", 300 })(six("poll", "ws"))
	swept := each(func(t *result.Trial) { t.Swept = []string{"clients"} })(append(six("poll", "ws"), other...))
	n := learnt(t, swept, nil)
	for range 2 {
		assert.NilError(t, n.Write(path))
	}
	got, err := ReadNoise(path)
	diff := cmp.Diff(n, got)
	assert.Check(t, err == nil && diff == "" && len(got.Alike) == 2, "%v, %d points; -written +read:\n%s", err, len(got.Alike), diff)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	assert.Check(t, err == nil && len(files) == 1, "%v, %v: other files are left", files, err)
	_, err = ReadNoise(filepath.Dir(path))
	wantRefused(t, err, "is not a regular file")
}
