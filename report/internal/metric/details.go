package metric

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
)

// Details are the tables that explain rows of the main one. A report leaves out
// rows without a number, and tables without rows: older results have few of them.
var Details = []struct {
	Title, About string
	Metrics      []Metric
}{
	{"Bytes by layer",
		"What the bytes per delivery consist of, from the inside out, on the clients' connections in the steady state. The layers of a direction add up to its row “all layers”.",
		used(layers)},
	{"TCP/IP segments",
		"What carries those bytes, per delivery, by the kernel's counts. Loopback uses segments of up to 64 KiB. A network has packets of 1,500 bytes: the rows for those are a model, and a lower bound.",
		used(segments)},
	{"Bytes by phase",
		"All bytes of the clients' connections, per client.",
		used(phases)},
	{"Freshness",
		"The two legs of a delivery meet when the server accepts the message, by its own clock, in whole milliseconds. Fan-out is the time from when a message is due until that share of its room's clients have it.",
		used(freshness)},
	{"Cost",
		"What else the processes used in the steady state, unless a row says otherwise.",
		used(costs)},
	{"Memory of an idle client",
		"The server's growth from before the first client until all were connected and no message was sent, including garbage from connecting. Kernel sockets are not part of it.",
		used(idle)},
}

// Directions of bytes: the rows of each end in a comma and its name.
var Directions = []string{"in", "out"}

// Layers are the parts of a direction's bytes, from the inside out.
var Layers = []struct {
	Name, field string
	rare        bool // few transports have it
	means       string
}{
	{"text", "text", false, "message text as it appears in JSON"},
	{"envelope", "envelope", false, "the JSON around the text, and JSON without text"},
	{"compression", "compression", true, "what compression added to text and envelope: usually negative"},
	{"protocol", "protocol", false, "heads of requests and responses, chunks, frames, events and packets, including those without a message"},
	{"TLS", "tls", true, "records and handshakes"},
}

// layerRows are in bytes for each delivery.
func layerRows() (rows []Metric) {
	row := func(name, direction, bytes, means string) {
		rows = append(rows, Metric{Name: name + ", " + direction, Unit: number.BytesEach, Use: layers,
			Formula: "given(above(3, schema), " + bytes + " / window_deliveries)", Means: means})
	}
	for i, d := range Directions {
		for _, l := range Layers {
			bytes := "bytes.layers." + d + "." + l.field
			if l.rare {
				bytes = "any(" + bytes + ")"
			}
			if i > 0 {
				l.means = "" // said above
			}
			row(l.Name, d, bytes, l.means)
		}
		row("all layers", d, "bytes."+d, "")
	}
	return rows
}

// segmentRows are for each delivery: as counted on loopback, and the fewest that
// a network with packets of 1,500 bytes would carry: 1,448 bytes of data beside
// 52 of the IPv4 header and the TCP header with timestamps. Of n segments with
// b₁ … bₙ bytes each becomes ⌈bᵢ / 1448⌉ packets, and their sum is neither below
// n nor below ⌈(b₁ + … + bₙ) / 1448⌉. More segments are not acknowledged by fewer.
func segmentRows() (rows []Metric) {
	for _, d := range Directions {
		packets := strings.ReplaceAll("(tcp.D.segments - tcp.D.data_segments + max(tcp.D.data_segments, ceil(bytes.D / 1448)))", "D", d)
		for _, row := range []struct {
			name  string
			unit  number.Unit
			count string
		}{
			{"segments", number.Ratio, "tcp." + d + ".segments"},
			{"segments of 1,500-byte packets", number.Ratio, packets},
			{"TCP/IP headers", number.BytesEach, "tcp." + d + ".header_bytes"},
			{"TCP/IP headers of 1,500-byte packets", number.BytesEach, "52 * " + packets},
		} {
			rows = append(rows, Metric{Name: row.name + ", " + d, Unit: row.unit, Use: segments, Formula: row.count + " / window_deliveries"})
		}
	}
	return append(rows, Metric{Name: "segments sent again by clients", Unit: number.Count, Better: Lower, Use: segments, Total: true, Formula: "tcp.retransmits",
		Means: "what the server sent again is not counted; the sum of the trials"})
}

// phaseRows are in bytes for each client.
func phaseRows() (rows []Metric) {
	for _, d := range Directions {
		for i, name := range result.Phases {
			rows = append(rows, Metric{Name: name + ", " + d, Unit: number.BytesEach, Use: phases, Formula: fmt.Sprintf("phase_bytes[%d].%s / clients", i, d)})
		}
	}
	return rows
}

// A leg may be off by 0.0005 s either way: the server's clock has a resolution of
// a millisecond.
var freshnessRows = []Metric{
	{Name: "accept latency, p50", Unit: number.Seconds, Use: freshness, Formula: "above(0.0005, accept_latency_s.p50)",
		Means: "from when a message is due until the server accepts it: the publish leg; ±0.5 ms, so smaller numbers are left out"},
	{Name: "delivery leg, p50", Unit: number.Seconds, Use: freshness, Formula: "above(0.0005, delivery_leg_s.p50)",
		Means: "from when the server accepts a message until a client has it; ±0.5 ms"},
	{Name: "delivery leg, p99", Unit: number.Seconds, Use: freshness, Formula: "above(0.0005, delivery_leg_s.p99)",
		Means: "±0.5 ms"},
	{Name: "calibrated floor, p50", Unit: number.Seconds, Use: freshness, Formula: "calibration.floor_s.p50",
		Means: "an upper bound of what the generator adds to the delivery latency, or to the poll response if clients poll at an interval: generator and null target together, calibrated on this machine at the size nearest to this: clients per room, or polling clients"},
	{Name: "calibrated floor, p99", Unit: number.Seconds, Use: freshness, Formula: "calibration.floor_s.p99"},
	{Name: "fan-out to half, median", Unit: number.Seconds, Use: freshness, Formula: "given(fanout_s.messages, fanout_s.t50)",
		Means: "of the messages that reached every client"},
	{Name: "fan-out to 99 %, median", Unit: number.Seconds, Use: freshness, Formula: "given(fanout_s.messages, fanout_s.t99)"},
	{Name: "fan-out to all, worst", Unit: number.Seconds, Use: freshness, Formula: "given(fanout_s.messages, fanout_s.t100_max)"},
	{Name: "stale share of a client, p50", Unit: number.Share, Use: freshness, Formula: "given(expected, stale_share_clients.p50)",
		Means: "of the steady state, across clients"},
	{Name: "stale share of a client, p99", Unit: number.Share, Use: freshness, Formula: "given(expected, stale_share_clients.p99)"},
	{Name: "stale share of a client, worst", Unit: number.Share, Use: freshness, Formula: "given(expected, given(stale_share_clients.n, stale_share_clients.max))"},
}

var costRows = []Metric{
	{Name: "server CPU in the kernel", Unit: number.Share, Use: costs, Formula: "server.cpu_sys_s / " + serverCPU,
		Means: "of all its CPU; the kernel separates the two by ticks of 10 ms"},
	{Name: "server CPU to connect a client", Unit: number.Seconds, Use: costs, Formula: "any(server.cpu_connect_s) / clients",
		Means: "from before the first client until all were connected"},
	{Name: "TLS handshakes", Unit: number.Count, Use: costs, Formula: "any(connections.handshakes)", Means: "in the whole trial"},
	{Name: "GC cycles", Unit: number.Count, Use: costs, Formula: "given(server.goroutines, server.gc_cycles)",
		Means: "of the server, if it offers Go's metrics, like the rows of GC pauses and goroutines"},
	{Name: "GC pauses together", Unit: number.Seconds, Use: costs, Formula: "given(server.goroutines, server.gc_pause_s)"},
	{Name: "goroutines", Unit: number.Count, Use: costs, Formula: "any(server.goroutines)", Means: "just after the steady state"},
	{Name: "server descriptors", Unit: number.Count, Use: costs, Formula: "any(server.descriptors)", Means: "open at the end of the steady state"},
	{Name: "server context switches", Unit: number.PerSecond, Use: costs, Formula: "any(server.context_switches) / window_s",
		Means: "when one of its threads gave up the core"},
	{Name: "server preemptions", Unit: number.PerSecond, Use: costs, Formula: "given(server.context_switches, server.context_preemptions) / window_s",
		Means: "when the core was taken from it"},
	{Name: "generator CPU, of one core", Unit: number.Cores, Use: costs, Formula: "any" + generatorCPU + " / window_s", Means: "all shards together"},
	{Name: "generator memory per client", Unit: number.Memory, Use: costs, Formula: "any(generator.rss_start_bytes) / clients",
		Means: "resident memory of all shards at the start of the steady state, their programs included"},
}

// lateRows are how late the generator itself was.
var lateRows = []Metric{
	{Name: "messages sent late, max", Unit: number.Seconds, Use: costs, Formula: "given(schedule_late_s.publish.n, schedule_late_s.publish.max)",
		Means: "by the generator: from when a message is due until it is sent"},
	{Name: "polls sent late, p99", Unit: number.Seconds, Use: costs, Formula: "schedule_late_s.poll.p99",
		Means: "by the generator: from when a poll is due, or its client is free, until it is sent"},
}

// idleRows are the memory of a connected client before the first message, by
// kind: its growth until all clients were connected. A kind of 0 was not measured.
func idleRows() []Metric {
	row := func(name, kind string) Metric {
		connected, before := strings.ReplaceAll(kind, "M.", "server.connected."), strings.ReplaceAll(kind, "M.", "server.before.")
		return Metric{Name: name, Unit: number.Memory, Use: idle, Formula: "given(" + fresh + ", given(" + connected + ", " + connected + " - " + before + ")) / clients"}
	}
	rest := row("of it the rest", "(M.rss_bytes - M.heap_bytes - M.stack_bytes)")
	rest.Formula = "above(0, given(server.connected.heap_bytes, " + rest.Formula + "))"
	rest.Means = "left out of trials in which heap and stacks in use grew by more than resident memory, into pages that were already resident"
	sockets := row("kernel sockets per idle client", "M.socket_bytes")
	sockets.Means = "socket buffers and, if /proc/slabinfo can be read, the sockets themselves"
	return []Metric{
		row("memory per idle client", "M.rss_bytes"),
		row("of it heap", "M.heap_bytes"),
		row("of it stacks", "M.stack_bytes"),
		rest,
		sockets,
	}
}
