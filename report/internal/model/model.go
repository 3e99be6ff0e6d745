package model

import (
	"math"

	"github.com/pollpush/pollpush/report/internal/metric"
)

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
