package foreign

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// near is by how much a value of a histogram of three digits may be off.
const near = 0.001

// read has a foreign reader take a histogram apart, in nanoseconds.
func (s *script) read(text string) event {
	s.t.Helper()
	s.tell("read", map[string]any{"text": text})
	return s.await("histogram")
}

func apart(a, b float64) float64 { return math.Abs(a-b) / math.Max(math.Abs(a), math.Abs(b)) }

// Whoever takes the histograms of a run's results apart finds the percentiles
// that stand beside them.
func TestHistogramsOfARunAreReadAlike(t *testing.T) {
	t.Parallel()
	reader := play(t, "histogram.mjs")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, program(t, "pollpush"), "run", "short", "--transports", "poll,ws",
		"--clients", "100", "--rate", "40/s", "--arrivals", "constant", "--interval", "200ms", "--trials", "1",
		"--ramp-up", "200ms", "--warm-up", "500ms", "--steady", "3s", "--time-limit", "1s", "--out", "run")
	run.Dir = dir
	run.WaitDelay = patience
	output, err := run.CombinedOutput()
	const invalid = 4 // how long things took is the machine's business
	assert.Assert(t, err == nil || run.ProcessState.ExitCode() == invalid, "%v:\n%s", err, output)
	read := map[string]int{}
	for _, trial := range lines(t, filepath.Join(dir, "run", result.FileName)) {
		for key, text := range trial {
			name, ok := strings.CutSuffix(key, "_hdr")
			if !ok || text == "" {
				continue
			}
			told, _ := trial[name+"_s"].(map[string]any)
			found := reader.read(text.(string))
			if told["n"] != found.Samples || found.Samples == 0 {
				t.Errorf("%s of %s: n is %v, and %v are in the histogram", name, trial["transport"], told["n"], found.Samples)
			}
			for _, q := range []string{"p50", "p90", "p99", "p999", "max"} {
				v, known := told[q].(float64)
				if !known {
					continue // too few samples
				}
				read[name+" "+q]++
				if off := apart(v, found.Quantiles[q]/1e9); off > near {
					t.Errorf("%s of %s: %s is %v s, and %v ns by another reader: %.2f %% apart",
						name, trial["transport"], q, v, found.Quantiles[q], 100*off)
				}
			}
		}
	}
	for _, each := range []string{"latency p50", "latency p90", "latency p99", "latency p999", "latency max", "publish_latency p50", "publish_service p90"} {
		assert.Check(t, read[each] == 2, "%s was read %d times, want once for each of two transports", each, read[each])
	}
	t.Logf("read: %v", read)
}

// lines are the objects of a results file.
func lines(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	f, err := os.Open(path)
	assert.NilError(t, err)
	defer f.Close()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var line map[string]any
		assert.NilError(t, json.Unmarshal(scanner.Bytes(), &line))
		list = append(list, line)
	}
	assert.NilError(t, scanner.Err())
	return list
}
