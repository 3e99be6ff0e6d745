package control

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

func TestScheduleOfOnePoint(t *testing.T) {
	g := scenario.Single(scenario.Scenario{Transports: []string{"poll", "ws", "sse"}, Trials: 2})
	var got []string
	for _, s := range schedule(g, 1) {
		got = append(got, fmt.Sprint(s.trial, s.transport))
	}
	want := []string{"1poll", "1ws", "1sse", "2ws", "2sse", "2poll"}
	diff := cmp.Diff(want, got)
	assert.Check(t, diff == "", diff)
}

func grid(points, trials int) scenario.Grid {
	g := scenario.Grid{Swept: []string{"clients"}}
	for n := range points {
		g.Points = append(g.Points, scenario.Scenario{Transports: []string{"poll", "ws"}, Clients: n + 1, Trials: trials, Seed: 7})
	}
	return g
}

// Every trial comes once, all of a number before those of the next, and no load
// stands at the same place in every round.
func TestScheduleOfAGrid(t *testing.T) {
	const points, trials = 6, 4
	g := grid(points, trials)
	slots := schedule(g, 1)
	assert.Check(t, slices.Equal(slots, schedule(g, 1)), "another order the second time")
	seen, places := map[slot]bool{}, map[int]map[int]bool{}
	for i, s := range slots {
		assert.Check(t, !seen[s], "%+v twice", s)
		seen[s] = true
		assert.Check(t, s.trial == 1+i/(2*points), "%+v at place %d", s, i)
		if places[s.point] == nil {
			places[s.point] = map[int]bool{}
		}
		places[s.point][i%(2*points)] = true
	}
	assert.Check(t, len(slots) == points*trials*2, "%d trials", len(slots))
	for p, at := range places {
		assert.Check(t, len(at) >= 4, "point %d always stands at the places %v", p, at)
	}
}

// The arms of a trial follow one another, and each is the first in every other
// trial of each transport at each point.
func TestScheduleOfArms(t *testing.T) {
	names := []string{"poll", "ws", "sse", "longpoll", "ws-batch"}
	for transports := 1; transports <= len(names); transports++ {
		for points := 1; points <= 3; points++ {
			g := grid(points, 6)
			for i := range g.Points {
				g.Points[i].Transports = names[:transports]
			}
			slots := schedule(g, 2)
			type cell struct {
				point     int
				transport string
			}
			order := map[cell][]int{} // the first arm, by trial
			for i := 0; i < len(slots); i += 2 {
				a, b := slots[i], slots[i+1]
				if a.arm == b.arm || a.point != b.point || a.transport != b.transport || a.trial != b.trial {
					t.Fatalf("%+v is followed by %+v", a, b)
				}
				c := cell{a.point, a.transport}
				order[c] = append(order[c], a.arm)
			}
			for c, first := range order {
				for n := 1; n < len(first); n++ {
					if first[n] == first[n-1] {
						t.Errorf("%d transports, %d points: %+v begins with the arms %v", transports, points, c, first)
						break
					}
				}
			}
		}
	}
}

func TestAttemptsOfAResumedRun(t *testing.T) {
	p := scenario.Scenario{Transports: []string{"poll"}, Clients: 1}
	trial := func(attempt int, status result.Status) result.Trial {
		return result.Trial{ScenarioHash: p.Hash(), Transport: "poll", Trial: 1, Attempt: attempt, Status: status}
	}
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   int
	}{
		{"none", nil, 0},
		{"interrupted", []result.Trial{trial(1, result.Partial)}, 1},
		{"interrupted twice", []result.Trial{trial(1, result.Partial), trial(2, result.Partial)}, 2},
		{"failed", []result.Trial{trial(1, result.Failed)}, -1},
		{"complete", []result.Trial{trial(1, result.Complete)}, -1},
		{"complete after an interruption", []result.Trial{trial(1, result.Partial), trial(2, result.Complete)}, -1},
	} {
		assert.Check(t, is.Equal(attempts(c.trials, p, slot{transport: "poll", trial: 1}), c.want), c.name)
		got := attempts(c.trials, p, slot{transport: "poll", trial: 2})
		assert.Check(t, got == 0, "%s: %d attempts of another trial", c.name, got)
	}
}
