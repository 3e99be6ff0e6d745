package report

import (
	"fmt"
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// What arithmetic alone says of N clients that each poll every T seconds, from
// a random phase, in a room that is sent λ messages a second.

// PollsPerMinute is one client's polls in a minute: 60/T.
func PollsPerMinute(interval float64) float64 { return over(60, interval) }

// EmptyShare is the share of polls that find no message. Poisson arrivals:
// e^(−λT), the chance of none in T. Constant arrivals: 1 − λT, or none once a
// message comes in every interval.
func EmptyShare(rate, interval float64, constant bool) float64 {
	if constant {
		return max(0, 1-rate*interval)
	}
	return math.Exp(-rate * interval)
}

// MessagesPerPoll is how many messages a poll brings that brings any: λT
// messages for each poll, over the share of polls that are not empty. For
// Poisson arrivals that is λT/(1 − e^(−λT)).
func MessagesPerPoll(rate, interval float64, constant bool) float64 {
	return over(rate*interval, 1-EmptyShare(rate, interval, constant))
}

// Staleness is the p-quantile of a polled message's age on its arrival, the
// way itself left out: a message falls anywhere between two polls, so that
// its wait is uniform on 0 to T, pT at the quantile p and T/2 on average.
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
// the next message, W seconds at most, and the next one follows at once; the way
// is left out. Poisson arrivals: a wait lasts (1 − e^(−λW))/λ on average. Constant
// arrivals: the gap of 1/λ takes as many waits as it begins.
func LongPollsPerMinute(rate, wait float64, constant bool) float64 {
	switch {
	case !(rate > 0):
		return over(60, wait)
	case constant:
		return 60 * rate * math.Ceil(1/(rate*wait))
	}
	return over(60*rate, -math.Expm1(-rate*wait))
}

// HeartbeatsPerMinute is one client's requests in a minute where an answer brings
// the next message or a heartbeat, which comes every H seconds and is answered by
// a request of its own: 60 (λ + 2/H), the way left out.
func HeartbeatsPerMinute(rate, heartbeat float64) float64 {
	return 60*rate + over(120, heartbeat)
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

// modelRow is one number that has a model, beside what was measured.
type modelRow struct {
	transport string
	name      string
	formula   string
	unit      unit
	modelled  float64
	measured  float64
}

// difference is the measured number's distance from the model, as a share.
func (m *modelRow) difference() float64 {
	if math.IsNaN(m.measured) {
		return math.NaN()
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
		s := &r.sides[i]
		if len(s.used) == 0 {
			continue
		}
		asked, clients := s.used[0].Asked, s.used[0].Clients
		add := func(name, formula string, u unit, modelled float64, of func(*result.Trial) float64) {
			m := metric{unit: u, of: of}
			rows = append(rows, modelRow{s.transport, name, formula, u, modelled, m.cell(s.used).value})
		}
		add("messages offered per second", "λ × rooms, as asked", ratio, asked.PublishRate*float64(max(asked.Rooms, 1)),
			func(t *result.Trial) float64 { return over(float64(t.Offered), t.WindowS) })
		add("deliveries per second", "λN", ratio, DeliveriesPerSecond(asked.PublishRate, clients),
			func(t *result.Trial) float64 { return over(float64(t.WindowDeliveries), t.WindowS) })
		if modelled, ok := s.asksPerMinute(); ok && !s.paced() {
			formula := "60 λ/(1 − e^(−λW))"
			switch {
			case asked.HeartbeatS > 0:
				formula = "60 (λ + 2/H)"
			case asked.Arrivals == "constant":
				formula = "60 λ ⌈1/(λW)⌉"
			}
			add("long polls per client", formula, perMinute, modelled, pollsPerMinute)
		}
		if asked.BatchS > 0 && asked.Arrivals != "constant" {
			add("delivery latency, p50", "p(1 + λW)/λ, at most W, and the way", seconds, BatchWait(0.5, asked.PublishRate, asked.BatchS), latency50.of)
		}
		if !s.paced() {
			continue
		}
		rate, interval, constant := asked.PublishRate, asked.PollIntervalS, asked.Arrivals == "constant"
		empty, per, stale := "e^(−λT)", "λT/(1 − e^(−λT))", "1 − (1 − e^(−λT))/λT"
		if constant {
			empty, per, stale = "1 − λT, at least 0", "λT, at least 1", "λT/2, or 1 − 1/(2λT) where λT > 1"
		}
		add("polls per client", "60/T", perMinute, PollsPerMinute(interval), pollsPerMinute)
		add("empty polls", empty, share, EmptyShare(rate, interval, constant), emptyShare)
		if rate > 0 {
			add("messages per poll that is not empty", per, ratio, MessagesPerPoll(rate, interval, constant), perPoll)
			add("delivery latency, p50", "T/2 and the way", seconds, Staleness(0.5, interval), latency50.of)
			add("delivery latency, p99", "0.99 T and the way", seconds, Staleness(0.99, interval), latency99.of)
			add("stale share of time", stale, share, StaleTime(rate, interval, constant), staleShare)
		}
	}
	return rows
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
