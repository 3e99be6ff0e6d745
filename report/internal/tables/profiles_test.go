package tables

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/trials"
)

func profiledTrial(transport string, paced bool) result.Trial {
	name := "profiles/" + transport + "-1-1"
	return result.Trial{Run: "it's a run", ScenarioHash: "h", Transport: transport, Trial: 1, Attempt: 1, Status: result.Complete, Validity: result.Valid,
		Asked: result.Asked{Paced: paced, PollIntervalS: 1}, Profiles: &result.Profiles{CPU: name + ".cpu.pb.gz", Heap: name + ".heap.pb.gz"}}
}

func TestProfileNotes(t *testing.T) {
	none := profiledTrial("ws", false)
	none.Profiles = nil
	const show = "go tool pprof -http=: "
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   []string // parts of each command
	}{
		{"none", []result.Trial{none}, nil},
		{"one", []result.Trial{profiledTrial("ws", false)}, []string{show + "profiles/ws-1-1.cpu.pb.gz"}},
		{"the first that does not poll", []result.Trial{profiledTrial("poll", true), profiledTrial("poll-etag", true), profiledTrial("sse", false), profiledTrial("ws", false)},
			[]string{"# CPU that sse spends and poll does not", "sse-1-1.cpu.pb.gz", "", "sse-1-1.heap.pb.gz"}},
		{"polls only", []result.Trial{profiledTrial("poll", true), profiledTrial("poll-etag", true)}, []string{"", "poll-etag-1-1.cpu.pb.gz", "", ""}},
		{"one of two", []result.Trial{profiledTrial("poll", true), none}, []string{"poll-1-1.cpu.pb.gz"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := trials.NewPoint(c.trials)
			assert.NilError(t, err)
			notes, got := profiles(r)
			assert.Assert(t, len(got) == len(c.want) && len(notes) == min(len(got), 1), "%q, want %d commands and a note", got, len(c.want))
			for i := range got {
				assert.Check(t, strings.Contains(got[i], c.want[i]), "%q, want %q in it", got[i], c.want[i])
			}
		})
	}
}

// The commands are run by a shell as they stand, but for the page that they
// open.
func TestProfileCommandsWork(t *testing.T) {
	list := []result.Trial{profiledTrial("poll", true), profiledTrial("ws", false)}
	dir := t.TempDir()
	folder := filepath.Join(dir, "results", list[0].Run)
	assert.NilError(t, os.MkdirAll(filepath.Join(folder, "profiles"), 0o755))
	for _, trial := range list {
		cpu, err := os.Create(filepath.Join(folder, trial.Profiles.CPU))
		assert.NilError(t, err)
		defer cpu.Close()
		assert.NilError(t, pprof.StartCPUProfile(cpu), "no profile can be taken")
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(folder, trial.Profiles.Heap))
		assert.NilError(t, err)
		defer heap.Close()
		assert.NilError(t, pprof.Lookup("heap").WriteTo(heap, 0))
	}
	r, err := trials.NewPoint(list)
	assert.NilError(t, err)
	_, commands := profiles(r)
	assert.Assert(t, len(commands) == 4, "%q", commands)
	for i, kind := range []string{"Type: cpu", "Type: inuse_space"} {
		shell := exec.Command("sh", "-c", strings.Join(commands[2*i:2*i+2], "\n"))
		shell.Args[2] = strings.Replace(shell.Args[2], "-http=:", "-top", 1)
		shell.Dir = folder
		if out, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(out), kind) {
			t.Errorf("%s: %v\n%s", shell.Args[2], err, out)
		}
	}
}
