package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/pollpush/pollpush/internal/result"
)

// sweptFixture makes the trials of a sweep. Push is measured at the first
// interval only, as a run does.
type sweptFixture struct {
	fixture
	name       string
	transports []string
	clientsOf  []int
	rates      []float64
	intervals  []float64
}

// unitPrices are what a transport of the fixture costs by what it does.
type unitPrices struct{ delivery, news, empty, holding float64 }

func pricesOf(name string) (cpu, traffic unitPrices) {
	s := shapes(1)[name]
	if s.paced {
		return unitPrices{4e-6, s.cpu * 0.8, s.cpu * 0.55, 1e-6}, unitPrices{190, s.in + s.out - 190, 2 * s.idleBytes, 0}
	}
	return unitPrices{delivery: s.cpu * 0.5, holding: 0.9e-6}, unitPrices{delivery: s.in + s.out}
}

func (p unitPrices) of(s result.Second) float64 {
	return p.delivery*float64(s.Deliveries) + p.news*float64(max(0, s.Requests-s.Published-s.Empty)) + p.empty*float64(s.Empty) + p.holding*float64(s.Clients)
}

func (f sweptFixture) trials() []result.Trial {
	var swept []string
	for _, k := range []struct {
		key string
		n   int
	}{{"clients", len(f.clientsOf)}, {"publish.rate", len(f.rates)}, {"poll.interval", len(f.intervals)}} {
		if k.n > 1 {
			swept = append(swept, k.key)
		}
	}
	var list []result.Trial
	for _, clients := range f.clientsOf {
		for _, rate := range f.rates {
			for i, interval := range f.intervals {
				at := f.fixture
				at.plain = true
				at.clients, at.rate, at.interval = clients, rate, interval
				for n := 1; n <= f.fixture.trials; n++ {
					for _, name := range f.transports {
						if i > 0 && !shapes(1)[name].paced {
							continue
						}
						t := at.trial(name, n)
						t.Run, t.Scenario, t.Swept, t.Schema = "2026-11-22T10-00-00-"+f.name, f.name, swept, result.Schema
						t.ScenarioHash = fmt.Sprintf("%012x", clients*1_000_000+int(rate*1000)*10+i)
						price(&t, n)
						list = append(list, t)
					}
				}
			}
		}
	}
	return list
}

// price replaces what a trial cost by the unit prices, with some noise.
func price(t *result.Trial, n int) {
	cpu, traffic := pricesOf(t.Transport)
	r := rand.New(rand.NewPCG(uint64(n), uint64(t.Clients)+uint64(t.Transport[len(t.Transport)-1])))
	drift := 1 + 0.04*(r.Float64()-0.5)
	t.Series = slices.Clone(t.Series)
	spent, bytes := 0.0, int64(0)
	for i := range t.Series {
		s := &t.Series[i]
		s.ServerCPUS = cpu.of(*s) * drift * (0.95 + 0.1*r.Float64())
		s.BytesIn = int64(math.Round(traffic.of(*s)))
		if s.Phase == "steady" {
			spent, bytes = spent+s.ServerCPUS, bytes+s.BytesIn
		}
	}
	t.Server.CPUUserS, t.Server.CPUSysS = spent*0.6, spent*0.4
	t.Bytes.In, t.Bytes.Out, t.Bytes.Layers = bytes, 0, result.Layers{In: result.Layer{Protocol: bytes}}
}

// sweeps are made once; each caller has trials of its own to change.
func sweeps() map[string][]result.Trial {
	all := map[string][]result.Trial{}
	for name, trials := range madeSweeps() {
		all[name] = slices.Clone(trials)
	}
	return all
}

var madeSweeps = sync.OnceValue(func() map[string][]result.Trial {
	scale := sweptFixture{fixture: fixture{steady: 12, trials: 2}, name: "scale", transports: nine,
		clientsOf: []int{100, 500, 2000, 10000}, rates: []float64{1}, intervals: []float64{1}}.trials()
	for i := range scale {
		t := &scale[i]
		polls := shapes(1)[t.Transport].paced
		switch {
		case t.Clients == 10000 && polls:
			doubt(t, result.Invalid, "polls_not_reached", "7,412 of 10,000 polls a second were answered, where 9,900 are needed")
		case t.Clients == 10000 && t.Transport == "socketio-polling":
			doubt(t, result.Invalid, "generator_cpu", "the generator used 93 % of the cores left to it, where 80 % are allowed")
		case t.Clients == 2000 && t.Transport == "socketio-polling" && t.Trial == 2:
			doubt(t, result.Suspect, "steal", "0.34 cores were stolen, where 0.1 is allowed")
		case t.Clients == 10000 && t.Transport == "sse":
			t.Lost, t.Delivered = 3, t.Expected-3
			doubt(t, result.Suspect, "messages_lost", "3 deliveries were lost")
		}
	}
	return map[string][]result.Trial{
		"scale": scale,
		"interval": sweptFixture{fixture: fixture{steady: 30, trials: 1}, name: "interval", transports: []string{"poll", "poll-etag", "longpoll", "sse", "ws"},
			clientsOf: []int{500}, rates: []float64{1}, intervals: []float64{0.25, 0.5, 1, 2, 5, 10, 30}}.trials(),
		"rate": sweptFixture{fixture: fixture{steady: 20, trials: 3}, name: "rate", transports: []string{"poll", "longpoll", "sse", "ws", "ws-batch", "socketio-ws"},
			clientsOf: []int{300}, rates: []float64{0.1, 1, 5, 20, 50}, intervals: []float64{1}}.trials(),
		"grid": sweptFixture{fixture: fixture{steady: 20, trials: 2}, name: "grid", transports: []string{"poll", "sse", "ws"},
			clientsOf: []int{200}, rates: []float64{0.2, 1, 5, 20}, intervals: []float64{0.5, 2, 10}}.trials(),
	}
})
