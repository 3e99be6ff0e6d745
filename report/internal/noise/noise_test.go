package noise

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestFloor(t *testing.T) {
	of := func(n int, trials int) *Noise {
		noise := &Noise{Schema: schema}
		for i := range n {
			noise.Add(Alike{"m", "h", "c", [2]time.Time{time.Unix(int64(i), 0)}, map[string]Disparity{"ws": {[2]int{trials, 9}, map[string]float64{"x": float64(i+1) / 100}}}})
		}
		return noise
	}
	for _, tt := range []struct {
		noise *Noise
		key   string
		want  float64
	}{
		{nil, "m h ws x", 0}, {of(0, 6), "m h ws x", 0}, {of(1, 6), "m h ws x", 0.01}, {of(19, 6), "m h ws x", 0.19},
		{of(20, 6), "m h ws x", 0.19}, {of(40, 6), "m h ws x", 0.38},
		{of(60, 6), "m h ws x", 0.58}, // of the last 50, 0.11 to 0.60
		{of(5, 6), "other h ws x", 0}, {of(5, 6), "m other ws x", 0}, {of(5, 6), "m h other x", 0}, {of(5, 6), "m h ws other", 0},
		{of(5, 7), "m h ws x", 0}, {of(5, 5), "m h ws x", 0.05},
	} {
		k := strings.Fields(tt.key)
		got := tt.noise.Floor(k[0], k[1], k[2], k[3], 6)
		assert.Check(t, math.Abs(got-tt.want) <= 1e-9, "%s: %v, want %v", tt.key, got, tt.want)
	}
	n := len(of(60, 6).Alike)
	assert.Check(t, n == mostKept, "%d are kept, want %d", n, mostKept)
}

const someNoise = `{"schema": 1, "alike": [{"machine": "a", "scenario_hash": "b", "commit": "c", "started": ["2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"],
 "transports": {"ws": {"trials": [6, 6], "changes": {"lost": 0}}}}]}`

func TestParse(t *testing.T) {
	_, err := parse([]byte(someNoise))
	assert.NilError(t, err)
	replaced := func(old, new string) string {
		if !strings.Contains(someNoise, old) {
			panic(fmt.Sprintf("there is no %s", old))
		}
		return strings.Replace(someNoise, old, new, 1)
	}
	for _, tt := range []struct{ text, said string }{
		{"", "is not JSON"}, {someNoise[:len(someNoise)/2], "is not JSON"}, {"[]", `has no "schema"`}, {"{}", `has no "schema"`},
		{`{"schema": 2, "new": true}`, "has schema 2, but this pollpush reads up to 1: use a newer pollpush"},
		{`{"schema": 0}`, "has schema 0"}, {`{"schema": 1, "foreign": 1}`, "foreign"}, {`{"schema": "1"}`, `has no "schema"`},
		{replaced(`"a"`, `""`), "names no machine"}, {replaced("[6, 6]", "[6, 0]"), "ws has no trials"},
		{replaced(`"lost": 0`, `"lost": -1`), "ws: lost changed by -1"}, {replaced(`"lost": 0`, `"lost": 10.1`), "ws: lost changed by 10.1: 0 to 10 is possible"},
		{replaced(`"lost": 0`, `"lost": 1e400`), "is not what pollpush writes"}, {replaced(`"lost": 0`, `"lost": "x"`), "is not what pollpush writes"},
	} {
		_, err := parse([]byte(tt.text))
		assert.Check(t, err != nil && strings.Contains(err.Error(), tt.said), "%s: %v, want %q", tt.text, err, tt.said)
	}
}

// Whatever the file holds, it is refused, or gives floors that a limit can be
// held against.
func FuzzNoise(f *testing.F) {
	for _, text := range []string{someNoise, "", "{}", `{"schema": 1, "alike": null}`, `{"schema": 1e9}`, strings.Replace(someNoise, `"lost": 0`, `"lost": 1e308`, 1)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := parse(text)
		if err != nil {
			return
		}
		for _, a := range n.Alike {
			for transport, d := range a.Transports {
				for id := range d.Changes {
					v := n.Floor(a.Machine, a.ScenarioHash, transport, id, 6)
					assert.Check(t, v >= 0 && v <= mostChange, "a floor of %v", v)
				}
			}
			n.Add(a)
		}
	})
}
