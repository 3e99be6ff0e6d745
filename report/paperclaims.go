package report

import (
	"math"

	"github.com/pollpush/pollpush/internal/result"
)

var tutorial = publication{
	source: "The tutorial that this project grew from",
	setting: "Its figures are arithmetic: a client that polls each second asks 60 times a minute, a client that is pushed to holds one connection. " +
		"Here 1,000 clients of each kind are connected, and nothing is said.",
	claims: []claim{
		{what: "requests of a client that polls each second", published: "60/min", print: perMinute.format,
			measured: plainly("poll", requests.of),
			why:      "where they differ, a poll on an edge of the window has been counted in or out."},
		{what: "connections of 1,000 clients pushed to", published: "1,000", print: count.format,
			measured: plainly("ws", func(t *result.Trial) float64 { return t.Connections.HeldMean })},
		{what: "requests of a client pushed to, once connected", published: "0", print: perMinute.format,
			measured: plainly("ws", requests.of)},
		{what: "bytes of a client pushed to, while nothing is said", published: "0 B/min", print: perClientMinute,
			measured: plainly("ws", bytesPerMinute),
			why:      "a connection on which nothing passes cannot be told from one that is dead. The server sends a ping every 30 s, and each client answers it: 8 bytes in all. Connections that pass routers and proxies need such a heartbeat more often, not less."},
		{what: "bytes of a client that polls, while nothing is said", published: "–", print: perClientMinute,
			measured: plainly("poll", bytesPerMinute),
			why:      "the tutorial counts requests only. Each has a head, its answer has another, and an empty list."},
		{what: "requests of 100,000 clients that poll, by arithmetic", published: "“millions” a minute", print: perMinute.format,
			measured: times(100_000, "poll", requests.of),
			why:      "one client's requests times 100,000. Whether a server can answer them is another question, which neither asks."},
	},
}

func perClientMinute(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return bytesEach.format(v) + "/min"
}

var lubbers = publication{
	source: "Lubbers and Greco, “HTML5 WebSocket: A Quantum Leap in Scalability for the Web”, 2010",
	setting: "Theirs is arithmetic: the headers of one request and answer of a browser, and the frame of a WebSocket, times the clients; their Mbit/s are of 2^20 bits. " +
		"Here 1,000 clients poll each second, or are sent a message each second, and what is neither text nor JSON is counted on their connections.",
	claims: []claim{
		{what: "bytes around one poll", published: "871 B", print: bytesEach.format,
			measured: plainly("poll", protocolPerRequest),
			why:      "theirs is a browser of 2010, with a cookie and a referrer, and a Java application server. Our clients send little more than a request must hold, and the server answers alike: this flatters polling."},
		{what: "bytes around one message by WebSocket", published: "2 B", print: bytesEach.format,
			measured: plainly("ws", protocolPerDelivery),
			why:      "the header of a frame has 2 bytes up to 125 bytes of content, then 4. What is above 2 are publishers' frames, their acknowledgements and heartbeats, spread over all deliveries. Their 2 bytes are of an early draft, which put one byte before a text and one behind it."},
		{what: "polling's overhead over WebSocket's", published: "436×", print: multiple,
			measured: func(g *reading) float64 {
				return over(g.of("poll", protocolPerRequest), g.of("ws", protocolPerDelivery))
			},
			why: "871 ÷ 2, against the two rows above. It is of the overhead only: both ways carry the same JSON, and where messages are larger than headers it shrinks."},
		{what: "polling, 1,000 clients", published: "6.6 Mbit/s", print: binaryMegabits, measured: times(1e3, "poll", protocolPerClient),
			why: "the same difference in headers. The headers of TCP and IP are in neither."},
		{what: "polling, 10,000 clients, by arithmetic", published: "66 Mbit/s", print: binaryMegabits, measured: times(1e4, "poll", protocolPerClient)},
		{what: "polling, 100,000 clients, by arithmetic", published: "665 Mbit/s", print: binaryMegabits, measured: times(1e5, "poll", protocolPerClient)},
		{what: "WebSocket, 1,000 clients", published: "0.015 Mbit/s", print: binaryMegabits, measured: times(1e3, "ws", protocolPerClient)},
		{what: "WebSocket, 10,000 clients, by arithmetic", published: "0.153 Mbit/s", print: binaryMegabits, measured: times(1e4, "ws", protocolPerClient)},
		{what: "WebSocket, 100,000 clients, by arithmetic", published: "1.526 Mbit/s", print: binaryMegabits, measured: times(1e5, "ws", protocolPerClient)},
	},
}

var vanDeVyvere = publication{
	source: "Van de Vyvere, Colpaert and Verborgh, “Comparing a polling and push-based approach for live Open Data interfaces”, 2020",
	setting: "Theirs is one thread of Node on ARM cores, sent to by 200 machines; JSON of 5.2 kB is new every 5 s, and a client asks 500 ms after its last answer, as soon as its cached copy has expired. " +
		"Here 5,000 clients ask every 5 s or are pushed to, with 4,096 bytes of text every 5 s, over loopback. Theirs loads the server until it fails. Here clients per core are extrapolated from the CPU that 5,000 clients took: clients ÷ cores used.",
	claims: []claim{
		{what: "clients of one core, polling", published: "2,000 well, 5,000 at most", print: ratio.format,
			measured: plainly("poll", clientsPerCore),
			why:      "Go against Node, and another processor. Above all, theirs is a load that was carried, ours one that was multiplied: CPU per poll falls as the load grows, which makes the figure too low, and queues grow before a core is full, which makes it too high."},
		{what: "clients of one core, polling with a cache", published: "8,000", print: ratio.format,
			measured: plainly("poll-etag", clientsPerCore),
			why:      "theirs is nginx that keeps the answer, in front of the server. Here is no cache: the nearest is a server that answers 304 where nothing is new, and with a message for each poll there is nothing that it could save."},
		{what: "clients of one core, SSE", published: "25,000", print: ratio.format,
			measured: plainly("sse", clientsPerCore),
			why:      "theirs ends where an update takes 4 s to reach the last client, ours where the CPU would. One write for each client in 5 s leaves the core idle for most of the time, so this extrapolates farthest and is the least certain; memory and descriptors would end first."},
		{what: "clients by SSE over clients by polling", published: "5×", print: multiple, measured: ratioOf("sse", "poll", clientsPerCore),
			why: "the direction is what can be compared; the factor is of two extrapolations."},
		{what: "clients by SSE over polling with a cache", published: "3.1×", print: multiple, measured: ratioOf("sse", "poll-etag", clientsPerCore)},
		{what: "polls of one core", published: "2,520/s", print: perSecond.format,
			measured: plainly("poll", pollsPerCore),
			why:      "theirs is nginx before Node, measured with wrk and 400 connections."},
		{what: "clients of one core by their rule, at a latency of 5 s", published: "12,600", print: ratio.format,
			measured: times(5, "poll", pollsPerCore),
			why:      "the rule: the polls a second that a server can answer must be at least clients ÷ acceptable latency. It holds here by construction: a client that polls every 5 s is what was measured."},
		{what: "latency at which polling serves as many as SSE", published: "10 s", print: seconds.format,
			measured: func(g *reading) float64 { return over(g.of("sse", clientsPerCore), g.of("poll", pollsPerCore)) },
			why:      "clients by SSE ÷ polls a second. It carries the doubts of both."},
		{what: "slowest update of 5,000 clients by SSE", published: "below 1 s", print: seconds.format,
			measured: plainly("sse", func(t *result.Trial) float64 { return quantile(t.Latency, maximum) })},
		{what: "slowest update by polling every 5 s", published: "5 s", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 { return quantile(t.Latency, maximum) })},
	},
}

var wrk2 = publication{
	source: "The README of wrk2, example 2, 2014",
	setting: "Theirs is an Apache that was stopped (^Z) for 1.4 s of a run of 2,000 requests a second on 100 connections; of its 30 s the first 10 calibrate. " +
		"Here 100 clients poll every 50 ms, and the server is stopped (SIGSTOP) for 1.4 s of the steady state's 20 s.",
	claims: []claim{
		{what: "p99, from due to answered", published: "1.27 s", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 { return quantile(t.PollResponse, p99) }),
			why:      "a request that is due t into the freeze waits for what is left of it, and then for those before it. One of a hundred requests was due in the freeze's first 0.2 s (0.01 × 20 s), so p99 is at least 1.4 s − 0.2 s, and more by the time that the server needs to catch up. A faster server comes closer to the bound."},
		{what: "p99, from sent to answered", published: "6.04 ms", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 { return quantile(t.PollService, p99) }),
			why:      "while the server stands, each of the 100 connections has one request out, and no other is sent. So 100 of 40,000 show the freeze, a quarter of a per cent, and p99 hides it. The rest is another server on another machine."},
		{what: "the first over the second", published: "200×", print: multiple,
			measured: func(g *reading) float64 {
				due := g.of("poll", func(t *result.Trial) float64 { return quantile(t.PollResponse, p99) })
				sent := g.of("poll", func(t *result.Trial) float64 { return quantile(t.PollService, p99) })
				return over(due, sent)
			}},
		{what: "least p99 by arithmetic: the freeze less 1 % of the window", published: "1.20 s", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 {
				if t.Asked.FreezeS == 0 {
					return math.NaN()
				}
				return t.Asked.FreezeS - 0.01*t.WindowS
			}),
			why: "their window is taken from the 39,500 requests recorded at 2,000 a second: 19.75 s."},
		{what: "longest, from due to answered", published: "1.42 s", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 { return quantile(t.PollResponse, maximum) })},
		{what: "longest, from sent to answered", published: "–", print: seconds.format,
			measured: plainly("poll", func(t *result.Trial) float64 { return quantile(t.PollService, maximum) }),
			why:      "the maximum shows the freeze either way, if one happens to look at it."},
	},
}

var etherpad = publication{
	source: "Etherpad's issue 7767, 2026",
	setting: "Theirs is Node and Socket.IO with 200 authors of one document: with WebSocket alone the clients' p95 is 82 ms, with polling allowed beside it 22 ms. One of the issue's four guesses at the reason is that polling gathers messages. " +
		"Here all of 200 clients write, 300 short messages a second together, so 60,000 deliveries a second.",
	claims: []claim{
		{what: "p95, Socket.IO by WebSocket alone", published: "82 ms", print: seconds.format, measured: plainly("socketio-ws", p95),
			why: "theirs is one thread near its limit, where what is saved on each message shortens a queue. Here clients and server share the machine, and clients that are late make the trial invalid, so the server is kept from its limit. Where there is no queue, gathering can only add its own waiting."},
		{what: "p95, Socket.IO by polling", published: "22 ms, where clients may also upgrade", print: seconds.format, measured: plainly("socketio-polling", p95),
			why: "their clients begin with polling and go on to WebSocket as a rule; here none of them does. They compare a server that allows both with one that allows one; here the two are compared."},
		{what: "messages in one answer, Socket.IO by polling", published: "–", print: ratio.format, measured: plainly("socketio-polling", deliveriesPerAnswer),
			why: "so much does polling gather by itself: what came while an answer and the next question were under way."},
		{what: "p95, WebSocket", published: "–", print: seconds.format, measured: plainly("ws", p95)},
		{what: "p95, WebSocket in batches of 10 ms", published: "–", print: seconds.format, measured: plainly("ws-batch", p95)},
		{what: "p95, polling every 100 ms", published: "–", print: seconds.format, measured: plainly("poll", p95),
			why: "a message waits for the next poll, anything from 0 to 100 ms: 95 ms of p95 are the interval's."},
		{what: "server CPU per delivery, Socket.IO by WebSocket", published: "–", print: seconds.format, measured: plainly("socketio-ws", cpuPerDelivery.of)},
		{what: "server CPU per delivery, Socket.IO by polling", published: "–", print: seconds.format, measured: plainly("socketio-polling", cpuPerDelivery.of)},
		{what: "server CPU per delivery, WebSocket", published: "–", print: seconds.format, measured: plainly("ws", cpuPerDelivery.of)},
		{what: "server CPU per delivery, WebSocket in batches", published: "–", print: seconds.format, measured: plainly("ws-batch", cpuPerDelivery.of),
			why: "against the row above, this is what gathering saves. It turns into latency, as the issue has it, once the CPU is what is waited for."},
		{what: "server CPU per delivery, polling every 100 ms", published: "–", print: seconds.format, measured: plainly("poll", cpuPerDelivery.of)},
	},
}
