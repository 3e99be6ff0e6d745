package trials

import (
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

func TestSelection(t *testing.T) {
	mk := func(trial, attempt int, s result.Status, v result.Validity) result.Trial {
		return result.Trial{Transport: "ws", Trial: trial, Attempt: attempt, Status: s, Validity: v}
	}
	for _, tt := range []struct {
		name  string
		in    []result.Trial
		used  [][2]int // trial, attempt
		stamp result.Validity
	}{
		{"the valid attempt", []result.Trial{mk(1, 1, "complete", "suspect"), mk(1, 2, "complete", "valid")}, [][2]int{{1, 2}}, "valid"},
		{"the first valid attempt", []result.Trial{mk(1, 1, "complete", "valid"), mk(1, 2, "complete", "suspect")}, [][2]int{{1, 1}}, "valid"},
		{"of valid attempts the later", []result.Trial{mk(1, 2, "complete", "valid"), mk(1, 1, "complete", "valid")}, [][2]int{{1, 2}}, "valid"},
		{"no invalid attempt after a suspect one", []result.Trial{mk(1, 1, "complete", "suspect"), mk(1, 2, "complete", "invalid")}, [][2]int{{1, 1}}, "suspect"},
		{"else the last", []result.Trial{mk(1, 1, "complete", "suspect"), mk(1, 2, "complete", "suspect")}, [][2]int{{1, 2}}, "suspect"},
		{"no failed attempt", []result.Trial{mk(1, 1, "complete", "suspect"), mk(1, 2, "failed", "invalid")}, [][2]int{{1, 1}}, "suspect"},
		{"no partial trial", []result.Trial{mk(1, 1, "complete", "valid"), mk(2, 1, "partial", "valid")}, [][2]int{{1, 1}}, "valid"},
		{"no invalid trial beside another", []result.Trial{mk(1, 1, "complete", "invalid"), mk(2, 1, "complete", "valid")}, [][2]int{{2, 1}}, "valid"},
		{"invalid ones alone", []result.Trial{mk(1, 1, "complete", "invalid"), mk(2, 1, "complete", "invalid")}, [][2]int{{1, 1}, {2, 1}}, "invalid"},
		{"none at all", []result.Trial{mk(1, 1, "failed", "invalid")}, nil, "invalid"},
	} {
		s := &selected(t, tt.in).Sides[0]
		if len(s.Used) != len(tt.used) || s.Stamp != tt.stamp || len(s.Used)+len(s.Aside) != len(tt.in) {
			t.Errorf("%s: used %d, stamp %s, aside %d", tt.name, len(s.Used), s.Stamp, len(s.Aside))
			continue
		}
		for i, u := range tt.used {
			assert.Check(t, is.Equal([2]int{s.Used[i].Trial, s.Used[i].Attempt}, u), "%s: used trial and attempt", tt.name)
		}
	}
}

func selected(t *testing.T, trials []result.Trial) *Point {
	t.Helper()
	r, err := NewPoint(trials)
	assert.NilError(t, err)
	return r
}
