package main

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

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
	assert.NilError(t, err)
	return files
}

// wantSameFiles checks that nothing was added, changed or removed.
func wantSameFiles(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := filesIn(t, dir)
	for path, text := range before {
		now, ok := after[path]
		assert.Check(t, ok && now == text, "%s has changed, or is gone", path)
	}
	for path := range after {
		_, ok := before[path]
		assert.Check(t, ok, "%s is new", path)
	}
}

// Every transport there is, from the flag to the results: what is counted is
// exact for each of them. Many another run has poll.
func TestEveryTransportIsMeasured(t *testing.T) {
	t.Parallel()
	perDelivery := map[string]float64{}
	for group := range slices.Chunk(transport.Names()[1:], 3) {
		dir := workplace(t)
		e := pollpush(t, dir, "run", "tiny.yaml", "--out", "run", "--transports", strings.Join(group, ","))
		for _, trial := range wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 20, transports: group}) {
			perDelivery[trial.Transport] = float64(trial.Bytes.In) / float64(trial.WindowDeliveries)
			wantTLS(t, &trial, false)
		}
	}
	for _, order := range [][2]string{{"ws-deflate", "ws"}, {"ws", "socketio-ws"}, {"socketio-ws", "socketio-polling"}, {"sse", "longpoll"}} {
		if less, more := order[0], order[1]; perDelivery[less] >= perDelivery[more] {
			t.Errorf("%s took %.0f bytes for a delivery, %s only %.0f", less, perDelivery[less], more, perDelivery[more])
		}
	}
}

// However the work is spread and secured, what is counted is exact.
func TestMeasured(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args            string
		descriptors     string // that a process may hold
		shards, servers int
		want            expectation
	}{
		"shards and rooms": {args: "--shards 3 --rooms 3 --clients 21 --publishers 2", shards: 3, servers: 1,
			want: expectation{clients: 21, publishers: 6, rooms: 3, messages: 60}},
		// Several processes share the connections: on both sides.
		"few descriptors": {args: "--rooms 3 --clients 60", descriptors: "150", shards: 2, servers: 2,
			want: expectation{clients: 60, publishers: 12, rooms: 3, messages: 60}},
		"silence": {args: "--rate 0/s", shards: 1, servers: 1, want: expectation{clients: 20}},
		"TLS": {args: "--tls true --transports poll,sse,ws,socketio-ws", shards: 1, servers: 1,
			want: expectation{clients: 20, publishers: 4, messages: 20, transports: []string{"poll", "sse", "ws", "socketio-ws"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			args := append([]string{"run", "tiny.yaml", "--out", "run"}, words(c.args)...)
			var e ended
			if c.descriptors != "" {
				e = confined(t, dir, c.descriptors, args...)
			} else {
				e = pollpush(t, dir, args...)
			}
			for _, trial := range wantMeasured(t, dir, e, "run", c.want) {
				wantTLS(t, &trial, name == "TLS")
				assert.Assert(t, trial.Server != nil, "%s: nothing is known of the server", trial.Transport)
				if a := trial.Asked; a.Shards != c.shards || trial.Generator.Processes != c.shards || a.Servers != c.servers || trial.Server.Processes != c.servers {
					t.Errorf("%s: %d shards (%d processes), %d servers (%d processes); want %d and %d",
						trial.Transport, a.Shards, trial.Generator.Processes, a.Servers, trial.Server.Processes, c.shards, c.servers)
				}
				if c.want.messages > 0 && trial.Fanout.Messages != c.want.messages {
					t.Errorf("%s: %d messages reached all", trial.Transport, trial.Fanout.Messages)
				}
				if name == "silence" && trial.Asked.Paced && trial.Requests.Empty != trial.Requests.Total {
					t.Errorf("%d of %d polls were empty", trial.Requests.Empty, trial.Requests.Total)
				}
			}
		})
	}
}

// wantTLS checks whether a trial was by TLS, and that its bytes add up.
func wantTLS(t *testing.T, trial *result.Trial, secured bool) {
	t.Helper()
	in, out, c := trial.Bytes.Layers.In, trial.Bytes.Layers.Out, trial.Connections
	if in.Sum() != trial.Bytes.In || out.Sum() != trial.Bytes.Out {
		t.Errorf("%s: layers %+v and %+v of %d and %d bytes", trial.Transport, in, out, trial.Bytes.In, trial.Bytes.Out)
	}
	if secured && (in.TLS <= 0 || out.TLS <= 0 || c.Handshakes != c.Opened || !strings.HasPrefix(c.TLS, "TLS 1.3, TLS_")) ||
		!secured && (in.TLS != 0 || out.TLS != 0 || c.Handshakes != 0 || c.TLS != "") {
		t.Errorf("%s: %d bytes of TLS in, %d out, %d handshakes of %d connections, %q", trial.Transport, in.TLS, out.TLS, c.Handshakes, c.Opened, c.TLS)
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
	trials := wantMeasured(t, dir, e, "run", expectation{clients: 20, publishers: 4, messages: 20})
	for _, said := range []string{"delivery latency, p50", "Report: run/report.html\n"} {
		assert.Check(t, strings.Contains(e.stdout, said), "stdout does not hold %q:\n%s", said, e.stdout)
	}
	for _, trial := range trials {
		if trial.Run != "run" || trial.Scenario != "tiny" || trial.Env.Commit != "test" {
			t.Errorf("%s: run %q, scenario %q, commit %q", trial.Transport, trial.Run, trial.Scenario, trial.Env.Commit)
		}
		if math.Abs(trial.WindowS-1) > 1 || len(trial.Series) < 2 {
			t.Errorf("%s: %v s measured, %d seconds listed", trial.Transport, trial.WindowS, len(trial.Series))
		}
		for who, c := range map[string]*result.Cost{"server": trial.Server, "generator": &trial.Generator} {
			if c == nil || c.Processes != 1 || c.CPUS() <= 0 || c.RSSMeanBytes <= 0 || c.RSSPeakBytes < c.RSSStartBytes {
				t.Errorf("%s: the %s's cost is %+v", trial.Transport, who, c)
			}
		}
	}
	before := filesIn(t, run)

	t.Run("report made again", func(t *testing.T) {
		table, _, _ := strings.Cut(e.stdout, "\nReport:")
		for _, name := range []string{"run", "run/trials.jsonl"} {
			again := pollpush(t, dir, "report", name)
			again.wantExit(t, fine)
			assert.Check(t, strings.HasPrefix(again.stdout, table), "%s: printed otherwise:\n%s", name, again.stdout)
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
		write(t, filepath.Join(dir, "copied", result.FileName), before[filepath.Join(run, result.FileName)])
		same := pollpush(t, dir, "compare", "run", "copied", "--counts-only")
		if !same.wantJudged(t, fine) {
			return
		}
		n := strings.Count(same.stdout, "Counts: no regression. Times: not tested (counts only).")
		assert.Check(t, n == 1 && same.stderr == "", "%d times \"Counts: no regression\", want 1; stderr %q:\n%s", n, same.stderr, same.stdout)
	})
}

// Each of several scenarios has a folder, and is run whatever became of the
// one before.
func TestTwoScenarios(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	write(t, filepath.Join(dir, "large.yaml"), strings.Replace(tiny, "clients: 20", "clients: 1000000\nrooms: 1", 1))
	write(t, filepath.Join(dir, "other.yaml"), tiny)
	e := pollpush(t, dir, "run", "large.yaml", "tiny.yaml", "other.yaml", "--transports", "ws")
	if !strings.Contains(e.stderr, "a room of 1000000 clients needs 1000100 descriptors") || e.code != refused && e.code != invalidRun {
		t.Errorf("exit code %d: the first one's refusal is not told:\n%s", e.code, e.stderr)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "results", "*"))
	assert.Assert(t, err == nil && len(folders) == 2, "folders %v; want two\n%s", folders, e.stderr)
	for i, name := range []string{"other", "tiny"} {
		trials, err := result.ReadDir(folders[i])
		assert.NilError(t, err)
		if !strings.HasPrefix(filepath.Base(folders[i]), name+"-2") || len(trials) != 1 || trials[0].Scenario != name {
			t.Errorf("%s holds %d trials, the first is of scenario %s", folders[i], len(trials), trials[0].Scenario)
		}
		wantReport(t, folders[i])
	}
}
