package metric

import (
	"slices"

	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// All is the table, in the order in which its rows are shown.
var All = compiled(slices.Concat(mainRows, layerRows(), segmentRows(), phaseRows(), freshnessRows, costRows, lateRows, idleRows(), modelledRows, publishedRows))

// Choices from the table.
var (
	Metrics         = used(Main)
	ComparedMetrics = used(Compared)
	RatioMetrics    = used(Ratio)
	SweptColumns    = having(func(m Metric) bool { return m.Column != "" })
	IdleMemory      = used(idle)

	// Headlines are what a run is told by first.
	Headlines = named("delivery latency, p50", "requests per client", "bandwidth per client", "server CPU per client and second", "server memory per client")
	// WeighedAll are those by which all transports of a point are ranked.
	WeighedAll = named("delivery latency, p50", "stale share of time", "requests per client", "bandwidth per client", "server CPU per client and second", "server memory per client")
)

// Rows that others name.
var (
	Requests        = Named("requests per client")
	Connections     = Named("connections per client")
	Latency50       = Named("delivery latency, p50")
	Latency99       = Named("delivery latency, p99")
	Stale           = Named("stale share of time")
	BytesIn         = Named("bytes per delivery, in")
	BytesOut        = Named("bytes per delivery, out")
	ProtocolPerPoll = Named("protocol bytes per poll, in")
	Bandwidth       = Named("bandwidth per client")
	CPUPerDelivery  = Named("server CPU per delivery")
	CPUShare        = Named("server CPU, of one core")
	CPUPerClient    = Named("server CPU per client and second")
	MemoryPerClient = Named("server memory per client")
	Lost            = Named("lost")
	Duplicated      = Named("duplicated")
	Heap            = Named("of it heap")
	Remaining       = Named("of it the rest")
	RequestsOfAll   = Named("requests of all clients")
)

// Parts of formulas.
const (
	serverCPU    = "(server.cpu_user_s + server.cpu_sys_s)"
	generatorCPU = "(generator.cpu_user_s + generator.cpu_sys_s)"

	// polls were answered within the steady state, as the empty ones are counted;
	// at its edges, others were due in it. Posted messages are answered by 201,
	// but those of Socket.IO by 200: they are in it.
	polls = "(requests.by_status[200] + requests.by_status[304])"

	// asking is above 0 if clients send requests to receive messages.
	asking = "max(asked.paced, asked.wait_s, asked.heartbeat_s)"

	// fresh is 1 if each trial has its own server. One that was running before
	// still holds memory of earlier trials.
	fresh = "max(env.command, not(env.target))"

	protocol = "given(above(3, schema), bytes.layers.in.protocol + bytes.layers.out.protocol)"
)

var mainRows = []Metric{
	{Name: "requests per client", Unit: number.PerMinute, Better: Lower, Kind: Exact, Limit: 0.02, Use: Main | Compared, Column: "requests per client", Timed: trials.Rearms, Edge: requestsEdge,
		Thing: "requests", Each: "per client",
		Formula: "requests.total * 60 / (clients * window_s)",
		Means:   "every HTTP request answered or failed in the steady state, including posts; WebSocket frames are not requests"},
	{Name: "connections per client", Unit: number.Ratio, Kind: Exact, Limit: 0.001, Use: Main | Compared, Timed: trials.Reconnected,
		Formula: "either(given(above(5, schema), connections.held_mean), connections.held) / clients",
		Means:   "TCP connections open, on average over the steady state, including those that messages are posted over"},
	{Name: "reconnects per client", Unit: number.PerMinute, Use: Main, Rare: true,
		Formula: "any(connections.reconnects) * 60 / (clients * window_s)",
		Means:   "connections opened in the steady state to replace one that the server ended or that broke"},
	{Name: "delivery latency, p50", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio, Column: "latency, p50",
		Thing: "delivery latency", Each: "at the median",
		Formula: "latency_s.p50",
		Means:   "from when a message is due by the schedule, not when it is sent, until a client has it"},
	{Name: "delivery latency, p99", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio, Column: "p99",
		Formula: "latency_s.p99"},
	{Name: "delivery latency, p99.9", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.2, Use: Main | Compared | Ratio,
		Formula: "latency_s.p999"},
	{Name: "delivery latency, max", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.5, Use: Main | Compared | Ratio,
		Formula: "given(latency_s.n, latency_s.max)"},
	{Name: "publish latency, p50", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio,
		Formula: "publish_latency_s.p50",
		Means:   "from when a message is due until the server acknowledges it; longer with push, as the acknowledgement arrives among the message's own deliveries"},
	{Name: "stale share of time", Unit: number.Share, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared, Column: "stale",
		Formula: "given(expected, stale_share)",
		Means:   "the share of the steady state in which a client lacked a message that was due; mean of the clients"},
	{Name: "fan-out to all, median", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio,
		Formula: "given(fanout_s.messages, fanout_s.t100)",
		Means:   "from when a message is due until every client in its room has it (t100), for the median message"},
	{Name: "bytes per delivery, in", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Use: Main | Compared, Column: "bytes per delivery, in", Timed: trials.Rearms, Edge: bytesInEdge,
		Formula: "bytes.in / window_deliveries",
		Means:   "server to client, everything above TCP, including idle polls and control frames"},
	{Name: "bytes per delivery, out", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Use: Main | Compared, Column: "out", Timed: trials.Rearms, Edge: bytesOutEdge,
		Formula: "bytes.out / window_deliveries",
		Means:   "client to server, as above"},
	// Separates larger headers from larger messages: every answer to a poll has
	// headers, whatever it brings.
	{Name: "protocol bytes per poll, in", Unit: number.BytesEach, Better: Lower, Kind: Exact, Limit: 0.02, Use: Compared, Edge: protocolEdge,
		Formula: "given(above(3, schema), given(" + asking + ", bytes.layers.in.protocol / " + polls + "))"},
	{Name: "bandwidth per client", Unit: number.BitRate, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared, Column: "bandwidth per client",
		Thing: "bandwidth", Each: "per client",
		Formula: "(bytes.in + bytes.out) * 8 / (clients * window_s)",
		Means:   "both directions together"},
	{Name: "server CPU per delivery", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio,
		Formula: serverCPU + " / window_deliveries",
		Means:   "user and system time of the server's processes, without the kernel's network work outside of them"},
	{Name: "server CPU, of one core", Unit: number.Cores, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared,
		Formula: serverCPU + " / window_s"},
	{Name: "server CPU per client and second", Unit: number.CPURate, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main, Column: "server CPU per client and second",
		Thing: "server CPU", Each: "per client and second",
		Formula: serverCPU + " / (clients * window_s)",
		Means:   "in each second of the steady state, whatever is delivered in it"},
	{Name: "server memory per client", Unit: number.Memory, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio, Column: "memory per client",
		Thing: "server memory", Each: "per client",
		Formula: "given(" + fresh + ", above(0, server.rss_start_bytes - server.rss_idle_bytes) / clients)", // memory that the server gave back hides what clients take
		Means:   "only if each trial has its own server: resident memory at the start of the steady state minus that before the first client, without kernel socket buffers"},
	{Name: "server memory, peak", Unit: number.Memory, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio,
		Formula: "server.rss_peak_bytes"},
	{Name: "empty polls", Unit: number.Share, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared, Rare: true,
		Formula: "given(max(" + asking + ", known(poll_response_s.n)), min(1, requests.empty / " + polls + "))", // a poll at the window's edge may be counted as answered before it and as empty within it
		Means:   "of the polls answered in the steady state"},
	{Name: "poll response, p99", Unit: number.Seconds, Better: Lower, Kind: Timing, Limit: 0.1, Use: Main | Compared | Ratio, Rare: true,
		Formula: "poll_response_s.p99",
		Means:   "from when a poll is due, so a stalled server is charged for every poll that it delays"},
	{Name: "messages", Unit: number.Count, Use: Main, Total: true,
		Formula: "offered",
		Means:   "due in the steady state, each to be published once"},
	{Name: "expected deliveries", Unit: number.Count, Use: Main, Total: true,
		Formula: "expected"},
	{Name: "delivered", Unit: number.Count, Use: Main, Total: true,
		Formula: "delivered",
		Means:   "duplicates included: expected = delivered − duplicated + lost"},
	{Name: "lost", Unit: number.Count, Better: Lower, Kind: Exact, Use: Main | Compared, Column: "lost", Total: true,
		Formula: "lost",
		Means:   "deliveries that never reached a client; the sum of the trials"},
	{Name: "duplicated", Unit: number.Count, Better: Lower, Kind: Exact, Use: Main | Compared, Total: true,
		Formula: "duplicated",
		Means:   "deliveries of a message that the client already had"},
}

// modelledRows are compared with the model, or are inputs of it.
var modelledRows = []Metric{
	{Name: "requests of all clients", Unit: number.PerMinute, Formula: "requests.total * 60 / window_s"},
	{Name: "messages offered per second", Unit: number.Ratio, Formula: "offered / window_s"},
	{Name: "deliveries per second", Unit: number.Ratio, Formula: "window_deliveries / window_s"},
	{Name: "requests per client but for posts", Unit: number.PerMinute, Formula: "(requests.total - requests.by_status[201]) * 60 / (clients * window_s)"},
	{Name: "bytes per client and second", Unit: number.BytesEach, Formula: "(bytes.in + bytes.out) / (clients * window_s)"},
	{Name: "polls per client", Unit: number.PerMinute, Formula: polls + " * 60 / (clients * window_s)"},
	{Name: "long polls per client", Unit: number.PerMinute, Formula: polls + " * 60 / (clients * window_s)"},
	{Name: "polls per second", Unit: number.Ratio, Formula: polls + " / window_s"},
	{Name: "messages per poll that is not empty", Unit: number.Ratio, Formula: "window_deliveries / (" + polls + " - requests.empty)"},
	{Name: "delivery latency, mean", Unit: number.Seconds, Formula: "given(latency_s.n, latency_s.mean)"},
	{Name: "publish service, mean", Unit: number.Seconds, Formula: "given(publish_service_s.n, publish_service_s.mean)", Means: "from a message being sent to its acknowledgement"},
}

// publishedRows measure again what others have published.
var publishedRows = []Metric{
	{Name: "connections", Unit: number.Count, Formula: "connections.held_mean"},
	{Name: "bytes per client and minute", Unit: number.BytesEach, Formula: "(bytes.in + bytes.out) * 60 / (clients * window_s)", Means: "both directions together"},
	{Name: "protocol bytes per request", Unit: number.BytesEach, Formula: "1 / requests.total * " + protocol, Means: "including its response"},
	{Name: "protocol bytes per delivery", Unit: number.BytesEach, Formula: "1 / window_deliveries * " + protocol},
	{Name: "protocol bandwidth per client", Unit: number.BitRate, Formula: "8 / (clients * window_s) * " + protocol},
	{Name: "clients per core", Unit: number.Ratio, Formula: "clients / (" + serverCPU + " / window_s)", Means: "if the server's CPU kept growing in proportion"},
	{Name: "polls per core", Unit: number.PerSecond, Formula: polls + " / window_s / (" + serverCPU + " / window_s)", Means: "if the server's CPU kept growing in proportion"},
	{Name: "deliveries per answer", Unit: number.Ratio, Formula: "window_deliveries / (" + polls + " - requests.empty - window_published)", Means: "of Socket.IO's polls with messages; posts, also answered by 200, are left out"},
	{Name: "delivery latency, p95", Unit: number.Seconds, Formula: "percentile(latency_hdr, 95)"},
	{Name: "poll response, max", Unit: number.Seconds, Formula: "given(poll_response_s.n, poll_response_s.max)"},
	{Name: "poll service, p99", Unit: number.Seconds, Formula: "poll_service_s.p99", Means: "from when a poll is sent until its response"},
	{Name: "poll service, max", Unit: number.Seconds, Formula: "given(poll_service_s.n, poll_service_s.max)"},
	{Name: "freeze less 1 % of the window", Unit: number.Seconds, Formula: "given(asked.freeze_s, asked.freeze_s - 0.01 * window_s)",
		Means: "the lowest possible p99 of responses if the server was stopped: a poll due 1 % of the window before the end of the stop waits that long"},
}
