package control

import (
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

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
