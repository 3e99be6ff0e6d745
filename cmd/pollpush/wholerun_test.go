package main

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
)

// filesIn reads all files below dir, by path.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantSameFiles checks that nothing was added, changed or removed.
func wantSameFiles(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := filesIn(t, dir)
	for path, text := range before {
		if now, ok := after[path]; !ok || now != text {
			t.Errorf("%s has changed, or is gone", path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("%s is new", path)
		}
	}
}

// Every transport there is, from the flag to the results: what is counted is
// exact for each of them.
func TestEveryTransportIsMeasured(t *testing.T) {
	t.Parallel()
	perDelivery := map[string]float64{}
	for group := range slices.Chunk(transport.Names(), 3) {
		dir, names := workplace(t), strings.Join(group, ",")
		e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--transports", names)
		for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40, transports: group}) {
			perDelivery[trial.Transport] = float64(trial.Bytes.In) / float64(trial.WindowDeliveries)
		}
	}
	for _, order := range [][2]string{{"ws-deflate", "ws"}, {"ws", "socketio-ws"}, {"socketio-ws", "socketio-polling"}, {"sse", "longpoll"}} {
		if less, more := order[0], order[1]; perDelivery[less] >= perDelivery[more] {
			t.Errorf("%s took %.0f bytes for a delivery, %s only %.0f", less, perDelivery[less], more, perDelivery[more])
		}
	}
}

// One run, and all that can be done with its results.
func TestWholeRun(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	run := filepath.Join(dir, "run")
	if err := os.Mkdir(run, 0o755); err != nil { // one that is there will do, if it is empty
		t.Fatal(err)
	}
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run")
	trials := wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40})
	for _, said := range []string{"delivery latency, p50", "Report: run/report.html\n"} {
		if !strings.Contains(e.stdout, said) {
			t.Errorf("stdout does not hold %q:\n%s", said, e.stdout)
		}
	}
	for _, trial := range trials {
		if trial.Run != "run" || trial.Scenario != "tiny" || trial.Env.Commit != "test" {
			t.Errorf("%s: run %q, scenario %q, commit %q", trial.Transport, trial.Run, trial.Scenario, trial.Env.Commit)
		}
		if math.Abs(trial.WindowS-2) > 1 || len(trial.Series) < 3 {
			t.Errorf("%s: %v s measured, %d seconds listed", trial.Transport, trial.WindowS, len(trial.Series))
		}
		for who, c := range map[string]*result.Cost{"server": trial.Server, "generator": &trial.Generator} {
			if c == nil || c.Processes != 1 || c.CPUS() <= 0 || c.RSSMeanBytes <= 0 || c.RSSPeakBytes < c.RSSStartBytes {
				t.Errorf("%s: the %s's cost is %+v", trial.Transport, who, c)
			}
		}
	}
	before := filesIn(t, run)

	t.Run("is never overwritten", func(t *testing.T) {
		pollpush(t, dir, "run", "tiny.yaml", "--out", "run").wantExit(t, refused, "run is not empty")
		wantSameFiles(t, run, before)
	})
	t.Run("report made again", func(t *testing.T) {
		table, _, _ := strings.Cut(e.stdout, "\nReport:")
		for _, name := range []string{"run", "run/trials.jsonl"} {
			again := pollpush(t, dir, "report", name)
			again.wantExit(t, fine)
			if !strings.HasPrefix(again.stdout, table) {
				t.Errorf("%s: printed otherwise:\n%s", name, again.stdout)
			}
			wantSameFiles(t, run, before)
		}
	})
	t.Run("report from results alone", func(t *testing.T) {
		copied := filepath.Join(dir, "elsewhere", "run")
		write(t, filepath.Join(copied, result.FileName), before[filepath.Join(run, result.FileName)])
		pollpush(t, dir, "report", "elsewhere/run").wantExit(t, fine)
		expected := map[string]string{}
		for path, text := range before {
			if filepath.Base(path) == orderFile {
				continue // which a run has, not a report
			}
			expected[strings.Replace(path, run, copied, 1)] = text
		}
		wantSameFiles(t, copied, expected)
	})
	t.Run("compared with itself", func(t *testing.T) {
		same := pollpush(t, dir, "compare", "run", "run", "--counts-only")
		if !same.wantJudged(t, fine) {
			return
		}
		if n := strings.Count(same.stdout, "Counts: no regression. Times: not tested (counts only)."); n != 1 || same.stderr != "" {
			t.Errorf("%d times \"Counts: no regression\", want 1; stderr %q:\n%s", n, same.stderr, same.stdout)
		}
	})
	t.Run("compared with worse", func(t *testing.T) {
		worse := trials[1]
		more := worse.Bytes.In / 10
		worse.Bytes.In += more
		worse.Bytes.Layers.In.Protocol += more
		worse.PhaseBytes = slices.Clone(worse.PhaseBytes)
		for i := range worse.PhaseBytes {
			if p := &worse.PhaseBytes[i]; p.Phase == "steady" {
				p.Bytes = worse.Bytes
			}
		}
		path := filepath.Join(dir, "worse", result.FileName)
		write(t, path, "")
		for _, trial := range []result.Trial{trials[0], worse} {
			if err := result.Append(path, &trial); err != nil {
				t.Fatal(err)
			}
		}
		pollpush(t, dir, "compare", "run", "worse", "--counts-only").wantJudged(t, regression,
			"regression: ws: bytes per delivery, in went from ", "+10.0 %, limit 2")
		pollpush(t, dir, "compare", "worse", "run", "--counts-only").wantJudged(t, fine)
	})
	t.Run("compared with less", func(t *testing.T) {
		path := filepath.Join(dir, "less", result.FileName)
		write(t, path, "")
		if err := result.Append(path, &trials[0]); err != nil {
			t.Fatal(err)
		}
		pollpush(t, dir, "compare", "run", "less", "--counts-only").wantJudged(t, badInput, "ws has 0 of 1 trial: the run is partial")
	})
}

// However many processes the work is spread over, the counts are the same.
func TestShards(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--shards", "3")
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 40}) {
		if trial.Asked.Shards != 3 || trial.Generator.Processes != 3 || trial.Fanout.Messages != 40 {
			t.Errorf("%s: %d shards asked, %d processes, %d messages reached all",
				trial.Transport, trial.Asked.Shards, trial.Generator.Processes, trial.Fanout.Messages)
		}
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--rooms", "3", "--clients", "21", "--publishers", "2")
	wantMeasured(t, dir, e, "run", expectation{clients: 21, publishers: 6, rooms: 3, messages: 120})
}

// Where a process may hold few connections, several share them: on both sides.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := confined(t, dir, "150", "run", "tiny.yaml", "--out", "run", "--rooms", "3", "--clients", "60")
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 60, publishers: 12, rooms: 3, messages: 120}) {
		a, server, generator := trial.Asked, trial.Server.Processes, trial.Generator.Processes
		if a.Shards != 2 || generator != 2 || a.Servers != 2 || server != 2 {
			t.Errorf("%s: %d shards (%d processes), %d servers (%d processes); want 2 each",
				trial.Transport, a.Shards, generator, a.Servers, server)
		}
	}
}

// A room in which nothing is said is no error.
func TestSilence(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--rate", "0/s")
	for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20}) {
		if trial.Asked.Paced && trial.Requests.Empty != trial.Requests.Total {
			t.Errorf("%d of %d polls were empty", trial.Requests.Empty, trial.Requests.Total)
		}
	}
}

// Each of several scenarios has a folder, and is run whatever became of the
// one before.
func TestTwoScenarios(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	large := strings.Replace(tiny, "clients: 20", "clients: 1000000", 1)
	write(t, filepath.Join(dir, "large.yaml"), large)
	write(t, filepath.Join(dir, "other.yaml"), strings.Replace(tiny, "[poll, ws]", "[ws, poll]", 1))
	e := pollpush(t, dir, "run", "large.yaml", "tiny.yaml", "other.yaml", "--steady", "1s")
	if !strings.Contains(e.stderr, "a room of 1000000 clients needs 1000104 descriptors") {
		t.Errorf("the first one's refusal is not told")
	}
	if e.code != refused && e.code != invalidRun {
		t.Errorf("exit code %d", e.code)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "results", "*"))
	if err != nil || len(folders) != 2 {
		t.Fatalf("folders %v; want two\n%s", folders, e.stderr)
	}
	for i, name := range []string{"other", "tiny"} {
		trials, err := result.ReadDir(folders[i])
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]string{"other": "ws", "tiny": "poll"}[name]
		if !strings.HasPrefix(filepath.Base(folders[i]), name+"-2") || len(trials) != 2 || trials[0].Scenario != name || trials[0].Transport != first {
			t.Errorf("%s holds %d trials, the first is of scenario %s and %s", folders[i], len(trials), trials[0].Scenario, trials[0].Transport)
		}
		wantReport(t, folders[i])
	}
}
