package control

import (
	"math/rand/v2"
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// slot is one trial that is to be run.
type slot struct {
	arm       int
	point     int // of the grid
	transport string
	trial     int // from 1
}

// schedule orders all trials of a grid. The trials of one number are run before
// those of the next; within them the transports of a single point take turns at
// being first, and several points are shuffled, always in the same way for the
// same seed, so that no load is measured early or late as a whole. The arms of a
// trial follow one another, and for every transport at every point they take turns
// at being first from one trial to the next.
func schedule(g scenario.Grid, arms int) []slot {
	var slots []slot
	for n := 1; n <= g.Points[0].Trials; n++ {
		var round []slot
		second := map[slot]bool{} // whose second arm goes first
		for i, p := range g.Points {
			for k := range p.Transports {
				which := (k + n - 1) % len(p.Transports)
				s := slot{point: i, trial: n, transport: p.Transports[which]}
				second[s] = (i+which+n)%2 == 0
				round = append(round, s)
			}
		}
		if len(g.Points) > 1 {
			r := rand.New(rand.NewPCG(g.Points[0].Seed, uint64(n)))
			r.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		}
		for _, s := range round {
			turn := make([]slot, arms)
			for arm := range turn {
				turn[arm] = s
				turn[arm].arm = arm
			}
			if second[s] {
				slices.Reverse(turn)
			}
			slots = append(slots, turn...)
		}
	}
	return slots
}

// Planned are the trials that a grid asks for, one of each transport at each point,
// as far as they are known before anything is measured.
func Planned(g scenario.Grid, flags []string) (trials []result.Trial) {
	for _, s := range g.Points {
		for _, name := range s.Transports {
			trials = append(trials, planned(g, s, name, flags))
		}
	}
	return trials
}

// planned is a trial of a transport at one point of the grid.
func planned(g scenario.Grid, s scenario.Scenario, name string, flags []string) result.Trial {
	tr, _ := transport.Find(name)
	var points []string
	for _, p := range g.Points {
		points = append(points, p.Hash())
	}
	t := result.Trial{
		Schema: result.Schema, Scenario: s.Name, ScenarioHash: s.Hash(), Swept: g.Swept, Limits: s.Limits,
		Flags: append([]string{}, flags...), Transport: name, Trial: 1, Attempt: 1, Clients: s.Clients,
		Asked: result.Asked{
			PublishRate: s.Publish.Rate, Arrivals: s.Publish.Arrivals, PayloadBytes: s.Payload,
			PollIntervalS: s.Poll.Interval.Seconds(), Paced: tr.Paced, Rooms: s.Rooms, Publishers: s.Publish.Publishers,
			WaitS: tr.Wait.Seconds(), HeartbeatS: tr.Heartbeat.Seconds(), TLS: s.TLS, FreezeAtS: s.Server.FreezeAt.Seconds(), FreezeS: s.Server.Freeze.Seconds(),
			WarmUpS: s.Phases.WarmUp.Seconds(), SteadyS: s.Phases.Steady.Seconds(), Trials: s.Trials, Transports: s.Transports, Points: points,
		},
	}
	if tr.Wait > 0 && s.Poll.Wait > 0 {
		t.Asked.WaitS = s.Poll.Wait.Seconds()
	}
	if tr.Batched {
		t.Asked.BatchS = s.Server.Batch.Seconds()
	}
	return t
}
