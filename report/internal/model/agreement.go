// Package model computes what arithmetic predicts of a run, what the activities of
// a server cost, where polling and push cost the same, and what broke.
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

// Modelled sets the model beside the measurement, for every number of the run
// that has one.
func Modelled(r *trials.Point) []Row {
	var rows []Row
	for i := range r.Sides {
		if s := &r.Sides[i]; len(s.Used) > 0 {
			rows = append(rows, rowsOf(s)...)
		}
	}
	return rows
}

func rowsOf(s *trials.Side) []Row {
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

// What arithmetic alone says of N clients that each poll every T seconds, from
// a random phase, in a room that is sent λ messages a second.

// PollsPerMinute is one client's polls in a minute: 60/T.
func PollsPerMinute(interval float64) float64 { return metric.Over(60, interval) }

// PollsPerSecond is what N clients ask together: N/T.
func PollsPerSecond(clients int, interval float64) float64 {
	return metric.Over(float64(clients), interval)
}

// EmptyShare is the share of polls that find no message. Poisson arrivals:
// e^(−λT), the chance of none in T. Constant arrivals: 1 − λT, or none once a
// message comes in every interval.
func EmptyShare(rate, interval float64, constant bool) float64 {
	if constant {
		return max(0, 1-rate*interval)
	}
	return math.Exp(-rate * interval)
}

// MeanStaleness is the mean of a polled message's age on its arrival, the way
// itself left out: T/2.
func MeanStaleness(interval float64) float64 { return interval / 2 }

// MessagesPerPoll is how many messages a poll brings that brings any: λT
// messages for each poll, over the share of polls that are not empty. For
// Poisson arrivals that is λT/(1 − e^(−λT)).
func MessagesPerPoll(rate, interval float64, constant bool) float64 {
	return metric.Over(rate*interval, 1-EmptyShare(rate, interval, constant))
}

// Staleness is the p-quantile of a polled message's age on its arrival, the
// way itself left out: a message falls anywhere between two polls, so that
// its wait is uniform on 0 to T, and pT at the quantile p.
func Staleness(p, interval float64) float64 { return p * interval }

// StaleTime is the share of time in which a polling client has something yet
// to get. At a random moment its last poll is uniform on 0 to T ago, and it is
// stale if a message has come since: for Poisson arrivals 1 − (1 − e^(−λT))/λT.
// For constant arrivals: λT/2 while a message comes at most once in T, else
// 1 − 1/(2λT).
func StaleTime(rate, interval float64, constant bool) float64 {
	x := rate * interval
	switch {
	case !(x > 0):
		return 0
	case !constant:
		return 1 + math.Expm1(-x)/x
	case x <= 1:
		return x / 2
	}
	return 1 - 1/(2*x)
}

// LongPollsPerMinute is one client's long polls in a minute, where each waits for
// the next message, W seconds at most, and the next one follows when the answer
// has come, one round trip of r seconds later. What is said in that time waits
// for it, and is its answer at once. Poisson arrivals: from one long poll to the
// next it takes r + e^(−λr)(1 − e^(−λW))/λ on average, since none came within r
// with the chance e^(−λr), and the wait that then begins lasts (1 − e^(−λW))/λ.
// That is at least the 1/λ of a message to each poll, and at most 1/λ + r.
// Constant arrivals: the gap of 1/λ takes as many waits as it begins when a round
// trip is over; where a round trip takes all of the gap, one poll follows another.
func LongPollsPerMinute(rate, wait, roundTrip float64, constant bool) float64 {
	switch {
	case !(rate > 0):
		return metric.Over(60, wait+roundTrip)
	case constant && rate*roundTrip >= 1:
		return metric.Over(60, roundTrip)
	case constant:
		return 60 * rate * math.Ceil((1/rate-roundTrip)/wait)
	}
	return metric.Over(60, roundTrip-math.Exp(-rate*roundTrip)*math.Expm1(-rate*wait)/rate)
}

// HeartbeatsPerMinute is the same where an answer brings the next message or a
// heartbeat, which comes every H seconds and is answered by a request of its own:
// a wait without end for messages, and two requests for each heartbeat.
func HeartbeatsPerMinute(rate, heartbeat, roundTrip float64) float64 {
	if !(rate > 0) {
		return metric.Over(120, heartbeat)
	}
	return LongPollsPerMinute(rate, math.Inf(1), roundTrip, false) + metric.Over(120, heartbeat)
}

// BatchWait is the p-quantile of the time for which a server that gathers
// messages for W seconds, from a first one on, holds a message back; Poisson
// arrivals. Of a window's 1 + λW messages the first waits for all of it, and the
// others anything from 0 to W.
func BatchWait(p, rate, window float64) float64 {
	if !(rate > 0) {
		return window
	}
	return min(window, p*(1+rate*window)/rate)
}

// DeliveriesPerSecond is the fan-out of all rooms together: λN, whatever the
// number of rooms that N clients are spread over.
func DeliveriesPerSecond(rate float64, clients int) float64 { return rate * float64(clients) }
