package metric

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// detail is a table of its own for what stands behind a few rows of the main
// one. Rows of which no trial holds the number are left out, and so is a table
// without rows: older results hold few of them.
type detail struct {
	Title   string
	About   string
	Metrics []Metric
}

// Details are the tables beside the main one, in the order in which they are
// shown.
var Details = []detail{
	{
		Title:   "Bytes by layer",
		About:   "What the bytes of each delivery are made of, from the inside out, as they passed the clients' connections in the steady state. The layers of a direction add up to its row “all layers”.",
		Metrics: append(inward.layers(), Outward.layers()...),
	},
	{
		Title: "TCP/IP segments",
		About: "What carries those bytes, for each delivery, by the kernel's own counts. Loopback cuts segments of up to 64 KiB. A network has packets of 1,500 bytes: the rows for those are a model, and a lower bound.",
		Metrics: append(append(inward.carried(), Outward.carried()...),
			Metric{Name: "segments sent again by clients", Unit: number.Count, Better: Lower, Total: true,
				Of: func(t *result.Trial) float64 {
					if t.TCP == nil {
						return math.NaN()
					}
					return float64(t.TCP.Retransmits)
				},
				Assumes: "what the server sent again is not counted; the sum over the trials"}),
	},
	{
		Title:   "Bytes by phase",
		About:   "All bytes of the clients' connections, divided by the clients.",
		Metrics: append(inward.phases(), Outward.phases()...),
	},
	{
		Title:   "Freshness",
		About:   "The two legs of a delivery meet where the server accepts the message, by its own clock, in whole milliseconds. Fan-out runs from a message being due until so many of its room's clients had it.",
		Metrics: Freshness,
	},
	{
		Title:   "Cost",
		About:   "What else the processes took in the steady state, unless a row says otherwise.",
		Metrics: upkeep,
	},
}

// Direction is one way of the bytes.
type Direction struct {
	Name     string
	bytes    func(result.Bytes) (all int64, parts result.Layer)
	segments func(*result.TCP) result.Segments
}

var (
	inward = Direction{"in", func(b result.Bytes) (int64, result.Layer) { return b.In, b.Layers.In },
		func(t *result.TCP) result.Segments { return t.In }}
	Outward = Direction{"out", func(b result.Bytes) (int64, result.Layer) { return b.Out, b.Layers.Out },
		func(t *result.TCP) result.Segments { return t.Out }}
	Directions = []Direction{inward, Outward}
)

// layer is one row of a direction's bytes, from the inside out.
type layer struct {
	Name    string
	of      func(result.Layer) int64
	rare    bool // few transports have it
	assumes string
}

var EveryLayer = []layer{
	{"text", func(l result.Layer) int64 { return l.Text }, false, "of messages, as it stands in their JSON"},
	{"envelope", func(l result.Layer) int64 { return l.Envelope }, false, "the JSON around the text, and JSON without any"},
	{"compression", func(l result.Layer) int64 { return l.Compression }, true, "what compressing added to text and envelope: negative as a rule"},
	{"protocol", func(l result.Layer) int64 { return l.Protocol }, false, "heads of requests and answers, chunks, frames, events and packets; those that bring no message, too"},
	{"TLS", func(l result.Layer) int64 { return l.TLS }, true, "records and handshakes"},
}

// Layered says whether the trial tells its bytes' layers.
func Layered(t *result.Trial) bool { return t.Schema >= 3 }

// PerDelivery divides the layer's bytes by the window's deliveries.
func (l layer) PerDelivery(d Direction) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		_, parts := d.bytes(t.Bytes)
		if n := l.of(parts); Layered(t) && (n != 0 || !l.rare) {
			return Over(float64(n), float64(t.WindowDeliveries))
		}
		return math.NaN()
	}
}

// layers are one direction's rows, in bytes for each delivery.
func (d Direction) layers() []Metric {
	var rows []Metric
	for _, l := range EveryLayer {
		m := Metric{Name: l.Name + ", " + d.Name, Unit: number.BytesEach, Of: l.PerDelivery(d), Assumes: l.assumes}
		if d.Name != inward.Name {
			m.Assumes = "" // said once
		}
		rows = append(rows, m)
	}
	return append(rows, Metric{Name: "all layers, " + d.Name, Unit: number.BytesEach, Of: func(t *result.Trial) float64 {
		if !Layered(t) {
			return math.NaN()
		}
		all, _ := d.bytes(t.Bytes)
		return Over(float64(all), float64(t.WindowDeliveries))
	}})
}

// carried are one direction's rows of segments, for each delivery.
func (d Direction) carried() []Metric {
	row := func(name string, u number.Unit, take func(result.Segments) int64) Metric {
		return Metric{Name: name + ", " + d.Name, Unit: u, Of: d.Segmented(take, false)}
	}
	modelled := func(name string, u number.Unit, take func(result.Segments) int64) Metric {
		return Metric{Name: name + " of 1,500-byte packets, " + d.Name, Unit: u, Of: d.Segmented(take, true)}
	}
	return []Metric{
		row("segments", number.Ratio, func(s result.Segments) int64 { return s.Segments }),
		modelled("segments", number.Ratio, func(s result.Segments) int64 { return s.Segments }),
		row("TCP/IP headers", number.BytesEach, HeaderBytes),
		modelled("TCP/IP headers", number.BytesEach, HeaderBytes),
	}
}

func HeaderBytes(s result.Segments) int64 { return s.HeaderBytes }

// Segmented divides a count of segments, or of their bytes, by the window's
// deliveries: as loopback has them, or as a network would at least.
func (d Direction) Segmented(take func(result.Segments) int64, network bool) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.TCP == nil {
			return math.NaN()
		}
		s := d.segments(t.TCP)
		if network {
			all, _ := d.bytes(t.Bytes)
			s = s.On1500(all)
		}
		return Over(float64(take(s)), float64(t.WindowDeliveries))
	}
}

// phases are one direction's rows, in bytes for each client.
func (d Direction) phases() []Metric {
	var rows []Metric
	for i, name := range result.Phases {
		rows = append(rows, Metric{Name: name + ", " + d.Name, Unit: number.BytesEach, Of: func(t *result.Trial) float64 {
			if i >= len(t.PhaseBytes) {
				return math.NaN()
			}
			all, _ := d.bytes(t.PhaseBytes[i].Bytes)
			return Over(float64(all), float64(t.Clients))
		}})
	}
	return rows
}

var Freshness = []Metric{
	{Name: "accept latency, p50", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return leg(t.AcceptLatency, P50) },
		Assumes: "from a message being due to the server accepting it: the publish leg; ±0.5 ms, so that a trial's number below that tells nothing and is left out"},
	{Name: "delivery leg, p50", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return leg(t.DeliveryLeg, P50) },
		Assumes: "from the server accepting a message to a client having it; ±0.5 ms likewise"},
	{Name: "delivery leg, p99", Unit: number.Seconds, Of: func(t *result.Trial) float64 { return leg(t.DeliveryLeg, P99) },
		Assumes: "±0.5 ms likewise"},
	{Name: "calibrated floor, p50", Unit: number.Seconds, Of: calibrated(P50),
		Assumes: "an upper bound of what the generator adds: generator and null target together, by the calibration on this machine with one client in each room; of the delivery latency, or of the poll response where clients poll at an interval"},
	{Name: "calibrated floor, p99", Unit: number.Seconds, Of: calibrated(P99)},
	{Name: "fan-out to half, median", Unit: number.Seconds, Of: fanout(func(f *result.Fanout) float64 { return f.T50 }),
		Assumes: "over the messages that reached every client"},
	{Name: "fan-out to 99 %, median", Unit: number.Seconds, Of: fanout(func(f *result.Fanout) float64 { return f.T99 })},
	{Name: "fan-out to all, worst", Unit: number.Seconds, Of: fanout(func(f *result.Fanout) float64 { return f.T100Max })},
	{Name: "stale share of a client, p50", Unit: number.Share, Of: staleClient(P50),
		Assumes: "of the steady state, over the clients"},
	{Name: "stale share of a client, p99", Unit: number.Share, Of: staleClient(P99)},
	{Name: "stale share of a client, worst", Unit: number.Share, Of: staleClient(Maximum)},
}

// legBound is by how many seconds a leg may be off either way: the server's clock
// tells whole milliseconds.
const legBound = 0.0005

// leg takes a percentile of a leg: NaN where it is below what it may be off by.
func leg(q *result.Quantiles, take func(*result.Quantiles) *float64) float64 {
	return above(legBound, Quantile(q, take))
}

// above is NaN for what is below a bound.
func above(bound, v float64) float64 {
	if v < bound {
		return math.NaN()
	}
	return v
}

func fanout(take func(*result.Fanout) float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Fanout == nil || t.Fanout.Messages == 0 {
			return math.NaN()
		}
		return take(t.Fanout)
	}
}

// staleClient takes a percentile over the clients, where there was something to
// miss.
func staleClient(take func(*result.Quantiles) *float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Expected == 0 {
			return math.NaN()
		}
		return Quantile(t.StaleShareClients, take)
	}
}

// calibrated takes a percentile of the transport's own floor.
func calibrated(take func(*result.Quantiles) *float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Calibration == nil {
			return math.NaN()
		}
		return Quantile(t.Calibration.Floor, take)
	}
}

var generatorCPU = Metric{Name: "generator CPU, of one core", Unit: number.Cores,
	Of:      func(t *result.Trial) float64 { return Over(ifAny(t.Generator.CPUS()), t.WindowS) },
	Assumes: "all shards together"}

var upkeep = []Metric{
	CpuPerClient,
	{Name: "server CPU in the kernel", Unit: number.Share,
		Of: server(func(c *result.Cost, _ *result.Trial) float64 { return Over(c.CPUSysS, c.CPUS()) }), Assumes: "of all its CPU; the kernel tells the two apart by ticks of 10 ms"},
	{Name: "server CPU to connect a client", Unit: number.Seconds, Of: server(func(c *result.Cost, t *result.Trial) float64 {
		if c.CPUConnectS == 0 {
			return math.NaN()
		}
		return Over(c.CPUConnectS, float64(t.Clients))
	}), Assumes: "from before the first client until all were connected"},
	{Name: "TLS handshakes", Unit: number.Count, Of: func(t *result.Trial) float64 { return ifAny(float64(t.Connections.Handshakes)) },
		Assumes: "in the whole trial"},
	{Name: "GC cycles", Unit: number.Count, Of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return float64(c.GCCycles) }),
		Assumes: "of the server, where it offers Go's metrics, as in the rows of GC pauses and goroutines"},
	{Name: "GC pauses together", Unit: number.Seconds, Of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return c.GCPauseS })},
	{Name: "goroutines", Unit: number.Count, Of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return float64(c.Goroutines) }), Assumes: "just after the steady state"},
	{Name: "server descriptors", Unit: number.Count, Of: server(func(c *result.Cost, _ *result.Trial) float64 { return ifAny(float64(c.Descriptors)) }), Assumes: "open at the end of the steady state"},
	{Name: "server context switches", Unit: number.PerSecond, Of: server(func(c *result.Cost, t *result.Trial) float64 { return Over(ifAny(float64(c.Switches)), t.WindowS) }), Assumes: "those in which a thread of it gave the core up"},
	{Name: "server preemptions", Unit: number.PerSecond, Of: server(func(c *result.Cost, t *result.Trial) float64 {
		if c.Switches == 0 {
			return math.NaN()
		}
		return Over(float64(c.Preemptions), t.WindowS)
	}), Assumes: "those in which the core was taken from it"},
	generatorCPU,
	{Name: "generator memory per client", Unit: number.Memory, Of: func(t *result.Trial) float64 {
		return Over(ifAny(float64(t.Generator.RSSStartBytes)), float64(t.Clients))
	}, Assumes: "resident memory of all shards at the start of the steady state, their programs included"},
}

// server takes a number from the server's cost, where that is known.
func server(take func(*result.Cost, *result.Trial) float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Server == nil {
			return math.NaN()
		}
		return take(t.Server, t)
	}
}

// fromInside is the same of what only a Go server tells.
func fromInside(take func(*result.Cost, *result.Trial) float64) func(*result.Trial) float64 {
	return server(func(c *result.Cost, t *result.Trial) float64 {
		if c.Goroutines == 0 {
			return math.NaN()
		}
		return take(c, t)
	})
}

// ifAny is NaN for zero, which stands for a number that was not taken.
func ifAny(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}
