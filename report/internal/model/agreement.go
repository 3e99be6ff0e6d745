package model

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

const ModelText = "What arithmetic alone says of N clients in rooms of λ messages a second, beside what was measured. They poll every T seconds, or wait for at most W, with heartbeats every H; a round trip takes r, which is as long as posting a message took. ⚠ marks where the two part by more than 10 %."

// Row is one number that has a model, beside what was measured.
type Row struct {
	Transport string
	Name      string
	Formula   string
	Unit      number.Unit
	Modelled  float64
	Measured  float64
	slack     float64 // what is no difference from a model of nothing
}

// Difference is the measured number's distance from the model, as a share.
func (m *Row) Difference() float64 {
	switch {
	case math.IsNaN(m.Measured):
		return math.NaN()
	case m.Modelled == 0 && math.Abs(m.Measured) <= m.slack:
		return 0
	}
	return stat.Change(m.Modelled, m.Measured)
}

// Parts reports whether model and measurement part by more than a tenth.
func (m *Row) Parts() bool {
	return math.Abs(m.Difference()) > 0.1+1e-9
}

// PointModelled sets the model beside the measurement, for every number of the run
// that has one.
func PointModelled(r *trials.Point) []Row {
	var rows []Row
	for i := range r.Sides {
		if s := &r.Sides[i]; len(s.Used) > 0 {
			rows = append(rows, sideModelled(s)...)
		}
	}
	return rows
}

func sideModelled(s *trials.Side) []Row {
	var rows []Row
	a, clients := s.Used[0].Asked, s.Used[0].Clients
	add := func(name, formula string, u number.Unit, modelled float64, of func(*result.Trial) float64) {
		m := metric.Metric{Unit: u, Of: of}
		rows = append(rows, Row{s.Transport, name, formula, u, modelled, m.Cell(s.Used).Value, 0})
	}
	add("messages offered per second", "λ × rooms, as asked", number.Ratio, a.PublishRate*float64(max(a.Rooms, 1)),
		func(t *result.Trial) float64 { return metric.Over(float64(t.Offered), t.WindowS) })
	add("deliveries per second", "λN", number.Ratio, DeliveriesPerSecond(a.PublishRate, clients),
		func(t *result.Trial) float64 { return metric.Over(float64(t.WindowDeliveries), t.WindowS) })
	constant := a.Arrivals == "constant"
	if !s.Paced() && !s.Rearms() {
		one, formula := 1.0, "1"
		if s.Used[0].Requests.ByStatus["201"] > 0 {
			one, formula = 1+metric.Over(min(float64(a.Publishers*max(a.Rooms, 1)), float64(clients)), float64(clients)), "1, and one more for who posts"
		}
		add("connections per client", formula, number.Ratio, one, metric.Connections.Of)
		add("requests per client", "0, but for what is posted", number.PerMinute, 0, func(t *result.Trial) float64 {
			return metric.Over(float64(t.Requests.Total-t.Requests.ByStatus["201"])*60, float64(t.Clients)*t.WindowS)
		})
		if a.PublishRate == 0 {
			add("bytes per client and second", "0: nothing is said", number.BytesEach, 0, func(t *result.Trial) float64 {
				return metric.Over(float64(t.Bytes.In+t.Bytes.Out), float64(t.Clients)*t.WindowS)
			})
			rows[len(rows)-1].slack = 1
		}
	}
	if modelled, ok := AsksPerMinute(s); ok && !s.Paced() {
		formula := "60/(r + e^(−λr)(1 − e^(−λW))/λ)"
		switch {
		case a.HeartbeatS > 0:
			formula = "60/(r + e^(−λr)/λ) + 120/H"
		case constant:
			formula = "60 λ ⌈(1/λ − r)/W⌉"
		}
		add("long polls per client", formula, number.PerMinute, modelled, metric.PollsPerMinute)
	}
	if a.BatchS > 0 && !constant {
		add("delivery latency, p50", "p(1 + λW)/λ, at most W, and the way", number.Seconds, BatchWait(0.5, a.PublishRate, a.BatchS), metric.Latency50.Of)
	}
	if !s.Paced() {
		return rows
	}
	rate, interval := a.PublishRate, a.PollIntervalS
	empty, per, stale := "e^(−λT)", "λT/(1 − e^(−λT))", "1 − (1 − e^(−λT))/λT"
	if constant {
		empty, per, stale = "1 − λT, at least 0", "λT, at least 1", "λT/2, or 1 − 1/(2λT) where λT > 1"
	}
	add("polls per client", "60/T", number.PerMinute, PollsPerMinute(interval), metric.PollsPerMinute)
	add("polls per second", "N/T", number.Ratio, PollsPerSecond(clients, interval),
		func(t *result.Trial) float64 { return metric.Over(metric.Polls(t), t.WindowS) })
	add("empty polls", empty, number.Share, EmptyShare(rate, interval, constant), metric.EmptyShare)
	if rate > 0 {
		add("messages per poll that is not empty", per, number.Ratio, MessagesPerPoll(rate, interval, constant), metric.PerPoll)
		add("delivery latency, mean", "T/2 and the way", number.Seconds, MeanStaleness(interval),
			func(t *result.Trial) float64 { return metric.Quantile(t.Latency, metric.Mean) })
		add("delivery latency, p50", "0.5 T and the way", number.Seconds, Staleness(0.5, interval), metric.Latency50.Of)
		add("delivery latency, p99", "0.99 T and the way", number.Seconds, Staleness(0.99, interval), metric.Latency99.Of)
		add("stale share of time", stale, number.Share, StaleTime(rate, interval, constant), metric.StaleShare)
	}
	return rows
}

// AsksPerMinute is what the model says of one client's requests for messages, if
// it says anything.
func AsksPerMinute(s *trials.Side) (perMinute float64, ok bool) {
	if len(s.Used) == 0 {
		return 0, false
	}
	a := s.Used[0].Asked
	switch {
	case s.Paced():
		return PollsPerMinute(a.PollIntervalS), true
	case a.WaitS > 0:
		return LongPollsPerMinute(a.PublishRate, a.WaitS, roundTrip(s), a.Arrivals == "constant"), true
	case a.HeartbeatS > 0:
		return HeartbeatsPerMinute(a.PublishRate, a.HeartbeatS, roundTrip(s)), true
	}
	return 0, false
}

// roundTrip is how long an answer takes to reach a client and its next request to
// reach the server. It is taken to be as long as a request that waits for nothing
// took in the same trials: a post, from sent to acknowledged, on average.
func roundTrip(s *trials.Side) float64 {
	m := metric.Metric{Of: func(t *result.Trial) float64 { return metric.Quantile(t.PublishService, metric.Mean) }}
	if c := m.Cell(s.Used); c.Known() {
		return c.Value
	}
	return 0
}

// Partings says in words where model and measurement part by more than 10 %.
func Partings(r *trials.Point) []string {
	var out []string
	for i := range r.Sides {
		s := &r.Sides[i]
		for _, m := range PointModelled(r) {
			if m.Transport != s.Transport || !m.Parts() {
				continue
			}
			text := fmt.Sprintf("%s: %s measured %s where the model says %s (%s)",
				m.Transport, m.Name, m.Unit.Format(m.Measured), m.Unit.Format(m.Modelled), number.ChangeText(m.Difference()))
			if n := s.Used[0].Offered; m.Name == "messages offered per second" && s.Used[0].Asked.Arrivals != "constant" && n > 0 {
				text += fmt.Sprintf("; a random schedule of %s messages strays by about ±%s %%, and what follows strays with it",
					number.Thousands(fmt.Sprint(n)), number.Plain(100/math.Sqrt(float64(n))))
			}
			out = append(out, text+".")
		}
	}
	return out
}

// Agreement is partings, or that there are none.
func Agreement(r *trials.Point) []string {
	if parts := Partings(r); len(parts) > 0 {
		return parts
	}
	if len(PointModelled(r)) == 0 {
		return []string{"No trial ran to its end, so there is nothing to set beside the model."}
	}
	return []string{"Model and measurement agree within 10 % everywhere."}
}
