package scenario

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
)

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		name  string
		src   string
		over  []Override
		swept []string
		want  []string // of each point: its label and transports
	}{
		{"no list", good, nil, nil, []string{": poll ws"}},
		{"a list of one", edit("clients: [7]"), nil, nil, []string{": poll ws"}},
		{"one list", edit("clients: [100, 1000]"), nil, []string{"clients"},
			[]string{"clients 100: poll ws", "clients 1000: poll ws"}},
		{"two lists", edit("publish: {rate: [1/s, 30/min]}") + "payload: [1KiB, 32B]\n", nil, []string{"payload", "publish.rate"},
			[]string{"payload 1024B, publish.rate 1/s: poll ws", "payload 1024B, publish.rate 0.5/s: poll ws",
				"payload 32B, publish.rate 1/s: poll ws", "payload 32B, publish.rate 0.5/s: poll ws"}},
		{"an interval is for who polls", edit("poll: {interval: [1s, 2s]}"), nil, []string{"poll.interval"},
			[]string{"poll.interval 1s: poll ws", "poll.interval 2s: poll"}},
		{"who pushes has one interval", edit("poll: {interval: [1s, 2s]}"), []Override{{"transports", "ws,sse", ""}}, []string{"poll.interval"},
			[]string{"poll.interval 1s: ws sse"}},
		{"a flag", good, []Override{{"clients", "5, 6", "--clients"}}, []string{"clients"},
			[]string{"clients 5: poll ws", "clients 6: poll ws"}},
		{"a flag over a list", edit("clients: [100, 1000]"), []Override{{"clients", "7", "--clients"}}, nil, []string{": poll ws"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := Parse("x.yaml", []byte(c.src), known, c.over...)
			assert.NilError(t, err)
			var got []string
			for _, p := range g.Points {
				got = append(got, g.Label(p)+": "+strings.Join(p.Transports, " "))
			}
			diff := cmp.Diff(c.want, got)
			assert.Check(t, diff == "", diff)
			diff = cmp.Diff(c.swept, g.Swept)
			assert.Check(t, diff == "", diff)
		})
	}
}

// What depends on other keys does so at each point; only the time limit is the
// whole run's.
func TestGridDerives(t *testing.T) {
	g, err := Parse("x.yaml", []byte(edit("clients: [4, 40]")+"poll: {interval: [1s, 9s]}\n"), known)
	assert.NilError(t, err)
	var whole time.Duration
	for _, p := range g.Points {
		if p.Publish.Publishers != min(10, p.Clients) || p.Phases.Drain != p.Poll.Interval+2*time.Second {
			t.Errorf("%s: %d publishers, drain %v", g.Label(p), p.Publish.Publishers, p.Phases.Drain)
		}
		whole += p.Duration()
	}
	for _, p := range g.Points {
		if p.TimeLimit != whole*3/2 || g.Duration() != whole {
			t.Errorf("time limit %v, duration %v, want %v and %v", p.TimeLimit, g.Duration(), whole*3/2, whole)
		}
	}
}

// A point of a grid asks for the same as a file without lists.
func TestPointsHashAlone(t *testing.T) {
	g, err := Parse("x.yaml", []byte(edit("clients: [4, 40]")), known)
	assert.NilError(t, err)
	for _, p := range g.Points {
		alone, err := parse("y.yaml", []byte(edit(fmt.Sprintf("clients: %d", p.Clients))))
		assert.NilError(t, err)
		if p.Hash() != alone.Hash() {
			t.Errorf("%d clients: %s in a grid, %s alone", p.Clients, p.Hash(), alone.Hash())
		}
	}
}

func TestGridIsBounded(t *testing.T) {
	var list []string
	for n := range 40 {
		list = append(list, fmt.Sprint(n+40))
	}
	src := edit("clients: [" + strings.Join(list, ", ") + "]")
	src += "payload: [" + strings.Join(list, "B, ") + "B]\n"
	_, err := Parse("x.yaml", []byte(src), known)
	want := "scenario x.yaml:6: payload […]: makes more than 1,000 points; a run measures every combination of the lists: shorten them"
	assert.Check(t, err != nil && err.Error() == want, "got %v, want %s", err, want)
}

func TestLimits(t *testing.T) {
	want := map[string]float64{"lost": 0, "bytes-per-delivery-in": 0.025}
	fromFile, err := parse("x.yaml", []byte(edit("limits: {lost: 0%, bytes-per-delivery-in: 2.5%}")))
	assert.NilError(t, err)
	fromFlag, err := parse("x.yaml", []byte(good), Override{"limits", "lost=0%, bytes-per-delivery-in=2.5%", "--limits"})
	assert.NilError(t, err)
	diff := cmp.Diff(want, fromFile.Limits) + cmp.Diff(want, fromFlag.Limits)
	assert.Check(t, diff == "", diff)
	plain, _ := parse("x.yaml", []byte(good))
	assert.Check(t, plain.Hash() == fromFile.Hash(), "limits change what a trial measures")
}
