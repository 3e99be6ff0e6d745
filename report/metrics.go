package report

import (
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
)

// preference says which way is better.
type preference int

const (
	neutral preference = iota
	lower
	higher
)

// kind says what a difference in a metric is worth.
type kind int

const (
	told    kind = iota // told for context, never compared
	exact               // counted: the same scenario gives the same number, whatever the machine
	timing              // measured in time or memory: differs from trial to trial
	related             // timed, in relation to another transport of the same run: warns, never gates
)

// metric is one row of every table: of the terminal's, the report's, the
// page's and compare's.
type metric struct {
	name   string
	unit   unit
	better preference
	kind   kind

	// limit is the relative change from which compare speaks of better or
	// worse; 0 takes any.
	limit float64

	// total adds a count up over the trials, where the median would hide one
	// trial's loss.
	total bool

	// timed reports whether a count depends on how fast the trials of a side
	// were; nil where it never does. Compare then treats it as a time.
	timed func(*chosen) bool

	// edge is by which share of itself one edge of the window can change the
	// trial's number; nil where none can.
	edge func(*result.Trial) float64

	// rare rows are left out of a report in which no transport has a value.
	rare bool

	// of takes the number from a trial, in base units: NaN where the trial
	// does not hold it.
	of func(*result.Trial) float64

	assumes string
}

// The metrics that the verdict and the charts name.
var (
	requests = metric{name: "requests per client", unit: perMinute, better: lower, kind: exact, limit: 0.02, timed: (*chosen).rearms, edge: requestsEdge,
		of: func(t *result.Trial) float64 {
			return over(float64(t.Requests.Total)*60, float64(t.Clients)*t.WindowS)
		},
		assumes: "every HTTP request answered or failed in the steady state, posted messages included; WebSocket frames are not requests"}

	connections = metric{name: "connections per client", unit: ratio, better: neutral, kind: exact, limit: 0.001, timed: (*chosen).reconnects,
		of: func(t *result.Trial) float64 {
			if t.Schema < 5 {
				return over(float64(t.Connections.Held), float64(t.Clients))
			}
			return over(t.Connections.HeldMean, float64(t.Clients))
		},
		assumes: "TCP connections open, on average over the steady state"}

	reconnects = metric{name: "reconnects per client", unit: perMinute, kind: told, rare: true,
		of: func(t *result.Trial) float64 {
			return over(ifAny(float64(t.Connections.Reconnects))*60, float64(t.Clients)*t.WindowS)
		},
		assumes: "connections opened in the steady state in place of one that the server had ended or that broke"}

	latency50 = metric{name: "delivery latency, p50", unit: seconds, better: lower, kind: timing, limit: 0.1,
		of:      func(t *result.Trial) float64 { return quantile(t.Latency, p50) },
		assumes: "from a message being due by the schedule, not from its sending, to a client having it"}

	latency99 = metric{name: "delivery latency, p99", unit: seconds, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 { return quantile(t.Latency, p99) }}

	stale = metric{name: "stale share of time", unit: share, better: lower, kind: timing, limit: 0.1,
		of:      staleShare,
		assumes: "the part of the steady state in which a message was due that a client had not got; mean over the clients"}

	bytesIn = metric{name: "bytes per delivery, in", unit: bytesEach, better: lower, kind: exact, limit: 0.02, timed: (*chosen).rearms, edge: bytesInEdge,
		of: func(t *result.Trial) float64 {
			return over(float64(t.Bytes.In), float64(t.WindowDeliveries))
		},
		assumes: "server to client, everything above TCP, idle polls and control frames included"}

	bytesOut = metric{name: "bytes per delivery, out", unit: bytesEach, better: lower, kind: exact, limit: 0.02, timed: (*chosen).rearms, edge: bytesOutEdge,
		of: func(t *result.Trial) float64 {
			return over(float64(t.Bytes.Out), float64(t.WindowDeliveries))
		},
		assumes: "client to server, likewise"}

	bandwidth = metric{name: "bandwidth per client", unit: bitRate, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			return over(float64(t.Bytes.In+t.Bytes.Out)*8, float64(t.Clients)*t.WindowS)
		},
		assumes: "both directions together"}

	cpuPerDelivery = metric{name: "server CPU per delivery", unit: seconds, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return over(t.Server.CPUS(), float64(t.WindowDeliveries))
		},
		assumes: "user and system time of the server's processes; what the kernel does for the network outside of them is not in it"}

	cpuShare = metric{name: "server CPU, of one core", unit: cores, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return over(t.Server.CPUS(), t.WindowS)
		}}

	cpuPerClient = metric{name: "server CPU per client", unit: cpuRate, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return over(t.Server.CPUS(), float64(t.Clients)*t.WindowS)
		},
		assumes: "in each second of the steady state"}

	memoryPerClient = metric{name: "server memory per client", unit: memory, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Server == nil || t.Env.Outlives() {
				return math.NaN()
			}
			grown := t.Server.RSSStartBytes - t.Server.RSSIdleBytes
			if grown < 0 { // what the server gave back hides what clients take
				return math.NaN()
			}
			return over(float64(grown), float64(t.Clients))
		},
		assumes: "only where each trial has a server of its own: resident memory at the start of the steady state, less that before the first client; socket buffers in the kernel are not in it"}

	lost = metric{name: "lost", unit: count, better: lower, kind: exact, total: true,
		of:      func(t *result.Trial) float64 { return float64(t.Lost) },
		assumes: "deliveries that never reached a client that should have had them; the sum over the trials"}

	duplicated = metric{name: "duplicated", unit: count, better: lower, kind: exact, total: true,
		of:      func(t *result.Trial) float64 { return float64(t.Duplicated) },
		assumes: "deliveries of a message that the client already had"}
)

// metrics is the table, in the order in which it is shown.
var metrics = []metric{
	requests,
	connections,
	reconnects,
	latency50,
	latency99,
	{name: "delivery latency, p99.9", unit: seconds, better: lower, kind: timing, limit: 0.2,
		of: func(t *result.Trial) float64 { return quantile(t.Latency, p999) }},
	{name: "delivery latency, max", unit: seconds, better: lower, kind: timing, limit: 0.5,
		of: func(t *result.Trial) float64 { return quantile(t.Latency, maximum) }},
	{name: "publish latency, p50", unit: seconds, better: lower, kind: timing, limit: 0.1,
		of:      func(t *result.Trial) float64 { return quantile(t.PublishLatency, p50) },
		assumes: "from a message being due to the server's acknowledgement"},
	stale,
	{name: "fan-out to all, median", unit: seconds, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Fanout == nil || t.Fanout.Messages == 0 {
				return math.NaN()
			}
			return t.Fanout.T100
		},
		assumes: "from a message being due until every client of its room had it (t100), for the median message"},
	bytesIn,
	bytesOut,
	bandwidth,
	cpuPerDelivery,
	cpuShare,
	memoryPerClient,
	{name: "server memory, peak", unit: memory, better: lower, kind: timing, limit: 0.1,
		of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return float64(t.Server.RSSPeakBytes)
		}},
	{name: "empty polls", unit: share, better: lower, kind: timing, limit: 0.1, rare: true,
		of:      emptyShare,
		assumes: "of the polls answered in the steady state"},
	{name: "poll response, p99", unit: seconds, better: lower, kind: timing, limit: 0.1, rare: true,
		of:      func(t *result.Trial) float64 { return quantile(t.PollResponse, p99) },
		assumes: "from a poll being due, so that a stalled server is charged for every poll that it delayed"},
	{name: "messages", unit: count, kind: told, total: true,
		of:      func(t *result.Trial) float64 { return float64(t.Offered) },
		assumes: "that were due in the steady state, to be published once each"},
	{name: "expected deliveries", unit: count, kind: told, total: true,
		of: func(t *result.Trial) float64 { return float64(t.Expected) }},
	{name: "delivered", unit: count, kind: told, total: true,
		of:      func(t *result.Trial) float64 { return float64(t.Delivered) },
		assumes: "duplicates included: expected = delivered − duplicated + lost"},
	lost,
	duplicated,
}

func p50(q *result.Quantiles) *float64     { return q.P50 }
func p90(q *result.Quantiles) *float64     { return q.P90 }
func p99(q *result.Quantiles) *float64     { return q.P99 }
func p999(q *result.Quantiles) *float64    { return q.P999 }
func maximum(q *result.Quantiles) *float64 { return &q.Max }

// quantile is NaN where the trial has no such summary, nothing was recorded,
// or too few samples lie beyond.
func quantile(q *result.Quantiles, take func(*result.Quantiles) *float64) float64 {
	if q == nil || q.N == 0 {
		return math.NaN()
	}
	if v := take(q); v != nil {
		return *v
	}
	return math.NaN()
}

// polls is how many polls were answered within the steady state, as the empty
// ones are counted: those that were due in it are others at its edges. A
// message posted is answered by 201; but Socket.IO's posts, by 200, are in it.
func polls(t *result.Trial) float64 {
	return float64(t.Requests.ByStatus["200"] + t.Requests.ByStatus["304"])
}

func emptyShare(t *result.Trial) float64 {
	if !t.Asked.Paced && t.Asked.WaitS == 0 && t.Asked.HeartbeatS == 0 && t.PollResponse == nil {
		return math.NaN()
	}
	// A poll on the window's edge is counted answered before, and empty within.
	return min(1, over(float64(t.Requests.Empty), polls(t)))
}

func staleShare(t *result.Trial) float64 {
	if t.Expected == 0 {
		return math.NaN() // nothing was said that a client could have missed
	}
	return t.StaleShare
}

// over divides, and is NaN where there is nothing to divide by.
func over(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// cell is one metric of one transport, over its trials.
type cell struct {
	values    []float64 // one for each trial that holds it
	value     float64   // their median, or their sum; NaN if there are none
	low, high float64
}

func (m *metric) cell(trials []result.Trial) cell {
	var c cell
	for i := range trials {
		if v := m.of(&trials[i]); !math.IsNaN(v) {
			c.values = append(c.values, v)
		}
	}
	c.low, c.high = stat.Range(c.values)
	c.value = stat.Median(c.values)
	if m.total && len(c.values) > 0 {
		c.value = stat.Sum(c.values)
	}
	return c
}

func (c cell) known() bool { return !math.IsNaN(c.value) }

// print is the cell as a table shows it.
func (m *metric) print(c cell, ranges bool) string {
	if !ranges || m.total || len(c.values) < 2 {
		return m.unit.format(c.value)
	}
	return m.unit.formatRange(c.value, c.low, c.high)
}

// id is the metric's name for programs: "delivery latency, p99.9" is
// delivery-latency-p99-9.
func (m *metric) id() string {
	words := strings.FieldsFunc(strings.ToLower(m.name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	return strings.Join(words, "-")
}

// MetricIDs lists the names, for programs, of the metrics that [Compare] holds
// against limits.
func MetricIDs() []string {
	var ids []string
	for i := range comparedMetrics {
		ids = append(ids, comparedMetrics[i].id())
	}
	return ids
}
