package metric

import (
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/stat"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Preference says which way is better.
type Preference int

const (
	Neutral Preference = iota
	Lower
	Higher
)

// Kind says what a difference in a metric is worth.
type Kind int

const (
	told    Kind = iota // told for context, never compared
	Exact               // counted: the same scenario gives the same number, whatever the machine
	Timing              // measured in time or memory: differs from trial to trial
	Related             // timed, in relation to another transport of the same run: warns, never gates
)

// Metric is one row of every table: of the terminal's, the report's, the
// page's and compare's.
type Metric struct {
	Name   string
	Unit   number.Unit
	Better Preference
	Kind   Kind

	// limit is the relative change from which compare speaks of better or
	// worse; 0 takes any.
	Limit float64

	// total adds a count up over the trials, where the median would hide one
	// trial's loss.
	Total bool

	// timed reports whether a count depends on how fast the trials of a side
	// were; nil where it never does. Compare then treats it as a time.
	Timed func([]result.Trial) bool

	// edge is by which share of itself one edge of the window can change the
	// trial's number; nil where none can.
	Edge func(*result.Trial) float64

	// rare rows are left out of a report in which no transport has a value.
	Rare bool

	// of takes the number from a trial, in base units: NaN where the trial
	// does not hold it.
	Of func(*result.Trial) float64

	Assumes string
}

// The metrics that the verdict and the charts name.
var (
	Requests = Metric{Name: "requests per client", Unit: number.PerMinute, Better: Lower, Kind: Exact, Limit: 0.02, Timed: trials.Rearms, Edge: RequestsEdge,
		Of: func(t *result.Trial) float64 {
			return Over(float64(t.Requests.Total)*60, float64(t.Clients)*t.WindowS)
		},
		Assumes: "every HTTP request answered or failed in the steady state, posted messages included; WebSocket frames are not requests"}

	Connections = Metric{Name: "connections per client", Unit: number.Ratio, Better: Neutral, Kind: Exact, Limit: 0.001, Timed: trials.Reconnected,
		Of: func(t *result.Trial) float64 {
			if t.Schema < 5 {
				return Over(float64(t.Connections.Held), float64(t.Clients))
			}
			return Over(t.Connections.HeldMean, float64(t.Clients))
		},
		Assumes: "TCP connections open, on average over the steady state"}

	reconnects = Metric{Name: "reconnects per client", Unit: number.PerMinute, Kind: told, Rare: true,
		Of: func(t *result.Trial) float64 {
			return Over(ifAny(float64(t.Connections.Reconnects))*60, float64(t.Clients)*t.WindowS)
		},
		Assumes: "connections opened in the steady state in place of one that the server had ended or that broke"}

	Latency50 = Metric{Name: "delivery latency, p50", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1,
		Of:      func(t *result.Trial) float64 { return Quantile(t.Latency, P50) },
		Assumes: "from a message being due by the schedule, not from its sending, to a client having it"}

	Latency99 = Metric{Name: "delivery latency, p99", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 { return Quantile(t.Latency, P99) }}

	Stale = Metric{Name: "stale share of time", Unit: number.Share, Better: Lower, Kind: Timing, Limit: 0.1,
		Of:      StaleShare,
		Assumes: "the part of the steady state in which a message was due that a client had not got; mean over the clients"}

	BytesIn = Metric{Name: "bytes per delivery, in", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Timed: trials.Rearms, Edge: BytesInEdge,
		Of: func(t *result.Trial) float64 {
			return Over(float64(t.Bytes.In), float64(t.WindowDeliveries))
		},
		Assumes: "server to client, everything above TCP, idle polls and control frames included"}

	BytesOut = Metric{Name: "bytes per delivery, out", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Timed: trials.Rearms, Edge: BytesOutEdge,
		Of: func(t *result.Trial) float64 {
			return Over(float64(t.Bytes.Out), float64(t.WindowDeliveries))
		},
		Assumes: "client to server, likewise"}

	Bandwidth = Metric{Name: "bandwidth per client", Unit: number.BitRate, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			return Over(float64(t.Bytes.In+t.Bytes.Out)*8, float64(t.Clients)*t.WindowS)
		},
		Assumes: "both directions together"}

	CpuPerDelivery = Metric{Name: "server CPU per delivery", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return Over(t.Server.CPUS(), float64(t.WindowDeliveries))
		},
		Assumes: "user and system time of the server's processes; what the kernel does for the network outside of them is not in it"}

	CpuShare = Metric{Name: "server CPU, of one core", Unit: number.Cores, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return Over(t.Server.CPUS(), t.WindowS)
		}}

	CpuPerClient = Metric{Name: "server CPU per client", Unit: number.CpuRate, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return Over(t.Server.CPUS(), float64(t.Clients)*t.WindowS)
		},
		Assumes: "in each second of the steady state"}

	MemoryPerClient = Metric{Name: "server memory per client", Unit: number.Memory, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Server == nil || t.Env.Outlives() {
				return math.NaN()
			}
			grown := t.Server.RSSStartBytes - t.Server.RSSIdleBytes
			if grown < 0 { // what the server gave back hides what clients take
				return math.NaN()
			}
			return Over(float64(grown), float64(t.Clients))
		},
		Assumes: "only where each trial has a server of its own: resident memory at the start of the steady state, less that before the first client; socket buffers in the kernel are not in it"}

	Lost = Metric{Name: "lost", Unit: number.Count, Better: Lower, Kind: Exact, Total: true,
		Of:      func(t *result.Trial) float64 { return float64(t.Lost) },
		Assumes: "deliveries that never reached a client that should have had them; the sum over the trials"}

	duplicated = Metric{Name: "duplicated", Unit: number.Count, Better: Lower, Kind: Exact, Total: true,
		Of:      func(t *result.Trial) float64 { return float64(t.Duplicated) },
		Assumes: "deliveries of a message that the client already had"}
)

// Metrics is the table, in the order in which it is shown.
var Metrics = []Metric{
	Requests,
	Connections,
	reconnects,
	Latency50,
	Latency99,
	{Name: "delivery latency, p99.9", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.2,
		Of: func(t *result.Trial) float64 { return Quantile(t.Latency, P999) }},
	{Name: "delivery latency, max", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.5,
		Of: func(t *result.Trial) float64 { return Quantile(t.Latency, Maximum) }},
	{Name: "publish latency, p50", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1,
		Of:      func(t *result.Trial) float64 { return Quantile(t.PublishLatency, P50) },
		Assumes: "from a message being due to the server's acknowledgement"},
	Stale,
	{Name: "fan-out to all, median", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Fanout == nil || t.Fanout.Messages == 0 {
				return math.NaN()
			}
			return t.Fanout.T100
		},
		Assumes: "from a message being due until every client of its room had it (t100), for the median message"},
	BytesIn,
	BytesOut,
	Bandwidth,
	CpuPerDelivery,
	CpuShare,
	MemoryPerClient,
	{Name: "server memory, peak", Unit: number.Memory, Better: Lower, Kind: Timing, Limit: 0.1,
		Of: func(t *result.Trial) float64 {
			if t.Server == nil {
				return math.NaN()
			}
			return float64(t.Server.RSSPeakBytes)
		}},
	{Name: "empty polls", Unit: number.Share, Better: Lower, Kind: Timing, Limit: 0.1, Rare: true,
		Of:      EmptyShare,
		Assumes: "of the polls answered in the steady state"},
	{Name: "poll response, p99", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Rare: true,
		Of:      func(t *result.Trial) float64 { return Quantile(t.PollResponse, P99) },
		Assumes: "from a poll being due, so that a stalled server is charged for every poll that it delayed"},
	{Name: "messages", Unit: number.Count, Kind: told, Total: true,
		Of:      func(t *result.Trial) float64 { return float64(t.Offered) },
		Assumes: "that were due in the steady state, to be published once each"},
	{Name: "expected deliveries", Unit: number.Count, Kind: told, Total: true,
		Of: func(t *result.Trial) float64 { return float64(t.Expected) }},
	{Name: "delivered", Unit: number.Count, Kind: told, Total: true,
		Of:      func(t *result.Trial) float64 { return float64(t.Delivered) },
		Assumes: "duplicates included: expected = delivered − duplicated + lost"},
	Lost,
	duplicated,
}

func P50(q *result.Quantiles) *float64 { return q.P50 }

func P90(q *result.Quantiles) *float64 { return q.P90 }

func P99(q *result.Quantiles) *float64 { return q.P99 }

func P999(q *result.Quantiles) *float64 { return q.P999 }

func Maximum(q *result.Quantiles) *float64 { return &q.Max }

// Quantile is NaN where the trial has no such summary, nothing was recorded,
// or too few samples lie beyond.
func Quantile(q *result.Quantiles, take func(*result.Quantiles) *float64) float64 {
	if q == nil || q.N == 0 {
		return math.NaN()
	}
	if v := take(q); v != nil {
		return *v
	}
	return math.NaN()
}

// Polls is how many polls were answered within the steady state, as the empty
// ones are counted: those that were due in it are others at its edges. A
// message posted is answered by 201; but Socket.IO's posts, by 200, are in it.
func Polls(t *result.Trial) float64 {
	return float64(t.Requests.ByStatus["200"] + t.Requests.ByStatus["304"])
}

func EmptyShare(t *result.Trial) float64 {
	if !t.Asked.Paced && t.Asked.WaitS == 0 && t.Asked.HeartbeatS == 0 && t.PollResponse == nil {
		return math.NaN()
	}
	// A poll on the window's edge is counted answered before, and empty within.
	return min(1, Over(float64(t.Requests.Empty), Polls(t)))
}

func StaleShare(t *result.Trial) float64 {
	if t.Expected == 0 {
		return math.NaN() // nothing was said that a client could have missed
	}
	return t.StaleShare
}

// Over divides, and is NaN where there is nothing to divide by.
func Over(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// Cell is one metric of one transport, over its trials.
type Cell struct {
	Values    []float64 // one for each trial that holds it
	Value     float64   // their median, or their sum; NaN if there are none
	Low, High float64
}

func (m *Metric) Cell(list []result.Trial) Cell {
	var c Cell
	for i := range list {
		if v := m.Of(&list[i]); !math.IsNaN(v) {
			c.Values = append(c.Values, v)
		}
	}
	c.Low, c.High = stat.Range(c.Values)
	c.Value = stat.Median(c.Values)
	if m.Total && len(c.Values) > 0 {
		c.Value = stat.Sum(c.Values)
	}
	return c
}

func (c Cell) Known() bool { return !math.IsNaN(c.Value) }

// Print is the cell as a table shows it.
func (m *Metric) Print(c Cell, ranges bool) string {
	if !ranges || m.Total || len(c.Values) < 2 {
		return m.Unit.Format(c.Value)
	}
	return m.Unit.FormatRange(c.Value, c.Low, c.High)
}

// Id is the metric's name for programs: "delivery latency, p99.9" is
// delivery-latency-p99-9.
func (m *Metric) Id() string {
	words := strings.FieldsFunc(strings.ToLower(m.Name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	return strings.Join(words, "-")
}
