package model

import (
	"math"

	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

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
	compare := func(name, formula string, modelled float64, m metric.Metric) {
		rows = append(rows, Row{s.Transport, name, formula, m.Unit, modelled, m.Cell(s.Used).Value, 0})
	}
	add := func(name, formula string, modelled float64) { compare(name, formula, modelled, metric.Named(name)) }
	add("messages offered per second", "λ × rooms, as asked", a.PublishRate*float64(max(a.Rooms, 1)))
	add("deliveries per second", "λN", DeliveriesPerSecond(a.PublishRate, clients))
	constant := a.Arrivals == "constant"
	if !s.Paced() && !s.Rearms() {
		one, formula := 1.0, "1"
		if s.Used[0].Requests.ByStatus["201"] > 0 {
			one, formula = 1+metric.Over(min(float64(a.Publishers*max(a.Rooms, 1)), float64(clients)), float64(clients)), "1, plus 1 for each client that posts"
		}
		add("connections per client", formula, one)
		compare("requests per client", "0, apart from posts", 0, metric.Named("requests per client but for posts"))
		if a.PublishRate == 0 {
			add("bytes per client and second", "0: there are no messages", 0)
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
		add("long polls per client", formula, modelled)
	}
	if a.BatchS > 0 && !constant {
		add("delivery latency, p50", "p(1 + λW)/λ, at most W, plus transit", BatchWait(0.5, a.PublishRate, a.BatchS))
	}
	if !s.Paced() {
		return rows
	}
	rate, interval := a.PublishRate, a.PollIntervalS
	empty, per, stale := "e^(−λT)", "λT/(1 − e^(−λT))", "1 − (1 − e^(−λT))/λT"
	if constant {
		empty, per, stale = "1 − λT, at least 0", "λT, at least 1", "λT/2, or 1 − 1/(2λT) where λT > 1"
	}
	add("polls per client", "60/T", PollsPerMinute(interval))
	add("polls per second", "N/T", PollsPerSecond(clients, interval))
	add("empty polls", empty, EmptyShare(rate, interval, constant))
	if rate > 0 {
		add("messages per poll that is not empty", per, MessagesPerPoll(rate, interval, constant))
		add("delivery latency, mean", "T/2 plus transit", MeanStaleness(interval))
		add("delivery latency, p50", "0.5 T plus transit", Staleness(0.5, interval))
		add("delivery latency, p99", "0.99 T plus transit", Staleness(0.99, interval))
		add("stale share of time", stale, StaleTime(rate, interval, constant))
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
	m := metric.Named("publish service, mean")
	if c := m.Cell(s.Used); c.Known() {
		return c.Value
	}
	return 0
}
