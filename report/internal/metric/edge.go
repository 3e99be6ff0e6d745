package metric

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// What is counted within the window is exact except at its edges: what is due just
// before an edge may happen on either side of it. How much that can be follows
// from the trial: what is due within its longest delay.

// surely bounds what falls on an edge in 99 of 100 cases.
const surely = 0.99

const (
	heartbeatBytes   = 6 // a pong without a payload
	compressedStrays = 2 // bytes by which a compressed message strays, as its tag and times are new in each run
)

// edge is how many things one edge of a trial's window can add or take away.
type edge struct{ messages, polls, deliveries float64 }

func edgeOf(t *result.Trial) edge {
	a := &t.Asked
	answered := t.Latency
	if a.Paced {
		answered = t.PollResponse
	}
	late := t.PauseS + max(worstOf(t.PublishLatency), worstOf(answered))
	rooms, clients := max(1, float64(a.Rooms)), float64(t.Clients)
	due := func(rate float64) float64 { return float64(stat.PoissonBound(rate*late, surely)) }
	e := edge{messages: due(a.PublishRate * rooms)}
	if a.Arrivals == "constant" {
		e.messages = min(e.messages, rooms*math.Ceil(a.PublishRate*late))
	}
	if !a.Paced || a.PollIntervalS <= 0 {
		e.deliveries = e.messages * clients / rooms
		return e
	}
	e.polls = min(clients, due(clients/a.PollIntervalS))
	// A poll takes along what it brings; and a message that comes too late for
	// it waits for the client's next one.
	e.deliveries = e.polls * (1 + 2*a.PublishRate*a.PollIntervalS)
	return e
}

func worstOf(q *result.Quantiles) float64 {
	if q == nil {
		return 0
	}
	return q.Max
}

// portion is a share, of nothing none and at most all.
func portion(some, all float64) float64 {
	if !(all > 0) {
		return 0
	}
	return min(1, some/all)
}

// requestsEdge, and those below, are by which share of itself one edge of the
// window can change a trial's number.
func requestsEdge(t *result.Trial) float64 {
	e := edgeOf(t)
	if t.Requests.Total == 0 {
		return 0
	}
	return portion(e.messages+e.polls, float64(t.Requests.Total)) + portion(t.PauseS, t.WindowS)
}

// protocolEdge is the edge of the protocol bytes per poll: answers to posts add to
// those to polls.
func protocolEdge(t *result.Trial) float64 {
	return portion(edgeOf(t).messages, float64(t.Requests.ByStatus["200"]+t.Requests.ByStatus["304"]))
}

// bytesInEdge assumes that an acknowledgement is no larger than a delivery. The
// bytes of deliveries move with them.
func bytesInEdge(t *result.Trial) float64 {
	e, deliveries, in := edgeOf(t), float64(t.WindowDeliveries), float64(t.Bytes.In)
	share := portion(e.messages, deliveries)
	if t.Asked.Paced {
		share = portion(float64(t.Bytes.Layers.In.Protocol), in) * (requestsEdge(t) + portion(e.deliveries, deliveries))
	} else {
		share += portion(heartbeats(t), in)
	}
	if t.Bytes.Layers.In.Compression != 0 {
		share += portion(compressedStrays*deliveries, in)
	}
	return share
}

func bytesOutEdge(t *result.Trial) float64 {
	e := edgeOf(t)
	share := portion(e.deliveries, float64(t.WindowDeliveries))
	if t.Asked.Paced {
		return share + requestsEdge(t)
	}
	return share + portion(e.messages, float64(t.WindowPublished)) + portion(heartbeats(t), float64(t.Bytes.Out))
}

// heartbeats are the bytes of one for each client, of those that were answered:
// the frames of clients that were no messages.
func heartbeats(t *result.Trial) float64 {
	frames := t.Totals.FramesOut
	for i := range t.Series {
		frames -= t.Series[i].Published
	}
	return heartbeatBytes * float64(min(max(0, frames), int64(t.Clients)))
}
