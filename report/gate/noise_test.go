package gate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/fixture"
	"github.com/pollpush/pollpush/report/internal/metric"
)

// later is the run made again, so much later.
func later(d time.Duration) func([]result.Trial) []result.Trial {
	return fixture.Each(func(t *result.Trial) { t.Started = t.Started.Add(d) })
}

func again(trials []result.Trial) []result.Trial {
	out := make([]result.Trial, len(trials))
	for i := range trials {
		out[i] = fixture.Copied(trials[i])
	}
	return out
}

// What runs of one commit differ by is no regression, and below that a limit
// says nothing.
func TestNoiseRaisesLimits(t *testing.T) {
	base := six("poll", "ws")
	n := &Noise{}
	slower := only("ws", dearer(1.3))
	if err := Learn(n, base, slower(later(time.Hour)(again(base)))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		change     func([]result.Trial) []result.Trial
		want       compare.Verdict
		untestable bool
	}{
		{"as far as learnt", slower, compare.Untested, true},
		{"further", only("ws", dearer(1.5)), compare.Worse, true},
		{"as far, with fewer trials", func(trials []result.Trial) []result.Trial {
			return slices.DeleteFunc(fixture.Each(func(t *result.Trial) { t.Asked.Trials = 5 })(slower(trials)), func(t result.Trial) bool { return t.Trial == 6 })
		}, compare.Untested, false}, // noise of six trials does not hold for five, which are too few to be significant
		{"as far, elsewhere", func(trials []result.Trial) []result.Trial {
			return fixture.Each(func(t *result.Trial) { t.Env.Kernel = "6.13.0" })(slower(trials))
		}, compare.Worse, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, Options{Noise: n}, base, tt.change)
			row := c.row("ws", "server CPU per delivery")
			if row.Verdict != tt.want || row.Untestable() != tt.untestable {
				t.Errorf("%+v, want %s", row, tt.want)
			}
			if said := strings.Contains(strings.Join(c.notes(), "\n"), "ws: server CPU per delivery (limit 10 %, but 30 %)"); said != tt.untestable {
				t.Errorf("notes %q", c.notes())
			}
		})
	}
}

// What is counted has no noise. A difference beyond any limit is kept as the
// largest, so that what is written can be read.
func TestLearn(t *testing.T) {
	base := six("poll", "ws")
	n := &Noise{}
	if err := Learn(n, base, only("ws", func(t *result.Trial) {
		dearer(30)(t)
		t.Requests.Total = 60
		moreIn(t, t.Bytes.In)
	})(later(time.Hour)(again(base)))); err != nil {
		t.Fatal(err)
	}
	learnt := n.Alike[0].Transports["ws"].Changes
	if got := learnt["server-cpu-per-delivery"]; got != 10 {
		t.Errorf("30 times the CPU is learnt as %v, want %d", got, 10)
	}
	for i := range metric.ComparedMetrics {
		if _, ok := learnt[metric.ComparedMetrics[i].ID()]; ok && metric.ComparedMetrics[i].Kind == metric.Exact {
			t.Errorf("%s is learnt", metric.ComparedMetrics[i].Name)
		}
	}
	n.Alike[0].Transports["ws"].Changes["bytes-per-delivery-in"] = 1 // as an older pollpush wrote it
	c := compared(t, Options{Noise: n}, base, only("ws", func(t *result.Trial) { moreIn(t, t.Bytes.In/2) }))
	if row := c.row("ws", "bytes per delivery, in"); row.Floor != 0 || row.Verdict != compare.Worse {
		t.Errorf("a counted row has a floor: %+v", row)
	}
}

func TestLearnRefuses(t *testing.T) {
	base := six("poll", "ws")
	known := &Noise{}
	if err := Learn(known, base, later(time.Hour)(again(base))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*result.Trial)
		said   string
	}{
		{"another commit", func(t *result.Trial) { t.Env.Commit = "77aa001" }, "of the commits 4c1d9e2 and 77aa001"},
		{"another machine", func(t *result.Trial) { t.Env.Cores = 4 }, "not of one machine"},
		{"another scenario", func(t *result.Trial) { t.ScenarioHash = "0" }, "not of the same points"},
		{"profiled", func(t *result.Trial) { t.Profiles = &result.Profiles{} }, "kept profiles"},
		{"a suspect trial", func(t *result.Trial) {
			if t.Trial == 2 {
				fixture.Doubt(t, result.Suspect, result.Steal, "stolen")
			}
		}, "not all of their trials are valid (poll trial 2, ws trial 2)"},
		{"an invalid trial", func(t *result.Trial) { fixture.Doubt(t, result.Invalid, result.PollLate, "late") }, "invalid for its timing"},
		{"few trials", func(t *result.Trial) {}, "it takes 4 trials of each transport to tell times, and they have 6 and 3: run both with --trials 6"},
		{"the same run", func(t *result.Trial) { t.Started = t.Started.Add(-time.Hour) }, "one and the same run"},
		{"known", func(*result.Trial) {}, "learnt from already"},
	} {
		next := base
		if tt.name == "few trials" {
			next = fixture.TrialsOf(3, "poll", "ws")
		}
		err := Learn(known, base, fixture.Each(tt.change)(later(time.Hour)(again(next))))
		if err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.said)
		}
	}
	dirty := fixture.Each(func(t *result.Trial) { t.Env.Commit = "4c1d9e2-dirty" })
	if err := Learn(known, dirty(again(base)), dirty(later(time.Hour)(again(base)))); err == nil || !strings.Contains(err.Error(), "commit first") {
		t.Errorf("uncommitted changes: %v", err)
	}
	if n := len(known.Alike); n != 1 {
		t.Errorf("%d comparisons are known, want 1: what is refused is not learnt", n)
	}
}

func TestNoiseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), NoiseFile)
	if n, err := ReadNoise(path); err != nil || len(n.Alike) > 0 {
		t.Fatalf("no file: %v, %v", n, err)
	}
	base := append(six("poll", "ws"), fixture.Each(func(t *result.Trial) { t.ScenarioHash, t.Clients = "300", 300 })(six("poll", "ws"))...)
	base = fixture.Each(func(t *result.Trial) { t.Swept = []string{"clients"} })(base)
	n := &Noise{}
	if err := Learn(n, base, later(time.Hour)(again(base))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.Write(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadNoise(path)
	if diff := cmp.Diff(n, got); err != nil || diff != "" || len(got.Alike) != 2 {
		t.Errorf("%v, %d points; -written +read:\n%s", err, len(got.Alike), diff)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("%v, %v: other files are left", files, err)
	}
	if _, err := ReadNoise(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a folder: %v", err)
	}
}
