package report

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

const modelText = "What arithmetic alone says of N clients in rooms of λ messages a second, beside what was measured. They poll every T seconds, or wait for at most W, with heartbeats every H; a round trip takes r, which is as long as posting a message took. ⚠ marks where the two part by more than 10 %."

// modelRow is one number that has a model, beside what was measured.
type modelRow struct {
	transport string
	name      string
	formula   string
	unit      unit
	modelled  float64
	measured  float64
	slack     float64 // what is no difference from a model of nothing
}

// difference is the measured number's distance from the model, as a share.
func (m *modelRow) difference() float64 {
	switch {
	case math.IsNaN(m.measured):
		return math.NaN()
	case m.modelled == 0 && math.Abs(m.measured) <= m.slack:
		return 0
	}
	return stat.Change(m.modelled, m.measured)
}

// parts reports whether model and measurement part by more than a tenth.
func (m *modelRow) parts() bool {
	return math.Abs(m.difference()) > 0.1+1e-9
}

// modelled sets the model beside the measurement, for every number of the run
// that has one.
func (r *run) modelled() []modelRow {
	var rows []modelRow
	for i := range r.sides {
		if s := &r.sides[i]; len(s.used) > 0 {
			rows = append(rows, s.modelled()...)
		}
	}
	return rows
}

func (s *side) modelled() []modelRow {
	var rows []modelRow
	a, clients := s.used[0].Asked, s.used[0].Clients
	add := func(name, formula string, u unit, modelled float64, of func(*result.Trial) float64) {
		m := metric{unit: u, of: of}
		rows = append(rows, modelRow{s.transport, name, formula, u, modelled, m.cell(s.used).value, 0})
	}
	add("messages offered per second", "λ × rooms, as asked", ratio, a.PublishRate*float64(max(a.Rooms, 1)),
		func(t *result.Trial) float64 { return over(float64(t.Offered), t.WindowS) })
	add("deliveries per second", "λN", ratio, DeliveriesPerSecond(a.PublishRate, clients),
		func(t *result.Trial) float64 { return over(float64(t.WindowDeliveries), t.WindowS) })
	constant := a.Arrivals == "constant"
	if !s.paced() && !s.rearms() {
		one, formula := 1.0, "1"
		if s.used[0].Requests.ByStatus["201"] > 0 {
			one, formula = 1+over(min(float64(a.Publishers*max(a.Rooms, 1)), float64(clients)), float64(clients)), "1, and one more for who posts"
		}
		add("connections per client", formula, ratio, one, connections.of)
		add("requests per client", "0, but for what is posted", perMinute, 0, func(t *result.Trial) float64 {
			return over(float64(t.Requests.Total-t.Requests.ByStatus["201"])*60, float64(t.Clients)*t.WindowS)
		})
		if a.PublishRate == 0 {
			add("bytes per client and second", "0: nothing is said", bytesEach, 0, func(t *result.Trial) float64 {
				return over(float64(t.Bytes.In+t.Bytes.Out), float64(t.Clients)*t.WindowS)
			})
			rows[len(rows)-1].slack = 1
		}
	}
	if modelled, ok := s.asksPerMinute(); ok && !s.paced() {
		formula := "60/(r + e^(−λr)(1 − e^(−λW))/λ)"
		switch {
		case a.HeartbeatS > 0:
			formula = "60/(r + e^(−λr)/λ) + 120/H"
		case constant:
			formula = "60 λ ⌈(1/λ − r)/W⌉"
		}
		add("long polls per client", formula, perMinute, modelled, pollsPerMinute)
	}
	if a.BatchS > 0 && !constant {
		add("delivery latency, p50", "p(1 + λW)/λ, at most W, and the way", seconds, BatchWait(0.5, a.PublishRate, a.BatchS), latency50.of)
	}
	if !s.paced() {
		return rows
	}
	rate, interval := a.PublishRate, a.PollIntervalS
	empty, per, stale := "e^(−λT)", "λT/(1 − e^(−λT))", "1 − (1 − e^(−λT))/λT"
	if constant {
		empty, per, stale = "1 − λT, at least 0", "λT, at least 1", "λT/2, or 1 − 1/(2λT) where λT > 1"
	}
	add("polls per client", "60/T", perMinute, PollsPerMinute(interval), pollsPerMinute)
	add("polls per second", "N/T", ratio, PollsPerSecond(clients, interval),
		func(t *result.Trial) float64 { return over(polls(t), t.WindowS) })
	add("empty polls", empty, share, EmptyShare(rate, interval, constant), emptyShare)
	if rate > 0 {
		add("messages per poll that is not empty", per, ratio, MessagesPerPoll(rate, interval, constant), perPoll)
		add("delivery latency, mean", "T/2 and the way", seconds, MeanStaleness(interval),
			func(t *result.Trial) float64 { return quantile(t.Latency, mean) })
		add("delivery latency, p50", "0.5 T and the way", seconds, Staleness(0.5, interval), latency50.of)
		add("delivery latency, p99", "0.99 T and the way", seconds, Staleness(0.99, interval), latency99.of)
		add("stale share of time", stale, share, StaleTime(rate, interval, constant), staleShare)
	}
	return rows
}

func mean(q *result.Quantiles) *float64 { return &q.Mean }

// asksPerMinute is what the model says of one client's requests for messages, if
// it says anything.
func (s *side) asksPerMinute() (perMinute float64, ok bool) {
	if len(s.used) == 0 {
		return 0, false
	}
	a := s.used[0].Asked
	switch {
	case s.paced():
		return PollsPerMinute(a.PollIntervalS), true
	case a.WaitS > 0:
		return LongPollsPerMinute(a.PublishRate, a.WaitS, s.roundTrip(), a.Arrivals == "constant"), true
	case a.HeartbeatS > 0:
		return HeartbeatsPerMinute(a.PublishRate, a.HeartbeatS, s.roundTrip()), true
	}
	return 0, false
}

// roundTrip is how long an answer takes to reach a client and its next request to
// reach the server. It is taken to be as long as a request that waits for nothing
// took in the same trials: a post, from sent to acknowledged, on average.
func (s *side) roundTrip() float64 {
	m := metric{of: func(t *result.Trial) float64 { return quantile(t.PublishService, mean) }}
	if c := m.cell(s.used); c.known() {
		return c.value
	}
	return 0
}

func pollsPerMinute(t *result.Trial) float64 {
	return over(polls(t)*60, float64(t.Clients)*t.WindowS)
}

func perPoll(t *result.Trial) float64 {
	return over(float64(t.WindowDeliveries), polls(t)-float64(t.Requests.Empty))
}

// partings says in words where model and measurement part by more than 10 %.
func (r *run) partings() []string {
	var out []string
	for i := range r.sides {
		s := &r.sides[i]
		for _, m := range r.modelled() {
			if m.transport != s.transport || !m.parts() {
				continue
			}
			text := fmt.Sprintf("%s: %s measured %s where the model says %s (%s)",
				m.transport, m.name, m.unit.format(m.measured), m.unit.format(m.modelled), changeText(m.difference()))
			if n := s.used[0].Offered; m.name == "messages offered per second" && s.used[0].Asked.Arrivals != "constant" && n > 0 {
				text += fmt.Sprintf("; a random schedule of %s messages strays by about ±%s %%, and what follows strays with it",
					thousands(fmt.Sprint(n)), plain(100/math.Sqrt(float64(n))))
			}
			out = append(out, text+".")
		}
	}
	return out
}

// agreement is partings, or that there are none.
func (r *run) agreement() []string {
	if parts := r.partings(); len(parts) > 0 {
		return parts
	}
	if len(r.modelled()) == 0 {
		return []string{"No trial ran to its end, so there is nothing to set beside the model."}
	}
	return []string{"Model and measurement agree within 10 % everywhere."}
}

// changeText is a relative change with its sign: "+12 %".
func changeText(change float64) string {
	switch {
	case math.IsNaN(change):
		return "–"
	case math.IsInf(change, 1):
		return "from zero"
	case math.IsInf(change, -1):
		return "below zero"
	case change == 0:
		return "0 %"
	}
	s := "+"
	if change < 0 {
		s, change = "−", -change
	}
	change *= 100
	switch {
	case change < 0.05:
		return s + "<0.1 %"
	case change < 10:
		return s + fmt.Sprintf("%.1f %%", change)
	}
	return s + thousands(fmt.Sprintf("%.0f", change)) + " %"
}
