package metric

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// byHand is a trial in round numbers, as a line has it.
const byHand = `{
	"schema": 5, "clients": 10, "window_s": 30, "offered": 20, "expected": 100, "delivered": 97, "lost": 5, "duplicated": 2,
	"window_deliveries": 50, "window_published": 4, "stale_share": 0.25,
	"asked": {"paced": true, "freeze_s": 1.4},
	"requests": {"total": 310, "by_status": {"200": 200, "304": 100, "201": 10}, "empty": 240},
	"connections": {"held": 7, "held_mean": 5, "reconnects": 15, "handshakes": 12},
	"bytes": {"in": 6000, "out": 3000, "layers": {
		"in": {"text": 1000, "envelope": 1500, "compression": -500, "protocol": 3600, "tls": 400},
		"out": {"text": 100, "envelope": 150, "compression": -50, "protocol": 2700, "tls": 100}}},
	"phase_bytes": [{"in": 10, "out": 20}, {"in": 30, "out": 40}, {"in": 6000, "out": 3000}, {"in": 70, "out": 80}],
	"tcp": {"in": {"segments": 100, "data_segments": 2, "header_bytes": 5200}, "out": {"segments": 50, "data_segments": 40, "header_bytes": 2600}, "retransmits": 3},
	"latency_s": {"n": 97, "p50": 0.5, "p99": 1.5, "p999": 1.75, "max": 2, "mean": 0.625},
	"publish_latency_s": {"n": 20, "p50": 0.004}, "publish_service_s": {"n": 20, "mean": 0.003},
	"poll_response_s": {"n": 300, "p99": 0.008, "max": 0.016}, "poll_service_s": {"n": 300, "p99": 0.002, "max": 0.006},
	"accept_latency_s": {"n": 20, "p50": 0.001}, "delivery_leg_s": {"n": 97, "p50": 0.02, "p99": 0.03},
	"calibration": {"floor_s": {"n": 1000, "p50": 0.0001, "p99": 0.0002}},
	"fanout_s": {"messages": 3, "t50": 0.6, "t99": 0.8, "t100": 0.9, "t100_max": 1.9},
	"stale_share_clients": {"n": 10, "p50": 0.2, "p99": 0.3, "max": 0.4},
	"schedule_late_s": {"publish": {"n": 20, "max": 0.011}, "poll": {"n": 300, "p99": 0.012}},
	"server": {"cpu_user_s": 2, "cpu_sys_s": 1, "cpu_connect_s": 0.5, "rss_idle_bytes": 1000, "rss_start_bytes": 6000, "rss_peak_bytes": 9000,
		"before": {"rss_bytes": 1000, "heap_bytes": 300, "stack_bytes": 100, "socket_bytes": 50},
		"connected": {"rss_bytes": 5000, "heap_bytes": 1300, "stack_bytes": 600, "socket_bytes": 250},
		"goroutines": 21, "gc_cycles": 6, "gc_pause_s": 0.007, "descriptors": 30, "context_switches": 600, "context_preemptions": 60},
	"generator": {"cpu_user_s": 4, "cpu_sys_s": 2, "rss_start_bytes": 8000}
}`

// worked are the values of every metric for it, worked out by hand.
var worked = map[string]float64{
	"requests per client":              62, // 310 / 10 clients / half a minute
	"connections per client":           0.5,
	"reconnects per client":            3,
	"delivery latency, p50":            0.5,
	"delivery latency, p99":            1.5,
	"delivery latency, p99.9":          1.75,
	"delivery latency, max":            2,
	"publish latency, p50":             0.004,
	"stale share of time":              0.25,
	"fan-out to all, median":           0.9,
	"bytes per delivery, in":           120,
	"bytes per delivery, out":          60,
	"protocol bytes per poll, in":      12,  // 3,600 / 300 polls
	"bandwidth per client":             240, // 9,000 B × 8 / 30 s / 10
	"server CPU per delivery":          0.06,
	"server CPU, of one core":          0.1,
	"server CPU per client and second": 0.01,
	"server memory per client":         500,
	"server memory, peak":              9000,
	"empty polls":                      0.8,
	"poll response, p99":               0.008,
	"messages":                         20,
	"expected deliveries":              100,
	"delivered":                        97,
	"lost":                             5,
	"duplicated":                       2,

	"text, in": 20, "envelope, in": 30, "compression, in": -10, "protocol, in": 72, "TLS, in": 8, "all layers, in": 120,
	"text, out": 2, "envelope, out": 3, "compression, out": -1, "protocol, out": 54, "TLS, out": 2, "all layers, out": 60,

	"segments, in":                              2,
	"segments of 1,500-byte packets, in":        2.06, // 98 acknowledgements, and 5 packets for 6,000 bytes
	"TCP/IP headers, in":                        104,
	"TCP/IP headers of 1,500-byte packets, in":  107.12,
	"segments, out":                             1,
	"segments of 1,500-byte packets, out":       1, // 3 packets would do for the bytes, but 40 were counted
	"TCP/IP headers, out":                       52,
	"TCP/IP headers of 1,500-byte packets, out": 52,
	"segments sent again by clients":            3,

	"ramp-up, in": 1, "warm-up, in": 3, "steady, in": 600, "drain, in": 7,
	"ramp-up, out": 2, "warm-up, out": 4, "steady, out": 300, "drain, out": 8,

	"accept latency, p50":            0.001,
	"delivery leg, p50":              0.02,
	"delivery leg, p99":              0.03,
	"calibrated floor, p50":          0.0001,
	"calibrated floor, p99":          0.0002,
	"fan-out to half, median":        0.6,
	"fan-out to 99 %, median":        0.8,
	"fan-out to all, worst":          1.9,
	"stale share of a client, p50":   0.2,
	"stale share of a client, p99":   0.3,
	"stale share of a client, worst": 0.4,

	"server CPU in the kernel":       1. / 3,
	"server CPU to connect a client": 0.05,
	"TLS handshakes":                 12,
	"GC cycles":                      6,
	"GC pauses together":             0.007,
	"goroutines":                     21,
	"server descriptors":             30,
	"server context switches":        20,
	"server preemptions":             2,
	"generator CPU, of one core":     0.2,
	"generator memory per client":    800,
	"messages sent late, max":        0.011,
	"polls sent late, p99":           0.012,

	"memory per idle client":         400,
	"of it heap":                     100,
	"of it stacks":                   50,
	"of it the rest":                 250,
	"kernel sockets per idle client": 20,

	"requests of all clients":             620,
	"messages offered per second":         2. / 3,
	"deliveries per second":               5. / 3,
	"requests per client but for posts":   60,
	"bytes per client and second":         30,
	"polls per client":                    60,
	"long polls per client":               60,
	"polls per second":                    10,
	"messages per poll that is not empty": 5. / 6, // 50 / (300 − 240)
	"delivery latency, mean":              0.625,
	"publish service, mean":               0.003,

	"connections":                   5,
	"bytes per client and minute":   1800,
	"protocol bytes per request":    6300. / 310,
	"protocol bytes per delivery":   126,
	"protocol bandwidth per client": 168, // 6,300 B × 8 / 30 s / 10
	"clients per core":              100,
	"polls per core":                100,
	"deliveries per answer":         50. / 56, // 300 answers, of which 240 were empty and 4 to posts
	"delivery latency, p95":         0.1,      // nineteen in twenty of a thousand, see below
	"poll response, max":            0.016,
	"poll service, p99":             0.002,
	"poll service, max":             0.006,
	"freeze less 1 % of the window": 1.1,
}

func trialByHand(t *testing.T) *result.Trial {
	t.Helper()
	trial := new(result.Trial)
	assert.NilError(t, json.Unmarshal([]byte(byHand), trial))
	h := result.NewHistogram()
	for _, v := range []struct{ ns, n int64 }{{1e8, 950}, {2e9, 50}} {
		assert.NilError(t, h.RecordValues(v.ns, v.n))
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	trial.LatencyHDR = string(text)
	return trial
}

func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-9*math.Abs(want) || math.IsNaN(got) && math.IsNaN(want)
}

func TestEveryMetricByHand(t *testing.T) {
	trial := trialByHand(t)
	names, ids := map[string]bool{}, map[string]bool{}
	for i := range All {
		m := &All[i]
		if names[m.Name] || ids[m.ID()] {
			t.Errorf("two metrics are called %q or have the id %s", m.Name, m.ID())
		}
		names[m.Name], ids[m.ID()] = true, true
		want, known := worked[m.Name]
		tolerance := 1e-12
		if strings.Contains(m.Formula, "percentile(") {
			tolerance = 1e-3 // of a histogram
		}
		if got := m.Of(trial); !known || !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
			t.Errorf("%s is %v, want %v (worked out by hand: %v)", m.Name, got, want, known)
		}
		// Of nothing, every metric that divides is unknown.
		got := m.Of(&result.Trial{})
		assert.Check(t, math.IsNaN(got) || got == 0, "%s of an empty trial is %v, want nothing", m.Name, got)
	}
	for name := range worked {
		assert.Check(t, names[name], "there is no metric %q", name)
	}
}

// What is not known is not told: each case takes something away from the trial.
func TestUnknown(t *testing.T) {
	unknown := math.NaN()
	for name, c := range map[string]struct {
		change func(*result.Trial)
		want   map[string]float64
	}{
		"another schema without the mean of connections": {func(t *result.Trial) { t.Schema = 4 }, map[string]float64{"connections per client": 0.7}},
		"another schema without layers": {func(t *result.Trial) { t.Schema = 2 },
			map[string]float64{"text, in": unknown, "all layers, out": unknown, "protocol bytes per poll, in": unknown, "protocol bytes per delivery": unknown, "bytes per delivery, in": 120}},
		"no layer that few have":      {func(t *result.Trial) { t.Bytes.Layers.In = result.Layer{} }, map[string]float64{"TLS, in": unknown, "compression, in": unknown, "text, in": 0}},
		"a target":                    {func(t *result.Trial) { t.Env.Target = "x" }, map[string]float64{"server memory per client": unknown, "memory per idle client": unknown, "of it the rest": unknown, "server memory, peak": 9000}},
		"a target that we started":    {func(t *result.Trial) { t.Env.Target, t.Env.Command = "x", "y" }, map[string]float64{"server memory per client": 500, "memory per idle client": 400}},
		"memory given back":           {func(t *result.Trial) { t.Server.RSSStartBytes = 900 }, map[string]float64{"server memory per client": unknown}},
		"no process of the server":    {func(t *result.Trial) { t.Server = nil }, map[string]float64{"server CPU per delivery": unknown, "server memory, peak": unknown, "goroutines": unknown}},
		"memory before is not known":  {func(t *result.Trial) { t.Server.Before = nil }, map[string]float64{"memory per idle client": unknown}},
		"no heap told":                {func(t *result.Trial) { t.Server.Connected.HeapBytes = 0 }, map[string]float64{"of it heap": unknown, "of it the rest": unknown, "of it stacks": 50}},
		"a rest below zero":           {func(t *result.Trial) { t.Server.Connected.HeapBytes = 4000 }, map[string]float64{"of it the rest": unknown}},
		"no Go server":                {func(t *result.Trial) { t.Server.Goroutines = 0 }, map[string]float64{"GC cycles": unknown, "GC pauses together": unknown}},
		"switches not counted":        {func(t *result.Trial) { t.Server.Switches = 0 }, map[string]float64{"server context switches": unknown, "server preemptions": unknown}},
		"a client that is pushed to":  {func(t *result.Trial) { t.Asked.Paced, t.PollResponse = false, nil }, map[string]float64{"empty polls": unknown, "protocol bytes per poll, in": unknown, "poll response, p99": unknown}},
		"a client that waits":         {func(t *result.Trial) { t.Asked.Paced, t.Asked.WaitS, t.PollResponse = false, 25, nil }, map[string]float64{"empty polls": 0.8}},
		"polls on the window's edge":  {func(t *result.Trial) { t.Requests.Empty = 302 }, map[string]float64{"empty polls": 1, "messages per poll that is not empty": unknown}},
		"nothing to miss":             {func(t *result.Trial) { t.Expected = 0 }, map[string]float64{"stale share of time": unknown, "stale share of a client, worst": unknown}},
		"no message reached everyone": {func(t *result.Trial) { t.Fanout.Messages = 0 }, map[string]float64{"fan-out to all, median": unknown}},
		"too few samples":             {func(t *result.Trial) { t.Latency.P99, t.LatencyHDR = nil, "" }, map[string]float64{"delivery latency, p99": unknown, "delivery latency, max": 2, "delivery latency, p95": unknown}},
		"no samples":                  {func(t *result.Trial) { t.Latency, t.PublishLatency.P50 = &result.Quantiles{}, nil }, map[string]float64{"delivery latency, max": unknown, "delivery latency, mean": unknown, "publish latency, p50": unknown}},
		"a leg below its bound":       {func(t *result.Trial) { *t.AcceptLatency.P50 = 0.0004 }, map[string]float64{"accept latency, p50": unknown}},
		"interrupted":                 {func(t *result.Trial) { t.PhaseBytes, t.WindowS = t.PhaseBytes[:1], 0 }, map[string]float64{"ramp-up, in": 1, "steady, in": unknown, "requests per client": unknown}},
		"no freeze":                   {func(t *result.Trial) { t.Asked.FreezeS = 0 }, map[string]float64{"freeze less 1 % of the window": unknown}},
	} {
		trial := trialByHand(t)
		c.change(trial)
		for metric, want := range c.want {
			m := Named(metric)
			got := m.Of(trial)
			assert.Check(t, near(got, want), "%s: %s is %v, want %v", name, metric, got, want)
		}
	}
}

// Segments stay as they are where a packet holds them, and as packets they are
// never more than what each would be cut into by itself.
func TestPackets(t *testing.T) {
	packets := Named("segments of 1,500-byte packets, in")
	of := func(s result.Segments, bytes int64) int64 {
		return int64(packets.Of(&result.Trial{Counts: result.Counts{WindowDeliveries: 1}, Bytes: result.Bytes{In: bytes}, TCP: &result.TCP{In: s}}))
	}
	for _, c := range []struct{ segments, data, bytes, want int64 }{
		{0, 0, 0, 0}, {20, 12, 12 * 300, 20}, {1, 1, 1448, 1}, {1, 1, 1449, 2}, {3, 2, 2 * 65483, 92}, {7, 0, 0, 7},
	} {
		got := of(result.Segments{Segments: c.segments, DataSegments: c.data}, c.bytes)
		assert.Check(t, got == c.want, "%d segments, %d with %d bytes, are %d packets, want %d", c.segments, c.data, c.bytes, got, c.want)
	}
	r := rand.New(rand.NewPCG(15, 0))
	for range 1000 {
		var s result.Segments
		var bytes, split int64
		for range 1 + r.IntN(20) {
			b := 1 + r.Int64N(1+r.Int64N(65483))
			s.Segments, s.DataSegments = s.Segments+1, s.DataSegments+1
			bytes, split = bytes+b, split+(b+1447)/1448
		}
		if got := of(s, bytes); got > split || got < s.DataSegments || got*1448 < bytes {
			t.Fatalf("%d bytes in %d segments are %d packets, but one by one %d", bytes, s.DataSegments, got, split)
		}
	}
}
