package report

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
)

// detail is a table of its own for what stands behind a few rows of the main
// one. Rows of which no trial holds the number are left out, and so is a table
// without rows: older results hold few of them.
type detail struct {
	title   string
	about   string
	metrics []metric
}

// details are the tables beside the main one, in the order in which they are
// shown.
var details = []detail{
	{
		title:   "Bytes by layer",
		about:   "What the bytes of each delivery are made of, from the inside out, as they passed the clients' connections in the steady state. The layers of a direction add up to its row “all layers”.",
		metrics: append(inward.layers(), outward.layers()...),
	},
	{
		title: "TCP/IP segments",
		about: "What carries those bytes, for each delivery, by the kernel's own counts. Loopback cuts segments of up to 64 KiB. A network has packets of 1,500 bytes: the rows for those are a model, and a lower bound.",
		metrics: append(append(inward.carried(), outward.carried()...),
			metric{name: "segments sent again by clients", unit: count, better: lower, total: true,
				of: func(t *result.Trial) float64 {
					if t.TCP == nil {
						return math.NaN()
					}
					return float64(t.TCP.Retransmits)
				},
				assumes: "what the server sent again is not counted; the sum over the trials"}),
	},
	{
		title:   "Bytes by phase",
		about:   "All bytes of the clients' connections, divided by the clients.",
		metrics: append(inward.phases(), outward.phases()...),
	},
	{
		title:   "Freshness",
		about:   "The two legs of a delivery meet where the server accepts the message, by its own clock, in whole milliseconds. Fan-out runs from a message being due until so many of its room's clients had it.",
		metrics: freshness,
	},
	{
		title:   "Cost",
		about:   "What else the processes took in the steady state, unless a row says otherwise.",
		metrics: upkeep,
	},
}

// direction is one way of the bytes.
type direction struct {
	name     string
	bytes    func(result.Bytes) (all int64, parts result.Layer)
	segments func(*result.TCP) result.Segments
}

var (
	inward = direction{"in", func(b result.Bytes) (int64, result.Layer) { return b.In, b.Layers.In },
		func(t *result.TCP) result.Segments { return t.In }}
	outward = direction{"out", func(b result.Bytes) (int64, result.Layer) { return b.Out, b.Layers.Out },
		func(t *result.TCP) result.Segments { return t.Out }}
	directions = []direction{inward, outward}
)

// layer is one row of a direction's bytes, from the inside out.
type layer struct {
	name    string
	of      func(result.Layer) int64
	rare    bool // few transports have it
	assumes string
}

var everyLayer = []layer{
	{"text", func(l result.Layer) int64 { return l.Text }, false, "of messages, as it stands in their JSON"},
	{"envelope", func(l result.Layer) int64 { return l.Envelope }, false, "the JSON around the text, and JSON without any"},
	{"compression", func(l result.Layer) int64 { return l.Compression }, true, "what compressing added to text and envelope: negative as a rule"},
	{"protocol", func(l result.Layer) int64 { return l.Protocol }, false, "heads of requests and answers, chunks, frames, events and packets; those that bring no message, too"},
	{"TLS", func(l result.Layer) int64 { return l.TLS }, true, "records and handshakes"},
}

// layered says whether the trial tells its bytes' layers.
func layered(t *result.Trial) bool { return t.Schema >= 3 }

// perDelivery divides the layer's bytes by the window's deliveries.
func (l layer) perDelivery(d direction) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		_, parts := d.bytes(t.Bytes)
		if n := l.of(parts); layered(t) && (n != 0 || !l.rare) {
			return over(float64(n), float64(t.WindowDeliveries))
		}
		return math.NaN()
	}
}

// layers are one direction's rows, in bytes for each delivery.
func (d direction) layers() []metric {
	var rows []metric
	for _, l := range everyLayer {
		m := metric{name: l.name + ", " + d.name, unit: bytesEach, of: l.perDelivery(d), assumes: l.assumes}
		if d.name != inward.name {
			m.assumes = "" // said once
		}
		rows = append(rows, m)
	}
	return append(rows, metric{name: "all layers, " + d.name, unit: bytesEach, of: func(t *result.Trial) float64 {
		if !layered(t) {
			return math.NaN()
		}
		all, _ := d.bytes(t.Bytes)
		return over(float64(all), float64(t.WindowDeliveries))
	}})
}

// carried are one direction's rows of segments, for each delivery.
func (d direction) carried() []metric {
	row := func(name string, u unit, take func(result.Segments) int64) metric {
		return metric{name: name + ", " + d.name, unit: u, of: d.segmented(take, false)}
	}
	modelled := func(name string, u unit, take func(result.Segments) int64) metric {
		return metric{name: name + " of 1,500-byte packets, " + d.name, unit: u, of: d.segmented(take, true)}
	}
	return []metric{
		row("segments", ratio, func(s result.Segments) int64 { return s.Segments }),
		modelled("segments", ratio, func(s result.Segments) int64 { return s.Segments }),
		row("TCP/IP headers", bytesEach, headerBytes),
		modelled("TCP/IP headers", bytesEach, headerBytes),
	}
}

func headerBytes(s result.Segments) int64 { return s.HeaderBytes }

// segmented divides a count of segments, or of their bytes, by the window's
// deliveries: as loopback has them, or as a network would at least.
func (d direction) segmented(take func(result.Segments) int64, network bool) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.TCP == nil {
			return math.NaN()
		}
		s := d.segments(t.TCP)
		if network {
			all, _ := d.bytes(t.Bytes)
			s = s.On1500(all)
		}
		return over(float64(take(s)), float64(t.WindowDeliveries))
	}
}

// phases are one direction's rows, in bytes for each client.
func (d direction) phases() []metric {
	var rows []metric
	for i, name := range result.Phases {
		rows = append(rows, metric{name: name + ", " + d.name, unit: bytesEach, of: func(t *result.Trial) float64 {
			if i >= len(t.PhaseBytes) {
				return math.NaN()
			}
			all, _ := d.bytes(t.PhaseBytes[i].Bytes)
			return over(float64(all), float64(t.Clients))
		}})
	}
	return rows
}

var freshness = []metric{
	{name: "accept latency, p50", unit: seconds, of: func(t *result.Trial) float64 { return leg(t.AcceptLatency, p50) },
		assumes: "from a message being due to the server accepting it: the publish leg; ±0.5 ms, so that a trial's number below that tells nothing and is left out"},
	{name: "delivery leg, p50", unit: seconds, of: func(t *result.Trial) float64 { return leg(t.DeliveryLeg, p50) },
		assumes: "from the server accepting a message to a client having it; ±0.5 ms likewise"},
	{name: "delivery leg, p99", unit: seconds, of: func(t *result.Trial) float64 { return leg(t.DeliveryLeg, p99) },
		assumes: "±0.5 ms likewise"},
	{name: "calibrated floor, p50", unit: seconds, of: calibrated(p50),
		assumes: "an upper bound of what the generator adds: generator and null target together, by the calibration on this machine with one client in each room; of the delivery latency, or of the poll response where clients poll at an interval"},
	{name: "calibrated floor, p99", unit: seconds, of: calibrated(p99)},
	{name: "fan-out to half, median", unit: seconds, of: fanout(func(f *result.Fanout) float64 { return f.T50 }),
		assumes: "over the messages that reached every client"},
	{name: "fan-out to 99 %, median", unit: seconds, of: fanout(func(f *result.Fanout) float64 { return f.T99 })},
	{name: "fan-out to all, worst", unit: seconds, of: fanout(func(f *result.Fanout) float64 { return f.T100Max })},
	{name: "stale share of a client, p50", unit: share, of: staleClient(p50),
		assumes: "of the steady state, over the clients"},
	{name: "stale share of a client, p99", unit: share, of: staleClient(p99)},
	{name: "stale share of a client, worst", unit: share, of: staleClient(maximum)},
}

// legBound is by how many seconds a leg may be off either way: the server's clock
// tells whole milliseconds.
const legBound = 0.0005

// leg takes a percentile of a leg: NaN where it is below what it may be off by.
func leg(q *result.Quantiles, take func(*result.Quantiles) *float64) float64 {
	return above(legBound, quantile(q, take))
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
		return quantile(t.StaleShareClients, take)
	}
}

// calibrated takes a percentile of the transport's own floor.
func calibrated(take func(*result.Quantiles) *float64) func(*result.Trial) float64 {
	return func(t *result.Trial) float64 {
		if t.Calibration == nil {
			return math.NaN()
		}
		return quantile(t.Calibration.Floor, take)
	}
}

var generatorCPU = metric{name: "generator CPU, of one core", unit: cores,
	of:      func(t *result.Trial) float64 { return over(ifAny(t.Generator.CPUS()), t.WindowS) },
	assumes: "all shards together"}

var upkeep = []metric{
	cpuPerClient,
	{name: "server CPU in the kernel", unit: share,
		of: server(func(c *result.Cost, _ *result.Trial) float64 { return over(c.CPUSysS, c.CPUS()) }), assumes: "of all its CPU; the kernel tells the two apart by ticks of 10 ms"},
	{name: "server CPU to connect a client", unit: seconds, of: server(func(c *result.Cost, t *result.Trial) float64 {
		if c.CPUConnectS == 0 {
			return math.NaN()
		}
		return over(c.CPUConnectS, float64(t.Clients))
	}), assumes: "from before the first client until all were connected"},
	{name: "TLS handshakes", unit: count, of: func(t *result.Trial) float64 { return ifAny(float64(t.Connections.Handshakes)) },
		assumes: "in the whole trial"},
	{name: "GC cycles", unit: count, of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return float64(c.GCCycles) }),
		assumes: "of the server, where it offers Go's metrics, as in the rows of GC pauses and goroutines"},
	{name: "GC pauses together", unit: seconds, of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return c.GCPauseS })},
	{name: "goroutines", unit: count, of: fromInside(func(c *result.Cost, _ *result.Trial) float64 { return float64(c.Goroutines) }), assumes: "just after the steady state"},
	{name: "server descriptors", unit: count, of: server(func(c *result.Cost, _ *result.Trial) float64 { return ifAny(float64(c.Descriptors)) }), assumes: "open at the end of the steady state"},
	{name: "server context switches", unit: perSecond, of: server(func(c *result.Cost, t *result.Trial) float64 { return over(ifAny(float64(c.Switches)), t.WindowS) }), assumes: "those in which a thread of it gave the core up"},
	{name: "server preemptions", unit: perSecond, of: server(func(c *result.Cost, t *result.Trial) float64 {
		if c.Switches == 0 {
			return math.NaN()
		}
		return over(float64(c.Preemptions), t.WindowS)
	}), assumes: "those in which the core was taken from it"},
	generatorCPU,
	{name: "generator memory per client", unit: memory, of: func(t *result.Trial) float64 {
		return over(ifAny(float64(t.Generator.RSSStartBytes)), float64(t.Clients))
	}, assumes: "resident memory of all shards at the start of the steady state, their programs included"},
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
